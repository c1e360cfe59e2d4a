import { expect, test } from 'vitest';
import { Event } from '../../kinds/core/event.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { garbageCollector } from '../garbage-collector/garbage-collector.ts';
import { pvcProtectionController } from '../protection/protection.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { ephemeralVolumeController } from './ephemeral-volume.ts';

const at = { namespace: 'shop' };
const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
const pod = ({ client }: TestCluster) => client.create(Pod, {
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    containers: [{ name: 'main', image: 'x' }],
    volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { metadata: { labels: { of: 'web' }, annotations: { why: 'test' } }, spec } } }, { name: 'plain', emptyDir: {} }],
  },
});
const claims = async ({ client, quiet }: TestCluster) => {
  await quiet();
  return (await client.list(PersistentVolumeClaim, at)).items;
};

test('a pod gets a claim for its ephemeral volume, and again when it is lost', async () => {
  await using cluster = await startControlled([ephemeralVolumeController]);
  const { metadata: { uid } } = await pod(cluster);
  const [claim, ...others] = await claims(cluster);
  expect(others).toEqual([]);
  expect(claim).toMatchObject({
    metadata: {
      name: 'web-scratch', labels: { of: 'web' }, annotations: { why: 'test' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'web', uid, controller: true, blockOwnerDeletion: true }],
    },
    spec,
  });
  await cluster.client.update(PersistentVolumeClaim, { ...claim!, metadata: { ...claim!.metadata, finalizers: [] } });
  await cluster.client.delete(PersistentVolumeClaim, 'web-scratch', at);
  const [again] = await claims(cluster);
  expect(again?.metadata.uid).not.toBe(claim!.metadata.uid);
});

test('the claim goes with its pod', async () => {
  await using cluster = await startControlled([ephemeralVolumeController, pvcProtectionController, garbageCollector]);
  await pod(cluster);
  expect(await claims(cluster)).toHaveLength(1);
  await cluster.client.delete(Pod, 'web', { ...at, gracePeriodSeconds: 0 });
  await cluster.find(async () => ((await claims(cluster)).length === 0 ? true : undefined));
});

test('a claim of somebody else is left to them, and told', async () => {
  await using cluster = await startControlled([ephemeralVolumeController]);
  await cluster.client.create(PersistentVolumeClaim, { metadata: { name: 'web-scratch', namespace: 'shop' }, spec });
  await cluster.quiet();
  await pod(cluster);
  const event = await cluster.find(async () => (await cluster.client.list(Event, at)).items.find(({ reason }) => reason === 'FailedBinding'));
  expect(event).toMatchObject({
    message: 'ephemeral volume scratch: PVC shop/web-scratch was not created for pod shop/web (pod is not owner)', source: { component: 'ephemeral_volume' },
  });
});
