import { expect, test } from 'vitest';
import { ManualClock, settle } from '../base/clock.ts';
import { silent } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { createClient, createInformers } from '../client/index.ts';
import { FakeApi } from '../client/testing/fake-api.ts';
import { AddressPool } from './addresses.ts';
import { startSimulatedNodes } from './index.ts';

const POD = '/api/v1/namespaces/default/pods/web';
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/sim-1';

async function start(names: readonly string[]) {
  const api = new FakeApi();
  const clock = new ManualClock();
  const random = seededRandom(1);
  const client = createClient(api.transport);
  const informers = createInformers(client, { clock, random, log: silent });
  const nodes = await startSimulatedNodes({ client, informers, clock, random, log: silent, names });
  const stop = async () => {
    await nodes[Symbol.asyncDispose]();
    await informers[Symbol.asyncDispose]();
  };
  return { api, clock, [Symbol.asyncDispose]: stop };
}

const bound = (more = {}) => ({
  apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', ...more }, status: { phase: 'Pending' },
  spec: { nodeName: 'sim-1', restartPolicy: 'Always', containers: [{ name: 'c', image: 'app', resources: {} }] },
});

test('nodes register as Ready, each with its own address, and keep their leases fresh', async () => {
  await using world = await start(['sim-1', 'sim-2']);
  const addresses = ['sim-1', 'sim-2'].map((name) => world.api.objects.get(`/api/v1/nodes/${name}`)!)
    .map(({ status }) => (status as { addresses: { address: string }[] }).addresses[0]!.address);
  expect(new Set(addresses).size).toBe(2);

  const renewed = () => (world.api.objects.get(LEASE)!.spec as { renewTime: string }).renewTime;
  const first = renewed();
  await world.clock.advance(10_000);
  expect(renewed() > first).toBe(true);
});

test('a pod bound to a simulated node runs, and goes when it is deleted', async () => {
  await using world = await start(['sim-1']);
  world.api.put(POD, bound());
  await world.clock.advance(1_000);
  expect(world.api.objects.get(POD)?.status).toMatchObject({ phase: 'Running', podIP: '10.128.0.1' });

  const running = world.api.objects.get(POD)!;
  world.api.put(POD, { ...running, metadata: { ...running.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
  await world.clock.advance(1_000);
  expect(world.api.objects.has(POD)).toBe(false);
});

test('pods on other nodes are left alone', async () => {
  await using world = await start(['sim-1']);
  world.api.put(POD, { ...bound(), spec: { ...bound().spec, nodeName: 'real' } });
  await world.clock.advance(5_000);
  expect(world.api.objects.get(POD)?.status).toMatchObject({ phase: 'Pending' });
});

test('a write that meets a newer object is tried again', async () => {
  await using world = await start(['sim-1']);
  const refuse = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Conflict', message: 'changed', code: 409 };
  let refusals = 0;
  world.api.intercept = ({ method, url }) => {
    if (method !== 'PUT' || !url.endsWith('/status') || refusals++ > 0) return undefined;
    return { status: 409, headers: {}, body: { type: 'bytes', chunks: [new TextEncoder().encode(JSON.stringify(refuse))] } };
  };
  world.api.put(POD, bound());
  await world.clock.advance(3_000);
  await settle();
  expect(world.api.objects.get(POD)?.status).toMatchObject({ phase: 'Running' });
  expect(refusals).toBe(2);
});

test('addresses are unique, skip those in use, and come back when released', () => {
  const pool = new AddressPool('10.0.0.0/29');
  pool.reserve('10.0.0.2');
  expect([pool.take(), pool.take(), pool.take(), pool.take(), pool.take()]).toEqual(['10.0.0.1', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']);
  expect(() => pool.take()).toThrow('no address left');
  pool.release('10.0.0.4');
  expect(pool.take()).toBe('10.0.0.4');
});
