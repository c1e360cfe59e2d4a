import { expect, test } from 'vitest';
import { ManualClock, settle } from '../base/clock.ts';
import { silent } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { createClient, createInformers } from '../client/index.ts';
import { FakeApi } from '../client/testing/fake-api.ts';
import type { Node } from '../kinds/core/node.ts';
import type { Backend } from './backends/backend.ts';
import { hostGw } from './backends/host-gw.ts';
import { macOf, vxlan } from './backends/vxlan.ts';
import { Keeper } from './keeper.ts';
import { KernelWatch } from './kernel-watch.ts';
import { FakeKernel } from './testing/kernel.ts';
import { Monitors } from './testing/monitors.ts';
import { node } from './testing/nodes.ts';

const one = node('one', '192.0.2.1', '10.244.0.0/24');
const two = node('two', '192.0.2.2', '10.244.1.0/24');
const three = node('three', '192.0.2.3', '10.244.2.0/24');
const MAC = { two: '02:00:00:00:00:02', three: '02:00:00:00:00:03', new: '02:00:00:00:00:99' };

const withMac = (of: Node, mac: string): Node => ({
  ...of, metadata: { ...of.metadata, annotations: { 'flannel.alpha.coreos.com/backend-data': JSON.stringify({ VNI: 1, VtepMAC: mac }) } },
});

/** Node one's keeper over a pretended kernel. `passes` lets it see what was put. */
function start(make: (kernel: FakeKernel) => Backend) {
  const api = new FakeApi();
  const kernel = new FakeKernel();
  const clock = new ManualClock();
  const informers = createInformers(createClient(api.transport), { clock, log: silent, random: seededRandom(1) });
  const refused: string[] = [];
  const put = (...nodes: readonly Node[]): void => nodes.forEach((each) => void api.put(`/api/v1/nodes/${each.metadata.name}`, each));
  put(one);
  return {
    api, kernel, clock, put, refused,
    begin: (watch?: KernelWatch) => new Keeper({
      ...(watch ? { kernel: watch } : {}), informers, client: createClient(api.transport), backend: make(kernel), nodeName: 'one', nodeIp: '192.0.2.1', nodeCidrs: ['10.244.0.0/24'],
      clusterCidrs: ['10.244.0.0/16'], run: kernel.run, clock, log: silent, onRefusal: (of, why) => refused.push(`${of.metadata.name}: ${why}`),
    }),
    passes: async (time = 100) => {
      await settle();
      await clock.advance(time);
      await settle();
    },
    [Symbol.asyncDispose]: () => informers[Symbol.asyncDispose](),
  };
}
const route = (via: string, dev = 'eth0', proto = '107') => ({ via, dev, proto });

test('routes follow the nodes: new ones come, stale ones go, others\' stay, a heartbeat asks nothing of the kernel', async () => {
  await using world = start(() => hostGw());
  const { kernel, put } = world;
  kernel.routes.set('10.244.9.0/24', route('192.0.2.9')); // of a node deleted while we were away
  kernel.routes.set('10.244.8.0/24', route('192.0.2.8', 'eth0', 'static'));
  put(two);
  await using _keeper = world.begin();
  await world.passes();
  expect(Object.fromEntries(kernel.routes)).toEqual({ '10.244.8.0/24': route('192.0.2.8', 'eth0', 'static'), '10.244.1.0/24': route('192.0.2.2') });

  put(three);
  await world.passes();
  expect(kernel.routes.get('10.244.2.0/24')).toEqual(route('192.0.2.3'));

  const calls = kernel.calls.length;
  put({ ...two, status: { ...two.status, conditions: [{ type: 'Ready', status: 'True' }] } });
  await world.passes();
  expect(kernel.calls).toHaveLength(calls);

  put(node('two', '192.0.2.22', '10.244.1.0/24'));
  await world.passes();
  expect(kernel.routes.get('10.244.1.0/24')).toEqual(route('192.0.2.22'));

  world.api.remove('/api/v1/nodes/two');
  await world.passes();
  expect([...kernel.routes.keys()]).toEqual(['10.244.8.0/24', '10.244.2.0/24']);
});

test('a route that somebody else has made for the same network is not taken from them', async () => {
  await using world = start(() => hostGw());
  world.kernel.routes.set('10.244.1.0/24', route('192.0.2.254', 'eth0', 'static'));
  world.put(two);
  await using _keeper = world.begin();
  await world.passes();
  expect(world.kernel.routes.get('10.244.1.0/24')).toEqual(route('192.0.2.254', 'eth0', 'static'));
  world.kernel.routes.clear();
  await world.passes(6_000);
  expect(world.kernel.routes.get('10.244.1.0/24')).toEqual(route('192.0.2.2'));
});

test('nothing is deleted before the nodes are known', async () => {
  await using world = start(() => hostGw());
  world.api.intercept = () => ({ status: 503, headers: {}, body: { type: 'bytes', chunks: [] } });
  world.kernel.routes.set('10.244.1.0/24', route('192.0.2.2'));
  await using _keeper = world.begin();
  await world.clock.advance(60_000);
  expect(world.kernel.routes.size).toBe(1);
});

test('a node on another link is refused once, and in words', async () => {
  await using world = start(() => hostGw());
  world.put(node('far', '198.51.100.9', '10.244.5.0/24'));
  await using _keeper = world.begin();
  await world.passes();
  await world.passes(31_000);
  expect(world.refused).toEqual(['far: 198.51.100.9 is not on link eth0 (192.0.2.1/24): host-gw joins nodes on one link only, vxlan others too']);
  expect(world.kernel.routes.size).toBe(0);
});

test('vxlan: this node tells of its device, and what others tell becomes routes, neighbours and forwarding entries', async () => {
  await using world = start((kernel) => vxlan(kernel.run));
  const { api, kernel, put } = world;
  put(two);
  await using _keeper = world.begin();
  await world.passes();
  expect(api.objects.get('/api/v1/nodes/one')?.metadata.annotations).toEqual({
    'flannel.alpha.coreos.com/backend-data': JSON.stringify({ VNI: 1, VtepMAC: macOf('one') }), 'flannel.alpha.coreos.com/backend-type': 'vxlan',
    'flannel.alpha.coreos.com/kube-subnet-manager': 'true', 'flannel.alpha.coreos.com/public-ip': '192.0.2.1',
  });
  expect(kernel.routes.size).toBe(0);

  put(withMac(two, MAC.two), withMac(three, MAC.three));
  await world.passes();
  expect(Object.fromEntries(kernel.forwarding)).toEqual({ [MAC.two]: '192.0.2.2', [MAC.three]: '192.0.2.3' });
  expect(Object.fromEntries(kernel.neighbours)).toEqual({ '10.244.1.0': MAC.two, '10.244.2.0': MAC.three });
  expect(kernel.routes.get('10.244.1.0/24')).toEqual(route('10.244.1.0', 'knarr-vxlan'));

  put(withMac(two, MAC.new)); // its device was made anew
  world.api.remove('/api/v1/nodes/three');
  await world.passes();
  expect([...kernel.forwarding]).toEqual([[MAC.new, '192.0.2.2']]);
  expect([...kernel.neighbours]).toEqual([['10.244.1.0', MAC.new]]);
  expect([...kernel.routes.keys()]).toEqual(['10.244.1.0/24']);
});

test('vxlan: what somebody flushed or falsified stands again after the next look', async () => {
  await using world = start((kernel) => vxlan(kernel.run));
  const { kernel, put } = world;
  put(withMac(two, MAC.two));
  await using _keeper = world.begin();
  await world.passes();
  kernel.routes.clear();
  kernel.forwarding.clear();
  kernel.neighbours.set('10.244.1.0', MAC.new);
  kernel.links.clear();
  await world.passes(31_000);
  expect([...kernel.routes.keys()]).toEqual(['10.244.1.0/24']);
  expect([...kernel.forwarding]).toEqual([[MAC.two, '192.0.2.2']]);
  expect([...kernel.neighbours]).toEqual([['10.244.1.0', MAC.two]]);
  expect(kernel.links.get('knarr-vxlan')).toBe(macOf('one'));
});

test('vxlan: what others take away is mended as soon as the kernel tells, and its own changes ask it once', async () => {
  await using world = start((kernel) => vxlan(kernel.run));
  const { clock, kernel, put } = world;
  const monitors = new Monitors();
  await using watch = new KernelWatch({ run: monitors.run, clock, log: silent });
  put(withMac(two, MAC.two));
  await using _keeper = world.begin(watch);
  await world.passes();
  monitors.say('links', '[ROUTE]10.244.1.0/24 via 10.244.1.0 dev knarr-vxlan proto 107 onlink ');
  await world.passes(600);

  const calls = kernel.calls.length;
  for (const line of ['[NEIGH]10.244.0.9 dev knarr-pods lladdr 02:00:00:00:00:05 STALE ', '[LINK]9: veth1@if2: <UP> mtu 1450', '[ROUTE]203.0.113.0/24 via 192.0.2.9 dev eth0 ']) monitors.say('links', line);
  await world.passes(5_000);
  expect(kernel.calls).toHaveLength(calls);

  const damage: readonly (readonly [line: string, harm: () => void])[] = [
    ['[ROUTE]Deleted 10.244.1.0/24 via 10.244.1.0 dev knarr-vxlan proto 107 onlink ', () => kernel.routes.clear()],
    ['[NEIGH]10.244.1.0 dev knarr-vxlan lladdr 02:00:00:00:00:99 PERMANENT ', () => kernel.neighbours.set('10.244.1.0', MAC.new)],
    ['[NEIGH]Deleted 192.0.2.2 dev knarr-vxlan lladdr 02:00:00:00:00:02 NOARP PERMANENT ', () => kernel.forwarding.clear()],
    ['[LINK]Deleted 4: knarr-vxlan: <BROADCAST,MULTICAST> mtu 1450 ', () => kernel.links.clear()],
    ['[ADDR]Deleted 3: eth0    inet 192.0.2.1/24 scope global eth0', () => kernel.routes.clear()],
  ];
  for (const [line, harm] of damage) {
    harm();
    monitors.say('links', line);
    await world.passes(600);
    expect([[...kernel.routes.keys()], [...kernel.neighbours], [...kernel.forwarding], [...kernel.links]], line).toEqual([
      ['10.244.1.0/24'], [['10.244.1.0', MAC.two]], [[MAC.two, '192.0.2.2']], [['knarr-vxlan', macOf('one')]],
    ]);
  }
});
