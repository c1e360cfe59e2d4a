import { expect, test } from 'vitest';
import { Event } from '../../kinds/core/event.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import { ResourceClaimTemplate } from '../../kinds/resource/resource-claim-template.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { podResourceClaimController, resourceClaimController } from './resource-claim.ts';

const at = { namespace: 'shop' };
const spec = { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu.example.com' } }] } };
const start = () => startControlled([podResourceClaimController, resourceClaimController]);
const template = ({ client }: TestCluster) => client.create(ResourceClaimTemplate, {
  metadata: { name: 'gpu', namespace: 'shop' }, spec: { metadata: { labels: { of: 'gpu' } }, spec },
});
const pod = ({ client }: TestCluster, more: object = {}, resourceClaims: readonly object[] = [{ name: 'device', resourceClaimTemplateName: 'gpu' }]) => client.create(Pod, {
  metadata: { name: 'web', namespace: 'shop' }, spec: { containers: [{ name: 'main', image: 'x' }], resourceClaims, ...more },
});
const claims = async ({ client, quiet }: TestCluster) => {
  await quiet();
  return (await client.list(ResourceClaim, at)).items;
};
const podNow = async ({ client, quiet }: TestCluster) => {
  await quiet();
  return client.get(Pod, 'web', at);
};
const allocation = { devices: { results: [{ request: 'gpu', driver: 'gpu.example.com', pool: 'p', device: 'd' }] } };

test('a pod gets a claim by its template and is told its name', async () => {
  await using cluster = await start();
  await template(cluster);
  const { metadata: { uid } } = await pod(cluster);
  const [claim, ...others] = await claims(cluster);
  expect(others).toEqual([]);
  expect(claim!.metadata).toMatchObject({
    name: expect.stringMatching(/^web-device-.{5}$/), labels: { of: 'gpu' }, annotations: { 'resource.kubernetes.io/pod-claim-name': 'device' },
    ownerReferences: [{ kind: 'Pod', name: 'web', uid, controller: true, blockOwnerDeletion: true }],
  });
  expect((await podNow(cluster)).status.resourceClaimStatuses).toEqual([{ name: 'device', resourceClaimName: claim!.metadata.name }]);
});

test('without its template a pod waits for it, and is told', async () => {
  await using cluster = await start();
  await pod(cluster);
  const event = await cluster.find(async () => (await cluster.client.list(Event, at)).items.find(({ reason }) => reason === 'FailedResourceClaimCreation'));
  expect(event.message).toBe('PodResourceClaim device: resource claim template "gpu": resourceclaimtemplate.resource.k8s.io "gpu" not found');
  await template(cluster);
  await cluster.pass(10);
  expect(await claims(cluster)).toHaveLength(1);
});

test('what is made for a pod goes when the pod has ended', async () => {
  await using cluster = await start();
  await template(cluster);
  await pod(cluster);
  expect(await claims(cluster)).toHaveLength(1);
  const now = await podNow(cluster);
  await cluster.client.updateStatus(Pod, { ...now, status: { ...now.status, phase: 'Succeeded' } });
  expect(await claims(cluster)).toEqual([]);
});

test('an allocated claim is reserved for a pod on a node, and its devices go back with the last pod', async () => {
  await using cluster = await start();
  const made = await cluster.client.create(ResourceClaim, { metadata: { name: 'shared', namespace: 'shop', finalizers: ['resource.kubernetes.io/delete-protection'] }, spec });
  await cluster.client.updateStatus(ResourceClaim, { ...made, status: { allocation } });
  await cluster.quiet();
  const { metadata: { uid } } = await pod(cluster, { nodeName: 'node-1' }, [{ name: 'device', resourceClaimName: 'shared' }]);
  expect((await claims(cluster))[0]!.status).toEqual({ allocation, reservedFor: [{ resource: 'pods', name: 'web', uid }] });
  await cluster.client.delete(Pod, 'web', { ...at, gracePeriodSeconds: 0 });
  const [left] = await claims(cluster);
  expect(left!.status).toEqual({});
  expect(left!.metadata.finalizers).toBeUndefined();
});

test('a claim deleted while it is used stays until it is not', async () => {
  await using cluster = await start();
  const made = await cluster.client.create(ResourceClaim, { metadata: { name: 'shared', namespace: 'shop', finalizers: ['resource.kubernetes.io/delete-protection'] }, spec });
  const { metadata: { uid } } = await pod(cluster, { nodeName: 'node-1' }, [{ name: 'device', resourceClaimName: 'shared' }]);
  await cluster.client.updateStatus(ResourceClaim, { ...made, status: { allocation, reservedFor: [{ resource: 'pods', name: 'web', uid }] } });
  await cluster.client.delete(ResourceClaim, 'shared', at);
  expect(await claims(cluster)).toHaveLength(1);
  await cluster.client.delete(Pod, 'web', { ...at, gracePeriodSeconds: 0 });
  expect(await claims(cluster)).toEqual([]);
});
