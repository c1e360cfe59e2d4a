import { expect, test } from 'vitest';
import { Node } from '../../kinds/core/node.ts';
import { Event } from '../../kinds/core/event.ts';
import { Service } from '../../kinds/core/service.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { serviceLoadBalancer } from './service-load-balancer.ts';

const at = { namespace: 'shop' };
async function start(): Promise<TestCluster> {
  const cluster = await startControlled([serviceLoadBalancer]);
  for (const [name, address] of [['node-1', '10.0.0.1'], ['node-2', '10.0.0.2']] as const) await addNode(cluster, name, address);
  return cluster;
}
async function addNode({ client }: TestCluster, name: string, address: string, ready = 'True'): Promise<void> {
  const node = await client.create(Node, { metadata: { name } });
  await client.updateStatus(Node, { ...node, status: { ...node.status, addresses: [{ type: 'InternalIP', address }], conditions: [{ type: 'Ready', status: ready }] } });
}
const make = ({ client }: TestCluster, name: string, spec: object = {}) =>
  client.create(Service, { metadata: { name, namespace: 'shop' }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }], ...spec } });
const addresses = async ({ client, quiet }: TestCluster, name: string) => {
  await quiet();
  return (await client.get(Service, name, at)).status.loadBalancer?.ingress?.map(({ ip }) => ip);
};

test('a Service gets the addresses of ready nodes, and follows them', async () => {
  await using cluster = await start();
  await make(cluster, 'web');
  expect(await addresses(cluster, 'web')).toEqual(['10.0.0.1', '10.0.0.2']);
  await addNode(cluster, 'node-3', '10.0.0.3');
  await addNode(cluster, 'node-4', '10.0.0.4', 'False');
  await cluster.client.patch(Node, 'node-1', { type: 'merge', body: { metadata: { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } } } });
  expect(await addresses(cluster, 'web')).toEqual(['10.0.0.2', '10.0.0.3']);
  const told = (await cluster.client.list(Event, at)).items.map(({ reason, message }) => `${reason}: ${message}`);
  expect(told).toEqual(expect.arrayContaining(['EnsuringLoadBalancer: Ensuring load balancer', 'EnsuredLoadBalancer: Ensured load balancer']));
});

test('a port leads to the oldest Service that has it; the next waits for it', async () => {
  await using cluster = await start();
  await make(cluster, 'first');
  await cluster.pass(1);
  await make(cluster, 'second');
  expect(await addresses(cluster, 'second')).toBeUndefined();
  const told = (await cluster.client.list(Event, at)).items.map(({ message }) => message);
  expect(told).toContain('Error syncing load balancer: failed to ensure load balancer: a port of it is in use by service shop/first');
  await cluster.client.delete(Service, 'first', at);
  expect(await addresses(cluster, 'second')).toEqual(['10.0.0.1', '10.0.0.2']);
  await expect(cluster.client.get(Service, 'first', at)).rejects.toThrow('not found');
});

test('one that is no longer to be balanced loses its addresses; another\'s class is not touched', async () => {
  await using cluster = await start();
  await make(cluster, 'web');
  await make(cluster, 'theirs', { loadBalancerClass: 'example.com/theirs', ports: [{ port: 81 }] });
  expect(await addresses(cluster, 'theirs')).toBeUndefined();
  expect(await addresses(cluster, 'web')).toHaveLength(2);
  await cluster.client.patch(Service, 'web', { type: 'merge', body: { spec: { type: 'ClusterIP', externalTrafficPolicy: null, allocateLoadBalancerNodePorts: null } } }, at);
  expect(await addresses(cluster, 'web')).toBeUndefined();
  expect((await cluster.client.get(Service, 'web', at)).metadata.finalizers).toBeUndefined();
});
