import { expect, test } from 'vitest';
import { ManualClock, settle } from '../base/clock.ts';
import { silent } from '../base/log.ts';
import type { RunProgram } from '../base/program.ts';
import { seededRandom } from '../base/random.ts';
import { createClient, createInformers } from '../client/index.ts';
import { FakeApi } from '../client/testing/fake-api.ts';
import { planRoutes, startRoutes } from './routes.ts';
import { node } from './testing/nodes.ts';

const one = node('one', '192.0.2.1', '10.244.0.0/24');
const two = node('two', '192.0.2.2', '10.244.1.0/24');
const three = node('three', '192.0.2.3', '10.244.2.0/24');

test('every other node\'s pods are behind its internal address', () => {
  expect(planRoutes([three, two, one], 'one')).toEqual([{ to: '10.244.1.0/24', via: '192.0.2.2' }, { to: '10.244.2.0/24', via: '192.0.2.3' }]);
  expect(planRoutes([one], undefined)).toEqual([{ to: '10.244.0.0/24', via: '192.0.2.1' }]);
});

test('a node without an address or a pod network is not routed to yet', () => {
  expect(planRoutes([{ ...two, spec: {} }, { ...three, status: { ...three.status, addresses: [] } }], 'one')).toEqual([]);
});

/** `ip route` as far as it is looked at. */
function fakeRoutes() {
  const table = new Map<string, string>();
  const calls: string[] = [];
  const run: RunProgram = async (_command, args) => {
    calls.push(args.join(' '));
    const [, , verb, to = '', , via = ''] = args;
    if (verb === 'replace') table.set(to, via);
    if (verb === 'delete') table.delete(to);
    const stdout = verb === 'show' ? [...table].map(([key, value]) => `${key} via ${value} dev eth0 \n`).join('') : '';
    return { code: 0, stdout, stderr: '' };
  };
  return { table, calls, run };
}

test('routes follow the nodes: new ones come, stale ones go, a heartbeat asks nothing of the kernel', async () => {
  const api = new FakeApi();
  const routes = fakeRoutes();
  routes.table.set('10.244.9.0/24', '192.0.2.9'); // of a node deleted while we were away
  api.put('/api/v1/nodes/one', one);
  api.put('/api/v1/nodes/two', two);
  const clock = new ManualClock();
  await using informers = createInformers(createClient(api.transport), { clock, log: silent, random: seededRandom(1) });
  await using _keeper = startRoutes({ informers, nodeName: 'one', run: routes.run, clock, log: silent });
  await settle();
  await clock.advance(100);
  expect([...routes.table]).toEqual([['10.244.1.0/24', '192.0.2.2']]);

  api.put('/api/v1/nodes/three', three);
  await settle();
  await clock.advance(100);
  expect(routes.table.get('10.244.2.0/24')).toBe('192.0.2.3');

  const calls = routes.calls.length;
  api.put('/api/v1/nodes/two', { ...two, status: { ...two.status, conditions: [{ type: 'Ready', status: 'True' }] } });
  await settle();
  await clock.advance(100);
  expect(routes.calls).toHaveLength(calls);

  api.remove('/api/v1/nodes/two');
  await settle();
  await clock.advance(100);
  expect([...routes.table.keys()]).toEqual(['10.244.2.0/24']);
});

test('nothing is deleted before the nodes are known', async () => {
  const api = new FakeApi();
  api.intercept = () => ({ status: 503, headers: {}, body: { type: 'bytes', chunks: [] } });
  const routes = fakeRoutes();
  routes.table.set('10.244.1.0/24', '192.0.2.2');
  const clock = new ManualClock();
  await using informers = createInformers(createClient(api.transport), { clock, log: silent, random: seededRandom(1) });
  await using _keeper = startRoutes({ informers, nodeName: 'one', run: routes.run, clock, log: silent });
  await clock.advance(60_000);
  expect(routes.table.size).toBe(1);
});
