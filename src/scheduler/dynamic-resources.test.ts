import { expect, test } from 'vitest';
import { DeviceClass } from '../kinds/resource/device-class.ts';
import { ResourceClaim } from '../kinds/resource/resource-claim.ts';
import { ResourceSlice } from '../kinds/resource/resource-slice.ts';
import { Pod } from '../kinds/core/pod.ts';
import type { Device } from '../kinds/resource/device.ts';
import type { DeepPartial } from '../meta/object.ts';
import { cel, DRIVER, exactly, oneOf } from './testing/dra-objects.ts';
import { startScheduled, type ScheduledCluster } from './testing/start.ts';

const SHOP = { namespace: 'shop' };
const MORE = 'preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';

async function start(devices: readonly Device[] = [{ name: 'gpu-0' }], gpu: DeepPartial<DeviceClass['spec']> = {}) {
  const cluster = await startScheduled();
  await cluster.node('node');
  await cluster.client.create(DeviceClass, { metadata: { name: 'gpu' }, spec: gpu });
  await offer(cluster, devices);
  return cluster;
}

const offer = ({ client }: ScheduledCluster, devices: readonly Device[], nodeName = 'node') =>
  client.create(ResourceSlice, { metadata: { name: nodeName }, spec: { driver: DRIVER, nodeName, pool: { name: nodeName, generation: 1, resourceSliceCount: 1 }, devices } });
const claim = ({ client }: ScheduledCluster, name: string, ...requests: readonly object[]) =>
  client.create(ResourceClaim, { metadata: { name, namespace: 'shop' }, spec: { devices: { requests: requests.length > 0 ? requests : [exactly('r')] } } });
const claimNow = ({ client }: ScheduledCluster, name: string) => client.get(ResourceClaim, name, SHOP);
const pod = (cluster: ScheduledCluster, name: string, ...claims: readonly string[]) =>
  cluster.pod(name, { resourceClaims: claims.map((resourceClaimName, index) => ({ name: `claim-${index}`, resourceClaimName })) });
const whyNot = async (cluster: ScheduledCluster, name: string) => (await cluster.get(name)).status.conditions?.find(({ type }) => type === 'PodScheduled')?.message;

test('a pod goes where its claim finds a device, and is among the claim\'s users', async () => {
  await using cluster = await start([{ name: 'old' }, { name: 'new', attributes: { model: { string: 'h100' } } }]);
  await cluster.node('empty');
  await claim(cluster, 'fast', exactly('r', { selectors: [cel(`device.attributes["${DRIVER}"].?model.orValue("") == "h100"`)] }));
  const { spec, metadata: { uid } } = await pod(cluster, 'web', 'fast');
  expect(spec.nodeName).toBe('node');
  const { metadata, status } = await claimNow(cluster, 'fast');
  expect(metadata.finalizers).toEqual(['resource.kubernetes.io/delete-protection']);
  expect(status).toEqual({
    allocation: {
      devices: { results: [{ request: 'r', driver: DRIVER, pool: 'node', device: 'new' }] },
      nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node'] }] }] },
      allocationTimestamp: expect.any(String),
    },
    reservedFor: [{ resource: 'pods', name: 'web', uid }],
  });
  expect((await cluster.get('web')).status.nominatedNodeName).toBeUndefined();
});

test('pods share a claim, each as one of its users', async () => {
  await using cluster = await start();
  await claim(cluster, 'shared');
  await pod(cluster, 'one', 'shared');
  await pod(cluster, 'two', 'shared');
  expect((await claimNow(cluster, 'shared')).status.reservedFor?.map(({ name }) => name)).toEqual(['one', 'two']);
});

test('without a device left a pod waits until a claim gives one back', async () => {
  await using cluster = await start();
  await claim(cluster, 'first');
  await claim(cluster, 'second');
  await pod(cluster, 'one', 'first');
  expect((await pod(cluster, 'two', 'second')).spec.nodeName).toBeUndefined();
  expect(await whyNot(cluster, 'two')).toBe(`0/1 nodes are available: 1 cannot allocate all claims. still not schedulable, ${MORE}`);
  const first = await claimNow(cluster, 'first');
  await cluster.client.updateStatus(ResourceClaim, { ...first, status: {} });
  await cluster.pass(2);
  expect((await cluster.get('two')).spec.nodeName).toBe('node');
});

test('a new slice, and a new class, wake who waits for them', async () => {
  await using cluster = await startScheduled();
  await cluster.node('node');
  await claim(cluster, 'c');
  await pod(cluster, 'web', 'c');
  expect(await whyNot(cluster, 'web')).toBe(`0/1 nodes are available: request r: device class gpu does not exist. no new claims to deallocate, ${MORE}`);
  await cluster.client.create(DeviceClass, { metadata: { name: 'gpu' }, spec: {} });
  await cluster.pass(2);
  expect(await whyNot(cluster, 'web')).toContain('1 cannot allocate all claims');
  await offer(cluster, [{ name: 'gpu-0' }]);
  await cluster.pass(3);
  expect((await cluster.get('web')).spec.nodeName).toBe('node');
});

test('a pod is not tried before its claims are there', async () => {
  await using cluster = await start();
  await pod(cluster, 'web', 'late');
  expect(cluster.scheduler.why('shop', 'web')?.gate).toBe('DynamicResources');
  await claim(cluster, 'late');
  await cluster.quiet();
  expect((await cluster.get('web')).spec.nodeName).toBe('node');
});

test('a claim made by template is the pod\'s once its status says so', async () => {
  await using cluster = await start();
  const made = await cluster.pod('web', { resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'gpu' }] });
  expect(made.spec.nodeName).toBeUndefined();
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: made.metadata.uid, controller: true };
  await cluster.client.create(ResourceClaim, { metadata: { name: 'web-gpu-x', namespace: 'shop', ownerReferences: [owner] }, spec: { devices: { requests: [exactly('r')] } } });
  await cluster.client.patch(Pod, 'web', { type: 'strategic', body: { status: { resourceClaimStatuses: [{ name: 'gpu', resourceClaimName: 'web-gpu-x' }] } } }, { ...SHOP, subresource: 'status' });
  await cluster.quiet();
  expect((await cluster.get('web')).spec.nodeName).toBe('node');
});

test('a claim allocated where the pod cannot go, and used by nobody, is allocated anew', async () => {
  await using cluster = await start();
  const made = await claim(cluster, 'c');
  const nodeSelector = { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['gone'] }] }] };
  await cluster.client.updateStatus(ResourceClaim, { ...made, status: { allocation: { devices: { results: [{ request: 'r', driver: DRIVER, pool: 'gone', device: 'x' }] }, nodeSelector } } });
  await pod(cluster, 'web', 'c');
  expect((await cluster.events('web')).find((event) => event.startsWith('FailedScheduling'))).toContain('1 resourceclaim not available on the node. deallocation of ResourceClaim completed');
  await cluster.pass(2);
  expect((await cluster.get('web')).spec.nodeName).toBe('node');
  expect((await claimNow(cluster, 'c')).status.allocation?.devices.results).toMatchObject([{ pool: 'node', device: 'gpu-0' }]);
});

test('an expression that fails is told as an error, and tried again', async () => {
  await using cluster = await start();
  await claim(cluster, 'c', exactly('r', { selectors: [cel(`device.attributes["${DRIVER}"].model == "h100"`)] }));
  await pod(cluster, 'web', 'c');
  const condition = (await cluster.get('web')).status.conditions?.find(({ type }) => type === 'PodScheduled');
  expect(condition).toMatchObject({ reason: 'SchedulerError', message: 'running "DynamicResources" filter plugin: claim shop/c: selector #0: CEL runtime error: no such key: model' });
  expect(cluster.scheduler.why('shop', 'web')?.verdicts).toEqual([]);
});

test('the node with the better alternative is taken', async () => {
  await using cluster = await start([{ name: 'slow' }]);
  await cluster.node('fast');
  await offer(cluster, [{ name: 'quick', attributes: { quick: { bool: true } } }], 'fast');
  await claim(cluster, 'c', oneOf('r', { selectors: [cel(`device.attributes["${DRIVER}"].?quick.orValue(false)`)] }, {}));
  expect((await pod(cluster, 'web', 'c')).spec.nodeName).toBe('fast');
});

test('a device that takes time holds the pod back until it is ready, and is given up where it fails', async () => {
  await using cluster = await start([{ name: 'fabric', bindingConditions: ['Attached'], bindingFailureConditions: ['Broken'] }]);
  const report = async (name: string, type: string) => {
    const now = await claimNow(cluster, name);
    const condition = { type, status: 'True', reason: 'Seen', message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' };
    await cluster.client.updateStatus(ResourceClaim, { ...now, status: { ...now.status, devices: [{ driver: DRIVER, pool: 'node', device: 'fabric', conditions: [condition] }] } });
    await cluster.quiet();
  };
  await claim(cluster, 'c');
  const waiting = await pod(cluster, 'web', 'c');
  expect(waiting.spec.nodeName).toBeUndefined();
  expect(waiting.status.nominatedNodeName).toBe('node');
  expect(await cluster.events('web')).toEqual(['BindingConditionsPending: waiting for binding conditions for device on node node']);
  await report('c', 'Broken');
  expect(await whyNot(cluster, 'web')).toBe('running PreBind plugin "DynamicResources": claim c binding failed: reason=Seen, message="m"');
  await cluster.pass(2);
  expect((await claimNow(cluster, 'c')).status).toMatchObject({ allocation: { allocationTimestamp: '2026-01-01T00:00:01Z' } });
  expect((await claimNow(cluster, 'c')).status.devices).toBeUndefined();
  await report('c', 'Attached');
  expect((await cluster.get('web')).spec.nodeName).toBe('node');
});

const asking = (limits: Readonly<Record<string, string>>) => ({ containers: [{ name: 'c', image: 'app:1', resources: { limits } }] });

test('devices stand for an extended resource of nodes that do not have it themselves', async () => {
  await using cluster = await start([{ name: 'gpu-0' }, { name: 'gpu-1' }, { name: 'gpu-2' }], { extendedResourceName: 'example.com/gpu' });
  const { spec, status, metadata } = await cluster.pod('web', asking({ 'example.com/gpu': '2', cpu: '1' }));
  expect(spec.nodeName).toBe('node');
  const { requestMappings, resourceClaimName } = status.extendedResourceClaimStatus!;
  expect(requestMappings).toEqual([{ containerName: 'c', resourceName: 'example.com/gpu', requestName: 'container-0-request-1' }]);
  const made = await claimNow(cluster, resourceClaimName);
  expect(made.metadata).toMatchObject({
    name: expect.stringMatching(/^web-extended-resources-.{5}$/), annotations: { 'resource.kubernetes.io/extended-resource-claim': 'true' },
    ownerReferences: [{ kind: 'Pod', name: 'web', uid: metadata.uid, controller: true }],
  });
  expect(made.status.allocation?.devices.results?.map(({ device }) => device)).toEqual(['gpu-0', 'gpu-1']);
  await cluster.pod('two', asking({ 'deviceclass.resource.kubernetes.io/gpu': '2' }));
  expect(await whyNot(cluster, 'two')).toContain('1 cannot allocate all claims');
});
