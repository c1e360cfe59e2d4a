import { expect, test } from 'vitest';
import { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { VolumeAttributesClass } from '../../kinds/storage/volume-attributes-class.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { pvcProtectionController, pvProtectionController, vacProtectionController } from './protection.ts';

const at = { namespace: 'shop' };
const start = () => startControlled([pvcProtectionController, pvProtectionController, vacProtectionController]);
const claim = ({ client }: TestCluster, metadata: object = {}) => client.create(PersistentVolumeClaim, {
  metadata: { name: 'data', namespace: 'shop', ...metadata }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
});
const volume = ({ client }: TestCluster) => client.create(PersistentVolume, {
  metadata: { name: 'disk' }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
});
const pod = ({ client }: TestCluster, name: string, spec: object = { nodeName: 'node-1' }) => client.create(Pod, {
  metadata: { name, namespace: 'shop' },
  spec: { containers: [{ name: 'main', image: 'x' }], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }], ...spec },
});
const remove = async ({ client, quiet }: TestCluster, name: string) => {
  await client.delete(Pod, name, { ...at, gracePeriodSeconds: 0 });
  await quiet();
};
const claims = async ({ client, quiet }: TestCluster) => {
  await quiet();
  return (await client.list(PersistentVolumeClaim, at)).items.map(({ metadata }) => metadata.name);
};

test('claims and volumes are held from the beginning', async () => {
  await using cluster = await start();
  expect((await claim(cluster)).metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
  expect((await volume(cluster)).metadata.finalizers).toEqual(['kubernetes.io/pv-protection']);
});

test('one that lost its finalizer gets it again', async () => {
  await using cluster = await start();
  const made = await claim(cluster);
  await cluster.client.update(PersistentVolumeClaim, { ...made, metadata: { ...made.metadata, finalizers: [] } });
  await cluster.quiet();
  expect((await cluster.client.get(PersistentVolumeClaim, 'data', at)).metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
});

test('a claim stays until the last pod on a node that has it is gone, though it ended', async () => {
  await using cluster = await start();
  await claim(cluster);
  await pod(cluster, 'first');
  const second = await pod(cluster, 'second');
  await pod(cluster, 'waiting', { schedulingGates: [{ name: 'example.com/gate' }] });
  await cluster.client.updateStatus(Pod, { ...second, status: { ...second.status, phase: 'Succeeded' } });
  await cluster.quiet();
  await cluster.client.delete(PersistentVolumeClaim, 'data', at);
  await remove(cluster, 'first');
  expect(await claims(cluster)).toEqual(['data']);
  await remove(cluster, 'second');
  expect(await claims(cluster)).toEqual([]);
});

test('a claim made for a pod is held by that pod alone', async () => {
  await using cluster = await start();
  const template = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
  const owner = await pod(cluster, 'web', { nodeName: 'node-1', volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: template } }] });
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: 'web', uid: owner.metadata.uid, controller: true }];
  await claim(cluster, { name: 'web-scratch', ownerReferences });
  await cluster.client.delete(PersistentVolumeClaim, 'web-scratch', at);
  expect(await claims(cluster)).toEqual(['web-scratch']);
  await remove(cluster, 'web');
  expect(await claims(cluster)).toEqual([]);
});

test('a volume stays for as long as it is bound', async () => {
  await using cluster = await start();
  const made = await volume(cluster);
  const bound = await cluster.client.updateStatus(PersistentVolume, { ...made, status: { ...made.status, phase: 'Bound' } });
  await cluster.client.delete(PersistentVolume, 'disk');
  await cluster.quiet();
  const left = await cluster.client.get(PersistentVolume, 'disk');
  expect(left.metadata.deletionTimestamp).toBeDefined();
  await cluster.client.updateStatus(PersistentVolume, { ...left, status: { ...bound.status, phase: 'Released' } });
  await cluster.quiet();
  expect((await cluster.client.list(PersistentVolume)).items).toEqual([]);
});

test('a class of attributes stays for as long as a claim names it', async () => {
  await using cluster = await start();
  const made = await cluster.client.create(VolumeAttributesClass, { metadata: { name: 'fast' }, driverName: 'csi.example.com', parameters: { iops: '1' } });
  expect(made.metadata.finalizers).toEqual(['kubernetes.io/vac-protection']);
  await cluster.client.create(PersistentVolumeClaim, {
    metadata: { name: 'data', namespace: 'shop' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, volumeAttributesClassName: 'fast' },
  });
  await cluster.quiet();
  await cluster.client.delete(VolumeAttributesClass, 'fast');
  await cluster.quiet();
  expect((await cluster.client.list(VolumeAttributesClass)).items).toHaveLength(1);
  await cluster.client.delete(PersistentVolumeClaim, 'data', at);
  await cluster.quiet();
  expect((await cluster.client.list(VolumeAttributesClass)).items).toEqual([]);
});
