import { expect, test } from 'vitest';
import { PersistentVolume } from '../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../kinds/core/persistent-volume-claim.ts';
import { StorageClass } from '../kinds/storage/storage-class.ts';
import { startScheduled, type ScheduledCluster } from './testing/start.ts';

const SHOP = { namespace: 'shop' };
const LATE = { volumeBindingMode: 'WaitForFirstConsumer' };
const mounting = { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] };

const makeClaim = ({ client }: ScheduledCluster, storageClassName: string) => client.create(PersistentVolumeClaim, {
  metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage: '1Gi' } } },
}, SHOP);
const makeVolume = ({ client }: ScheduledCluster, storageClassName: string, more: object = {}) => client.create(PersistentVolume, {
  metadata: { name: 'disk' },
  spec: {
    capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'], storageClassName, hostPath: { path: '/disk' },
    nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['b'] }] }] } }, ...more,
  },
});
const claim = ({ client }: ScheduledCluster) => client.get(PersistentVolumeClaim, 'data', SHOP);

/** What the binder does once a volume is there for the claim. */
async function bind(cluster: ScheduledCluster): Promise<void> {
  const body = { metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } }, spec: { volumeName: 'disk' } };
  await cluster.client.patch(PersistentVolumeClaim, 'data', { type: 'merge', body }, SHOP);
  await cluster.quiet();
}

async function withNodes(): Promise<ScheduledCluster> {
  const cluster = await startScheduled();
  await cluster.node('a');
  await cluster.node('b');
  return cluster;
}

test('a claim that waits for its first consumer is told of the node, and the pod goes there with its volume', async () => {
  await using cluster = await withNodes();
  await cluster.client.create(StorageClass, { metadata: { name: 'made' }, provisioner: 'disks.example.com', ...LATE });
  await makeClaim(cluster, 'made');
  const waiting = await cluster.pod('web', { ...mounting, nodeSelector: { 'kubernetes.io/hostname': 'b' } });
  expect(waiting.spec.nodeName).toBeUndefined();
  expect(waiting.status.nominatedNodeName).toBe('b');
  expect((await claim(cluster)).metadata.annotations).toMatchObject({ 'volume.kubernetes.io/selected-node': 'b' });

  await makeVolume(cluster, 'made', { claimRef: { namespace: 'shop', name: 'data', uid: (await claim(cluster)).metadata.uid } });
  await bind(cluster);
  const { spec, status } = await cluster.get('web');
  expect([spec.nodeName, status.nominatedNodeName]).toEqual(['b', undefined]);
});

test('a provisioner that gives up takes the node away, and the pod is tried again', async () => {
  await using cluster = await withNodes();
  await cluster.client.create(StorageClass, { metadata: { name: 'made' }, provisioner: 'disks.example.com', ...LATE });
  await makeClaim(cluster, 'made');
  await cluster.pod('web', mounting);
  await cluster.client.patch(PersistentVolumeClaim, 'data', { type: 'merge', body: { metadata: { annotations: { 'volume.kubernetes.io/selected-node': null } } } }, SHOP);
  await cluster.quiet();
  expect(await cluster.events('web')).toEqual(['FailedScheduling: running PreBind plugin "VolumeBinding": binding volumes: provisioning failed for PVC "data"']);

  await cluster.pass(2);
  expect((await claim(cluster)).metadata.annotations?.['volume.kubernetes.io/selected-node']).toMatch(/^[ab]$/);
});

test('a volume that is there is kept for the claim, on the node that reaches it', async () => {
  await using cluster = await withNodes();
  await cluster.client.create(StorageClass, { metadata: { name: 'local' }, provisioner: 'kubernetes.io/no-provisioner', ...LATE });
  const made = await makeVolume(cluster, 'local');
  await cluster.client.updateStatus(PersistentVolume, { ...made, status: { phase: 'Available' } });
  const { metadata } = await makeClaim(cluster, 'local');
  await cluster.pod('web', mounting);

  const volume = await cluster.client.get(PersistentVolume, 'disk');
  expect(volume.spec.claimRef).toMatchObject({ kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'data', uid: metadata.uid });
  expect(volume.metadata.annotations).toMatchObject({ 'pv.kubernetes.io/bound-by-controller': 'yes' });
  await bind(cluster);
  expect((await cluster.get('web')).spec.nodeName).toBe('b');
});

test('a pod asleep for its claim wakes when the claim is bound', async () => {
  await using cluster = await withNodes();
  const waiting = await cluster.pod('web', mounting);
  expect(waiting.status.conditions?.[0]?.message).toContain('0/2 nodes are available: persistentvolumeclaim "data" not found.');
  await makeClaim(cluster, '');
  await cluster.pass(2);
  expect((await cluster.get('web')).status.conditions?.[0]?.message).toContain('pod has unbound immediate PersistentVolumeClaims.');
  await makeVolume(cluster, '');
  await bind(cluster);
  await cluster.pass(5);
  expect((await cluster.get('web')).spec.nodeName).toBe('b');
});

test('a pod deleted while it waits for its volume lets go of its node', async () => {
  await using cluster = await withNodes();
  await cluster.client.create(StorageClass, { metadata: { name: 'made' }, provisioner: 'disks.example.com', ...LATE });
  await makeClaim(cluster, 'made');
  await cluster.pod('web', mounting, { cpu: '3' });
  await cluster.gone('web');
  await cluster.pass(2);
  const node = (await claim(cluster)).metadata.annotations!['volume.kubernetes.io/selected-node']!;
  const next = await cluster.pod('next', { nodeSelector: { 'kubernetes.io/hostname': node } }, { cpu: '3' });
  expect(next.spec.nodeName).toBe(node);
});
