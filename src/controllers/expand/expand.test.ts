import { expect, test } from 'vitest';
import { Event } from '../../kinds/core/event.ts';
import { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim, type PersistentVolumeClaimStatus } from '../../kinds/core/persistent-volume-claim.ts';
import { StorageClass } from '../../kinds/storage/storage-class.ts';
import { claimBinder, volumeBinder } from '../persistent-volume-binder/persistent-volume-binder.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { expandController } from './expand.ts';

const at = { namespace: 'shop' };

async function arrange(source: object): Promise<TestCluster> {
  const cluster = await startControlled([expandController(), claimBinder, volumeBinder]);
  await cluster.client.create(StorageClass, { metadata: { name: 'fast' }, provisioner: 'disk.example.com', allowVolumeExpansion: true });
  await cluster.client.create(PersistentVolume, {
    metadata: { name: 'disk' },
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'fast', persistentVolumeReclaimPolicy: 'Retain', ...source },
  });
  await cluster.quiet();
  await cluster.client.create(PersistentVolumeClaim, {
    metadata: { name: 'data', namespace: 'shop' }, spec: { storageClassName: 'fast', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
  await cluster.quiet();
  return cluster;
}
const CSI = { csi: { driver: 'disk.example.com', volumeHandle: 'vol-1' } };
const ask = async ({ client, quiet }: TestCluster, storage: string) => {
  const claim = await client.get(PersistentVolumeClaim, 'data', at);
  await client.update(PersistentVolumeClaim, { ...claim, spec: { ...claim.spec, resources: { requests: { storage } } } });
  await quiet();
};
const claimOf = ({ client }: TestCluster) => client.get(PersistentVolumeClaim, 'data', at);
const events = async ({ client }: TestCluster) =>
  (await client.list(Event, at)).items.filter(({ reason }) => reason === 'ExternalExpanding').map(({ type, message, count, source }) => `${source?.component} ${type} ${message} x${count}`);
/** As external-resizer and kubelet write what they have come to. */
const report = async (cluster: TestCluster, status: Partial<PersistentVolumeClaimStatus>) => {
  const { conditions: _, allocatedResourceStatuses: _last, ...rest } = (await claimOf(cluster)).status;
  await cluster.client.updateStatus(PersistentVolumeClaim, { ...(await claimOf(cluster)), status: { ...rest, ...status } });
  await cluster.quiet();
};

test('who asks for more is told that the driver sees to it, once for each size', async () => {
  await using cluster = await arrange(CSI);
  expect(await events(cluster)).toEqual([]);
  await ask(cluster, '2Gi');
  await cluster.client.patch(PersistentVolumeClaim, 'data', { type: 'merge', body: { metadata: { labels: { a: 'b' } } } }, at);
  await cluster.quiet();
  expect(await events(cluster)).toEqual(['volume_expand Normal waiting for an external controller to expand this PVC x1']);
  await ask(cluster, '3Gi');
  expect(await events(cluster)).toEqual(['volume_expand Normal waiting for an external controller to expand this PVC x2']);
  expect((await claimOf(cluster)).metadata.annotations?.['volume.kubernetes.io/storage-resizer']).toBeUndefined();
});

test('a driver that took over from a plugin is named on the claim', async () => {
  await using cluster = await arrange({ awsElasticBlockStore: { volumeID: 'vol-1' } });
  await ask(cluster, '2Gi');
  expect(await events(cluster)).toEqual(['volume_expand Normal CSI migration enabled for kubernetes.io/aws-ebs; waiting for external resizer to expand the pvc x1']);
  expect((await claimOf(cluster)).metadata.annotations?.['volume.kubernetes.io/storage-resizer']).toBe('ebs.csi.aws.com');
});

test('a resizer and a kubelet bring a claim to its size, step by step', async () => {
  await using cluster = await arrange(CSI);
  await ask(cluster, '2Gi');
  const allocatedResources = { storage: '2Gi' };
  await report(cluster, { allocatedResources, allocatedResourceStatuses: { storage: 'ControllerResizeInProgress' }, conditions: [{ type: 'Resizing', status: 'True' }] });
  const volume = await cluster.client.get(PersistentVolume, 'disk');
  await cluster.client.update(PersistentVolume, { ...volume, spec: { ...volume.spec, capacity: { storage: '2Gi' } } });
  await cluster.quiet();
  // The volume has grown, what is on it has not: the claim holds what it held.
  expect((await claimOf(cluster)).status).toMatchObject({ phase: 'Bound', capacity: { storage: '1Gi' }, conditions: [{ type: 'Resizing' }] });
  const pending = { type: 'FileSystemResizePending', status: 'True', message: 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.' };
  await report(cluster, { allocatedResources, allocatedResourceStatuses: { storage: 'NodeResizePending' }, conditions: [pending] });
  await report(cluster, { allocatedResources, capacity: { storage: '2Gi' } });
  expect((await claimOf(cluster)).status).toEqual({ phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' }, allocatedResources });
});

test('what can not be had is taken back, but not below what the volume holds', async () => {
  await using cluster = await arrange(CSI);
  await ask(cluster, '100Gi');
  await report(cluster, { allocatedResources: { storage: '100Gi' }, allocatedResourceStatuses: { storage: 'ControllerResizeInfeasible' } });
  await expect(ask(cluster, '512Mi')).rejects.toThrow('spec.resources.requests.storage: Forbidden: field can not be less than status.capacity');
  await ask(cluster, '2Gi');
  expect((await claimOf(cluster)).spec.resources.requests).toEqual({ storage: '2Gi' });
  await expect(report(cluster, { allocatedResourceStatuses: { storage: 'Soon' } })).rejects.toThrow('status.allocatedResourceStatus: Unsupported value: "storage"');
});
