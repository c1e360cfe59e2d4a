import { expect, test } from 'vitest';
import { Event } from '../../kinds/core/event.ts';
import { Node } from '../../kinds/core/node.ts';
import { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { StorageClass } from '../../kinds/storage/storage-class.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { claimBinder, volumeBinder } from './persistent-volume-binder.ts';

const at = { namespace: 'shop' };
const start = () => startControlled([claimBinder, volumeBinder]);
const volume = ({ client }: TestCluster, name: string, storage: string, spec: object = {}) => client.create(PersistentVolume, {
  metadata: { name, labels: { name } },
  spec: { capacity: { storage }, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Retain', hostPath: { path: `/tmp/${name}` }, ...spec },
});
const claim = ({ client }: TestCluster, name: string, storage: string, spec: object = {}) => client.create(PersistentVolumeClaim, {
  metadata: { name, namespace: 'shop' }, spec: { storageClassName: '', accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...spec },
});
const storageClass = ({ client }: TestCluster, name: string, more: object = {}) =>
  client.create(StorageClass, { metadata: { name }, provisioner: 'example.com/disk', ...more });
const claims = async ({ client, quiet }: TestCluster) => {
  await quiet();
  return (await client.list(PersistentVolumeClaim, at)).items.map(({ metadata, spec, status }) => `${metadata.name} ${status.phase} ${spec.volumeName ?? '-'}`);
};
const volumes = async ({ client, quiet }: TestCluster) => {
  await quiet();
  return (await client.list(PersistentVolume)).items.map(({ metadata, spec, status }) => `${metadata.name} ${status.phase} ${spec.claimRef?.name ?? '-'}`);
};
const events = async ({ client }: TestCluster) => (await client.list(Event, at)).items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

test('a claim gets the smallest volume that satisfies it, and both say so', async () => {
  await using cluster = await start();
  await volume(cluster, 'large', '10Gi');
  await volume(cluster, 'small', '2Gi');
  await volume(cluster, 'tiny', '1Mi');
  await cluster.quiet();
  await claim(cluster, 'data', '1Gi');
  expect(await claims(cluster)).toEqual(['data Bound small']);
  expect(await volumes(cluster)).toEqual(['large Available -', 'small Bound data', 'tiny Available -']);
  const bound = await cluster.client.get(PersistentVolumeClaim, 'data', at);
  expect(bound.metadata.annotations).toEqual({ 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' });
  expect(bound.status).toMatchObject({ capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'] });
});

test('a claim waits for a volume, and two never get the same', async () => {
  await using cluster = await start();
  await claim(cluster, 'first', '1Gi');
  await claim(cluster, 'second', '1Gi');
  expect(await claims(cluster)).toEqual(['first Pending -', 'second Pending -']);
  expect(await events(cluster)).toContain('Normal FailedBinding: no persistent volumes available for this claim and no storage class is set');
  await volume(cluster, 'only', '1Gi');
  expect((await claims(cluster)).filter((one) => one.includes('Bound only'))).toHaveLength(1);
});

test.each([
  ['another class', { storageClassName: 'slow' }],
  ['too small', { capacity: { storage: '1Ki' } }],
  ['other access modes', { accessModes: ['ReadOnlyMany'] }],
  ['another mode', { volumeMode: 'Block' }],
])('a volume of %s is none for it', async (_, spec) => {
  await using cluster = await start();
  await volume(cluster, 'odd', '2Gi', spec);
  await claim(cluster, 'data', '1Gi');
  expect(await claims(cluster)).toEqual(['data Pending -']);
});

test('a claim may choose by labels, or name its volume; a volume may name its claim', async () => {
  await using cluster = await start();
  for (const name of ['a', 'b', 'c']) await volume(cluster, name, '1Gi');
  await volume(cluster, 'd', '1Gi', { claimRef: { namespace: 'shop', name: 'meant' } });
  await cluster.quiet();
  await claim(cluster, 'chooses', '1Gi', { selector: { matchLabels: { name: 'b' } } });
  await claim(cluster, 'names', '1Gi', { volumeName: 'c' });
  await claim(cluster, 'meant', '1Gi');
  await claim(cluster, 'late', '1Gi', { volumeName: 'c' });
  expect(await claims(cluster)).toEqual(['chooses Bound b', 'late Pending c', 'meant Bound d', 'names Bound c']);
  expect(await events(cluster)).toContain('Warning FailedBinding: volume "c" already bound to a different claim.');
});

test('what its claim leaves is released, and nobody else gets it; a claim whose volume goes is lost', async () => {
  await using cluster = await start();
  await volume(cluster, 'one', '1Gi');
  await cluster.quiet();
  await claim(cluster, 'data', '1Gi');
  expect(await claims(cluster)).toEqual(['data Bound one']);
  const drop = async () => {
    await cluster.client.delete(PersistentVolumeClaim, 'data', at);
    const left = await cluster.client.get(PersistentVolumeClaim, 'data', at).catch(() => undefined);
    if (left) await cluster.client.update(PersistentVolumeClaim, { ...left, metadata: { ...left.metadata, finalizers: [] } });
  };
  await drop();
  expect(await volumes(cluster)).toEqual(['one Released data']);
  await claim(cluster, 'data', '1Gi');
  expect(await claims(cluster)).toEqual(['data Pending -']);
  await volume(cluster, 'two', '1Gi');
  expect(await claims(cluster)).toEqual(['data Bound two']);
  await cluster.client.delete(PersistentVolume, 'two');
  const left = await cluster.client.get(PersistentVolume, 'two').catch(() => undefined);
  if (left) await cluster.client.update(PersistentVolume, { ...left, metadata: { ...left.metadata, finalizers: [] } });
  expect(await claims(cluster)).toEqual(['data Lost two']);
});

test('a class that waits for the first pod binds where that pod is to run', async () => {
  await using cluster = await start();
  await storageClass(cluster, 'local', { provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'WaitForFirstConsumer' });
  for (const name of ['n1', 'n2']) {
    await cluster.client.create(Node, { metadata: { name, labels: { 'kubernetes.io/hostname': name } } });
    await volume(cluster, `on-${name}`, '1Gi', {
      storageClassName: 'local', nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [name] }] }] } },
    });
  }
  await cluster.quiet();
  await claim(cluster, 'data', '1Gi', { storageClassName: 'local' });
  expect(await claims(cluster)).toEqual(['data Pending -']);
  expect(await events(cluster)).toContain('Normal WaitForFirstConsumer: waiting for first consumer to be created before binding');
  await cluster.client.patch(PersistentVolumeClaim, 'data', { type: 'merge', body: { metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'n2' } } } }, at);
  expect(await claims(cluster)).toEqual(['data Bound on-n2']);
});

test('who waits for a pod is told which one, and for what', async () => {
  await using cluster = await start();
  await storageClass(cluster, 'local', { provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'WaitForFirstConsumer' });
  await claim(cluster, 'data', '1Gi', { storageClassName: 'local' });
  const spec = { containers: [{ name: 'main', image: 'x' }], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] };
  for (const name of ['web', 'job']) {
    await cluster.client.create(Pod, { metadata: { name, namespace: 'shop' }, spec });
    await cluster.quiet();
  }
  const told = await events(cluster);
  expect(told).toContain('Normal WaitForPodScheduled: waiting for pod web to be scheduled');
  expect(told.some((one) => /waiting for pods (?:web,job|job,web) to be scheduled$/.test(one))).toBe(true);
});

test('a volume that nobody can delete has failed, and says why; each change of phase has its time', async () => {
  await using cluster = await start();
  await volume(cluster, 'disk', '1Gi', { persistentVolumeReclaimPolicy: 'Delete', hostPath: undefined, csi: { driver: 'disk.example.com', volumeHandle: 'v' } });
  const since = (await cluster.client.get(PersistentVolume, 'disk')).status.lastPhaseTransitionTime;
  await cluster.quiet();
  await claim(cluster, 'data', '1Gi');
  await cluster.pass(5);
  await cluster.client.delete(PersistentVolumeClaim, 'data', at);
  await cluster.quiet();
  const left = await cluster.client.get(PersistentVolumeClaim, 'data', at);
  await cluster.client.update(PersistentVolumeClaim, { ...left, metadata: { ...left.metadata, finalizers: [] } });
  await cluster.quiet();
  const message = 'error getting deleter volume plugin for volume "disk": no deletable volume plugin matched';
  const { status } = await cluster.client.get(PersistentVolume, 'disk');
  expect(status).toMatchObject({ phase: 'Failed', message });
  expect(Date.parse(status.lastPhaseTransitionTime!) - Date.parse(since!)).toBe(5000);
  const { items } = await cluster.client.list(Event);
  expect(items.map(({ reason, message: told, involvedObject }) => [involvedObject.name, reason, told])).toContainEqual(['disk', 'VolumeFailedDelete', message]);
});

test('a volume kept for a claim of another mode stays away from it, and both are told', async () => {
  await using cluster = await start();
  const { metadata: { uid } } = await claim(cluster, 'data', '1Gi');
  await volume(cluster, 'disk', '1Gi', { volumeMode: 'Block', claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace: 'shop', name: 'data', uid } });
  expect(await claims(cluster)).toEqual(['data Pending -']);
  const told = (await cluster.client.list(Event)).items.filter(({ reason }) => reason === 'VolumeMismatch').map(({ involvedObject, message }) => `${involvedObject.kind} ${message}`);
  expect(new Set(told)).toEqual(new Set([
    'PersistentVolume Cannot bind PersistentVolume to requested PersistentVolumeClaim "data" due to incompatible volumeMode.',
    'PersistentVolumeClaim Cannot bind PersistentVolume "disk" to requested PersistentVolumeClaim due to incompatible volumeMode.',
  ]));
});

test('a provisioner is asked by annotation; a default class is taken up when it comes', async () => {
  await using cluster = await start();
  const { client } = cluster;
  await client.create(PersistentVolumeClaim, { metadata: { name: 'data', namespace: 'shop' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } });
  await cluster.quiet();
  await client.create(StorageClass, { metadata: { name: 'std', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }, provisioner: 'example.com/disk' });
  await cluster.quiet();
  const asked = await client.get(PersistentVolumeClaim, 'data', at);
  expect(asked.spec.storageClassName).toBe('std');
  expect(asked.metadata.annotations!['volume.kubernetes.io/storage-provisioner']).toBe('example.com/disk');
  expect(await events(cluster)).toContain('Normal ExternalProvisioning: Waiting for a volume to be created either by the external provisioner \'example.com/disk\' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.');
});
