import { expect, test } from 'vitest';
import { settle } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { startApi } from '../../apiserver/testing/start-api.ts';
import { createClient, createInformers } from '../../client/index.ts';
import { builtinKinds } from '../../kinds/index.ts';
import { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import { DRIVER, exactly } from '../testing/dra-objects.ts';
import { ClusterDevices } from './devices.ts';

const DEVICE = `${DRIVER}/pool/gpu-0`;
const allocation = { devices: { results: [{ request: 'r', driver: DRIVER, pool: 'pool', device: 'gpu-0' }] } };
const at = { namespace: 'default' };

async function start() {
  const api = await startApi({ kinds: builtinKinds });
  const client = createClient(api.server.handler, { user: { username: 'test', groups: ['system:masters'] } });
  const informers = createInformers(client, { clock: api.clock, random: seededRandom(7), log: silent });
  const told: string[] = [];
  const devices = new ClusterDevices(informers, ({ reason }) => told.push(reason));
  await settle(100);
  return {
    client, devices, told,
    claim: () => client.create(ResourceClaim, { metadata: { name: 'c', ...at }, spec: { devices: { requests: [exactly('r')] } } }),
    async [Symbol.asyncDispose]() {
      devices[Symbol.dispose]();
      await informers[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

test('a device that was nearly given is free again, and whoever waits for one is woken', async () => {
  await using at = await start();
  at.devices.propose('uid', allocation);
  expect([at.devices.isPending('uid'), at.devices.allocated.has(DEVICE)]).toEqual([true, true]);
  at.devices.withdraw('uid');
  expect([at.devices.isPending('uid'), at.devices.allocated.has(DEVICE)]).toEqual([false, false]);
  expect(at.told).toEqual(['device-slice']);
});

test('what the server answered counts before the informer knows it, and only until then', async () => {
  await using cluster = await start();
  const made = await cluster.claim();
  await settle(100);
  cluster.devices.propose(made.metadata.uid, allocation);
  const written = await cluster.client.updateStatus(ResourceClaim, { ...made, status: { allocation } });
  cluster.devices.learn(written);
  expect([cluster.devices.claim('c', 'default')!.status.allocation, cluster.devices.isPending(made.metadata.uid)]).toEqual([allocation, false]);
  expect(cluster.devices.allocated.has(DEVICE)).toBe(true);
  await settle(100);
  await cluster.client.updateStatus(ResourceClaim, { ...written, status: {} });
  await settle(100);
  expect(cluster.devices.claim('c', 'default')!.status.allocation).toBeUndefined();
  expect(cluster.devices.allocated.has(DEVICE)).toBe(false);
  cluster.devices.learn(written);
  expect(cluster.devices.claim('c', 'default')!.status.allocation).toBeUndefined();
  expect(cluster.devices.allocated.has(DEVICE)).toBe(false);
});
