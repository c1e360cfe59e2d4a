import { expect, test } from 'vitest';
import { Event } from '../../kinds/core/event.ts';
import { Node } from '../../kinds/core/node.ts';
import { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { CSIDriver } from '../../kinds/storage/csi-driver.ts';
import { VolumeAttachment } from '../../kinds/storage/volume-attachment.ts';
import { ephemeralVolumeController } from '../ephemeral-volume/ephemeral-volume.ts';
import { claimBinder } from '../persistent-volume-binder/persistent-volume-binder.ts';
import { defineController } from '../runtime/index.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { attachDetachController, attachedVolumesReporter } from './attach-detach.ts';

const at = { namespace: 'shop' };
const DRIVER = 'disk.example.com';
const UNIQUE = `kubernetes.io/csi/${DRIVER}^vol-data`;
const FINALIZER = 'external-attacher/disk-example-com';
/** printf 'vol-datadisk.example.comnode-1' | sha256sum */
const ON_NODE_1 = 'csi-60d3f62afc769b85ed07f85c461b2d794589bcbcfbc4766b0f64b140ff527123';

/** What a driver's external-attacher does: holds each attachment, attaches it, and lets it go when it is to be detached. */
const externalAttacher = defineController({
  name: 'external-attacher',
  for: VolumeAttachment,
  async reconcile(one, { client }) {
    const { finalizers = [], deletionTimestamp } = one.metadata;
    if (deletionTimestamp !== undefined) return void await client.update(VolumeAttachment, { ...one, metadata: { ...one.metadata, finalizers: [] } });
    if (!finalizers.includes(FINALIZER)) return void await client.update(VolumeAttachment, { ...one, metadata: { ...one.metadata, finalizers: [FINALIZER] } });
    if (!one.status.attached) await client.updateStatus(VolumeAttachment, { ...one, status: { attached: true } });
  },
});

const start = (...others: readonly (typeof externalAttacher)[]) => startControlled([attachDetachController(), attachedVolumesReporter, claimBinder, ...others]);

async function arrange(cluster: TestCluster, accessModes: readonly string[] = ['ReadWriteOnce']) {
  const { client } = cluster;
  for (const name of ['node-1', 'node-2']) {
    const node = await client.create(Node, { metadata: { name, annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } } });
    await client.updateStatus(Node, { ...node, status: { ...node.status, conditions: [{ type: 'Ready', status: 'True' }] } });
  }
  const claimRef = { kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'data', apiVersion: 'v1' };
  await client.create(PersistentVolume, {
    metadata: { name: 'disk' },
    spec: { capacity: { storage: '1Gi' }, accessModes, claimRef, persistentVolumeReclaimPolicy: 'Retain', csi: { driver: DRIVER, volumeHandle: 'vol-data' } },
  });
  await client.create(PersistentVolumeClaim, {
    metadata: { name: 'data', namespace: 'shop' }, spec: { storageClassName: '', volumeName: 'disk', accessModes, resources: { requests: { storage: '1Gi' } } },
  });
  await cluster.quiet();
}
const run = async ({ client, quiet }: TestCluster, name: string, nodeName: string) => {
  await client.create(Pod, {
    metadata: { name, namespace: 'shop' },
    spec: { nodeName, containers: [{ name: 'main', image: 'x' }], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] },
  });
  await quiet();
};
const remove = async ({ client, quiet }: TestCluster, name: string) => {
  await client.delete(Pod, name, { ...at, gracePeriodSeconds: 0 });
  await quiet();
};
const setInUse = async ({ client, quiet }: TestCluster, name: string, volumesInUse: readonly string[]) => {
  await client.patch(Node, name, { type: 'merge', body: { status: { volumesInUse } } }, { subresource: 'status' });
  await quiet();
};
const attachments = async ({ client }: TestCluster) => (await client.list(VolumeAttachment)).items.map(({ spec, status }) => `${spec.nodeName} ${status.attached}`);
const attachedTo = async ({ client }: TestCluster, name: string) => (await client.get(Node, name)).status.volumesAttached ?? [];
const events = async ({ client }: TestCluster) => (await client.list(Event, at)).items
  .filter(({ reason }) => reason?.includes('Attach')).map(({ type, reason, message, involvedObject }) => `${involvedObject.name} ${type} ${reason}: ${message}`);

test('a volume is attached where its pod is, which its node and its pod are told; and detached when the node has unmounted it', async () => {
  await using cluster = await start(externalAttacher);
  await arrange(cluster);
  await run(cluster, 'web', 'node-1');
  const [made, ...others] = (await cluster.client.list(VolumeAttachment)).items;
  expect(others).toEqual([]);
  expect(made).toMatchObject({ metadata: { name: ON_NODE_1 }, spec: { attacher: DRIVER, nodeName: 'node-1', source: { persistentVolumeName: 'disk' } }, status: { attached: true } });
  expect(await attachedTo(cluster, 'node-1')).toEqual([{ name: UNIQUE, devicePath: '' }]);
  expect(await events(cluster)).toEqual(['web Normal SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "disk" ']);

  await setInUse(cluster, 'node-1', [UNIQUE]);
  await remove(cluster, 'web');
  expect(await attachments(cluster)).toEqual(['node-1 true']);
  expect(await attachedTo(cluster, 'node-1')).toHaveLength(1);
  await setInUse(cluster, 'node-1', []);
  expect(await attachments(cluster)).toEqual([]);
  expect(await attachedTo(cluster, 'node-1')).toEqual([]);
});

test('a pod that moves gets its volume once the other node has let it go, and is told why it waits', async () => {
  await using cluster = await start(externalAttacher);
  await arrange(cluster);
  await run(cluster, 'first', 'node-1');
  await setInUse(cluster, 'node-1', [UNIQUE]);
  await run(cluster, 'second', 'node-2');
  expect(await attachments(cluster)).toEqual(['node-1 true']);
  expect(await events(cluster)).toContain('second Warning FailedAttachVolume: Multi-Attach error for volume "disk" Volume is already used by pod(s) first');
  await remove(cluster, 'first');
  await setInUse(cluster, 'node-1', []);
  expect(await attachments(cluster)).toEqual(['node-2 true']);
  expect(await attachedTo(cluster, 'node-2')).toHaveLength(1);
});

test('a volume for many nodes is attached to each', async () => {
  await using cluster = await start(externalAttacher);
  await arrange(cluster, ['ReadWriteMany']);
  await run(cluster, 'first', 'node-1');
  await run(cluster, 'second', 'node-2');
  expect((await attachments(cluster)).sort()).toEqual(['node-1 true', 'node-2 true']);
});

test('a node that died keeps its volumes for six minutes; a taint that says it is out of service frees them at once', async () => {
  await using cluster = await start(externalAttacher);
  await arrange(cluster);
  const die = async (name: string) => {
    await setInUse(cluster, name, [UNIQUE]);
    await cluster.client.patch(Node, name, { type: 'merge', body: { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } } }, { subresource: 'status' });
  };
  await run(cluster, 'first', 'node-1');
  await die('node-1');
  await remove(cluster, 'first');
  await run(cluster, 'second', 'node-2');
  await cluster.pass(350);
  expect(await attachments(cluster)).toEqual(['node-1 true']);
  await cluster.pass(20);
  expect(await attachments(cluster)).toEqual(['node-2 true']);

  await die('node-2');
  await remove(cluster, 'second');
  expect(await attachments(cluster)).toEqual(['node-2 true']);
  await cluster.client.patch(Node, 'node-2', { type: 'merge', body: { spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] } } });
  await cluster.quiet();
  expect(await attachments(cluster)).toEqual([]);
});

test('an attachment left behind by a node or a controller that is gone is taken away; what others made stays', async () => {
  await using cluster = await start(externalAttacher);
  await arrange(cluster);
  const leave = (name: string, nodeName: string) => cluster.client.create(VolumeAttachment, {
    metadata: { name }, spec: { attacher: DRIVER, nodeName, source: { persistentVolumeName: 'disk' } },
  });
  await leave(`csi-${'0'.repeat(64)}`, 'node-1');
  await leave(`csi-${'1'.repeat(64)}`, 'node-that-was');
  await leave('by-hand', 'node-1');
  await cluster.quiet();
  expect((await cluster.client.list(VolumeAttachment)).items.map(({ metadata }) => metadata.name)).toEqual(['by-hand']);
});

test('a driver that needs no attaching gets no attachments', async () => {
  await using cluster = await start(externalAttacher);
  await cluster.client.create(CSIDriver, { metadata: { name: DRIVER }, spec: { attachRequired: false } });
  await arrange(cluster);
  await run(cluster, 'web', 'node-1');
  expect(await attachments(cluster)).toEqual([]);
  await cluster.client.delete(CSIDriver, DRIVER);
  await cluster.quiet();
  expect(await attachments(cluster)).toEqual(['node-1 true']);
});

test('a driver that fails or says nothing is told of', async () => {
  await using cluster = await start();
  await arrange(cluster);
  await run(cluster, 'web', 'node-1');
  await cluster.pass(121);
  const [made] = (await cluster.client.list(VolumeAttachment)).items;
  await cluster.client.updateStatus(VolumeAttachment, { ...made!, status: { attached: false, attachError: { message: 'rpc error: code = Internal desc = no such disk' } } });
  await cluster.quiet();
  expect(await events(cluster)).toEqual([
    `web Warning FailedAttachVolume: AttachVolume.Attach failed for volume "disk" : timed out waiting for external-attacher of ${DRIVER} CSI driver to attach volume vol-data`,
    'web Warning FailedAttachVolume: AttachVolume.Attach failed for volume "disk" : rpc error: code = Internal desc = no such disk',
  ]);
});

test('the volume of a claim made for a pod is that pod\'s alone', async () => {
  await using cluster = await start(externalAttacher, ephemeralVolumeController);
  await arrange(cluster);
  const template = { spec: { storageClassName: '', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
  await cluster.client.create(PersistentVolume, {
    metadata: { name: 'spare' }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Retain', csi: { driver: DRIVER, volumeHandle: 'spare' } },
  }).then((made) => cluster.client.updateStatus(PersistentVolume, { ...made, status: { phase: 'Available' } }));
  const volumes = [{ name: 'scratch', ephemeral: { volumeClaimTemplate: template } }];
  await cluster.client.create(Pod, { metadata: { name: 'web', namespace: 'shop' }, spec: { nodeName: 'node-2', containers: [{ name: 'main', image: 'x' }], volumes } });
  const held = () => cluster.find(async () => ((await attachments(cluster)).length > 0 ? attachments(cluster) : undefined));
  expect(await held()).toEqual(['node-2 true']);
});
