import { expect, test } from 'vitest';
import { Event } from '../../kinds/core/event.ts';
import { Node } from '../../kinds/core/node.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { Service } from '../../kinds/core/service.ts';
import { EndpointSlice, type Endpoint } from '../../kinds/discovery/endpoint-slice.ts';
import { make } from '../testing/objects.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { endpointSliceController } from './endpoint-slice.ts';
import { assignZones, zoneParts } from './topology.ts';

const node = (name: string, zone: string, { cpu = '4', ready = 'True', labels = {} } = {}) => make(Node, name, {
  metadata: { labels: { 'topology.kubernetes.io/zone': zone, ...labels } },
  status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: ready }] } as object,
});
const endpoints = (counts: Readonly<Record<string, number>>): readonly Endpoint[] =>
  Object.entries(counts).flatMap(([zone, count]) => Array.from({ length: count }, (_, n): Endpoint => ({ addresses: [`${zone}-${n}`], zone, conditions: { ready: true } }) as Endpoint));
const equal = new Map([['a', 1 / 3], ['b', 1 / 3], ['c', 1 / 3]]);
/** `from>to` for each endpoint that another zone is to prefer, and how many each zone has. */
function decide(counts: Readonly<Record<string, number>>, parts: ReadonlyMap<string, number> = equal, before: (one: Endpoint) => string | undefined = () => undefined) {
  const assigned = assignZones(endpoints(counts), parts, before);
  if ('why' in assigned) return assigned.why;
  return Object.fromEntries([...parts.keys()].map((zone) => [zone, [...assigned.zones.values()].filter((one) => one === zone).length]));
}

test('zones have the part of the CPU that their working nodes have', () => {
  const parts = zoneParts([
    node('1', 'a', { cpu: '6' }), node('2', 'b', { cpu: '1500m' }), node('3', 'b', { cpu: '500m' }), node('4', 'c', { ready: 'False' }),
    node('5', 'd', { labels: { 'node-role.kubernetes.io/control-plane': '' } }),
  ]);
  expect(parts).toEqual(new Map([['a', 0.75], ['b', 0.25]]));
  expect(zoneParts([node('1', 'a'), node('2', 'a')])).toBeUndefined();
  expect(zoneParts([node('1', 'a'), node('2', 'b'), node('3', '')])).toBeUndefined();
  expect(zoneParts([node('1', 'a'), node('2', 'b', { cpu: '0' })])).toBeUndefined();
});

test('each zone prefers its own, and takes from others what it lacks', () => {
  expect(decide({ a: 3, b: 3, c: 3 })).toEqual({ a: 3, b: 3, c: 3 });
  expect(decide({ a: 6, b: 2, c: 1 })).toEqual({ a: 3, b: 3, c: 3 });
  expect(decide({ a: 9 })).toEqual({ a: 3, b: 3, c: 3 });
  expect(decide({ a: 6, b: 2 }, new Map([['a', 0.75], ['b', 0.25]]))).toEqual({ a: 6, b: 2 });
});

test('where no fair share can be had there are no hints, and why', () => {
  expect(assignZones(endpoints({ a: 3 }), undefined, () => undefined)).toEqual({ why: 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes' });
  expect(decide({ a: 1, b: 1 })).toBe('Insufficient number of endpoints (2 endpoints, 3 zones)');
  expect(decide({ a: 2, b: 2 })).toBe('Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (4 endpoints, 3 zones)');
  expect(decide({ a: 2, '': 1, b: 3 })).toBe('One or more endpoints do not have a zone specified');
});

test('what was decided stays until a zone has too few or too many', () => {
  const four = new Map([['a', 0.5], ['b', 0.5]]);
  const lent = (one: Endpoint) => (one.addresses[0] === 'a-7' ? 'b' : one.zone);
  expect(decide({ a: 10, b: 8 }, four, lent)).toEqual({ a: 9, b: 9 });
  expect(decide({ a: 10, b: 8 }, four, (one) => one.zone)).toEqual({ a: 10, b: 8 });
  expect(decide({ a: 12, b: 6 }, four, (one) => one.zone)).toEqual({ a: 9, b: 9 });
});

const at = { namespace: 'shop' };
const web = { metadata: { name: 'web', namespace: 'shop', annotations: { 'service.kubernetes.io/topology-mode': 'Auto' } }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } };

async function arrange(): Promise<TestCluster> {
  const cluster = await startControlled([endpointSliceController()]);
  for (const zone of ['a', 'b']) {
    const made = await cluster.client.create(Node, { metadata: { name: `node-${zone}`, labels: { 'topology.kubernetes.io/zone': zone } } });
    await cluster.client.updateStatus(Node, { ...made, status: { ...made.status, allocatable: { cpu: '4' }, conditions: [{ type: 'Ready', status: 'True' }] } });
  }
  await cluster.client.create(Service, web);
  return cluster;
}
const run = async ({ client, runPods }: TestCluster, name: string, nodeName: string) => {
  await client.create(Pod, { metadata: { name, namespace: 'shop', labels: { app: 'web' } }, spec: { nodeName, containers: [{ name: 'main', image: 'x' }] } });
  await runPods();
};
const hints = async ({ client }: TestCluster) => (await client.list(EndpointSlice, at)).items
  .flatMap(({ endpoints: all }) => (all ?? []).map(({ targetRef, hints: given }) => `${targetRef?.name} ${given?.forZones?.map(({ name }) => name).join() ?? '-'}`)).sort();
const events = async ({ client }: TestCluster) => (await client.list(Event, at)).items.filter(({ reason }) => reason?.startsWith('Topology')).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

test('a Service that asks for it gets hints once there are enough pods, is told, and loses them with the annotation', async () => {
  await using cluster = await arrange();
  await run(cluster, 'one', 'node-a');
  expect(await hints(cluster)).toEqual(['one -']);
  await run(cluster, 'two', 'node-b');
  expect(await hints(cluster)).toEqual(['one a', 'two b']);
  await cluster.client.patch(Service, 'web', { type: 'merge', body: { metadata: { annotations: { 'service.kubernetes.io/topology-mode': null } } } }, at);
  await cluster.quiet();
  expect(await hints(cluster)).toEqual(['one -', 'two -']);
  expect(await events(cluster)).toEqual(expect.arrayContaining([
    'Warning TopologyAwareHintsDisabled: Insufficient number of endpoints (1 endpoints, 2 zones), addressType: IPv4',
    'Normal TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4',
    'Warning TopologyAwareHintsDisabled: Topology Aware Hints has been disabled, addressType: IPv4',
  ]));
});

test('a node that fails takes every hint with it', async () => {
  await using cluster = await arrange();
  await run(cluster, 'one', 'node-a');
  await run(cluster, 'two', 'node-b');
  await cluster.client.patch(Node, 'node-b', { type: 'merge', body: { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } } }, { subresource: 'status' });
  await cluster.quiet();
  expect(await hints(cluster)).toEqual(['one -', 'two -']);
});
