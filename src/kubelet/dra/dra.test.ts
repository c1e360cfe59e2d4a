import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ManualClock, systemClock } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import { startPluginWatcher } from '../devices/plugin-watcher.ts';
import { podOf } from '../testing/pods.ts';
import { startPodClaims } from './claims.ts';
import { startDrivers } from './drivers.ts';
import { DeviceHealths } from './health.ts';
import { startTestDriver } from './testing/driver.ts';
import type { TestDriverOptions } from './testing/driver.ts';

const DRIVER = 'gpu.example.com';

const claim = (name: string, { users = ['p'], uid = `uid-${name}`, drivers = [DRIVER] }: { users?: readonly string[]; uid?: string; drivers?: readonly string[] } = {}): ResourceClaim => ({
  apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { name, namespace: 'default', uid }, spec: {},
  status: {
    allocation: { devices: { results: drivers.map((driver) => ({ request: 'r', driver, pool: 'pool', device: 'device' })) } },
    reservedFor: users.map((user) => ({ resource: 'pods', name: user, uid: user })),
  },
} as unknown as ResourceClaim);
const podWith = (uid: string, claims: readonly string[], request?: string): Pod => podOf({
  containers: [{ name: 'a', resources: { claims: claims.map((name) => ({ name, ...(request === undefined ? {} : { request }) })) } }],
  resourceClaims: claims.map((name) => ({ name, resourceClaimName: name })),
}, { uid, name: uid });

/** The kubelet's half, with claims as a test makes them up. */
async function node(claims: readonly ResourceClaim[] = [claim('c')]) {
  // Calls have real deadlines.
  const clock = new ManualClock(systemClock.now());
  const rootDir = await mkdtemp(join(tmpdir(), 'knarr-dra-'));
  const at = { claims: [...claims], wiped: [] as string[], gone: new Set<string>(), news: 0 };
  const health = new DeviceHealths(clock, () => at.news++);
  const drivers = startDrivers({ clock, log: silent, health, deleteSlices: async (driver) => void at.wiped.push(driver ?? 'all') });
  const watcher = await startPluginWatcher({ dir: join(rootDir, 'plugins_registry'), clock, log: silent, handlers: { DRAPlugin: drivers } });
  const open = () => startPodClaims({
    rootDir, clock, log: silent, drivers, health, holds: (uid) => !at.gone.has(uid),
    claim: async (_, name) => at.claims.find(({ metadata }) => metadata.name === name) ?? Promise.reject(new Error(`resourceclaims.resource.k8s.io "${name}" not found`)),
  });
  let podClaims = await open();
  return {
    at, rootDir, clock,
    get claims() {
      return podClaims;
    },
    async driver(options: Partial<TestDriverOptions> = {}) {
      const driver = await startTestDriver({ rootDir, name: DRIVER, ...options });
      await expect.poll(async () => {
        await clock.advance(100);
        return driver.told.length;
      }, { timeout: 30_000 }).toBeGreaterThan(0);
      return driver;
    },
    async restart() {
      await podClaims[Symbol.asyncDispose]();
      podClaims = await open();
    },
    async [Symbol.asyncDispose]() {
      await watcher[Symbol.asyncDispose]();
      await podClaims[Symbol.asyncDispose]();
      await drivers[Symbol.asyncDispose]();
      await rm(rootDir, { recursive: true, force: true });
    },
  };
}

for (const version of ['v1.DRAPlugin', 'v1beta1.DRAPlugin'] as const) {
  test(`a driver that speaks ${version} registers, prepares a pod's claims once, and gives them back`, async () => {
    await using at = await node();
    await using driver = await at.driver({ version, prepare: (name) => [`example.com/gpu=${name}`] });
    expect(driver.told).toEqual(['']);
    const pod = podWith('p', ['c']);
    await at.claims.prepare(pod);
    await at.claims.prepare(pod);
    expect(at.claims.cdiDevices(pod, 'a')).toEqual(['example.com/gpu=c']);
    await at.claims.unprepare('p');
    await at.claims.unprepare('p');
    expect(driver.calls).toEqual(['prepare c', 'unprepare c']);
    expect(at.claims.infosOf(pod, 'a')).toEqual([]);
  });
}

test('a claim that pods share is prepared for the first and given back after the last', async () => {
  await using at = await node([claim('c', { users: ['p', 'q'] })]);
  await using driver = await at.driver();
  await Promise.all(['p', 'q'].map((uid) => at.claims.prepare(podWith(uid, ['c']))));
  await at.claims.unprepare('p');
  expect(driver.calls).toEqual(['prepare c']);
  await at.claims.unprepare('q');
  expect(driver.calls).toEqual(['prepare c', 'unprepare c']);
});

test('a container gets the devices of the requests it names', async () => {
  await using at = await node();
  await using _driver = await at.driver({ prepare: () => ['example.com/gpu=1'], requestNames: ['big/first'] });
  const devices = async (request?: string) => {
    const pod = podWith('p', ['c'], request);
    await at.claims.prepare(pod);
    return at.claims.cdiDevices(pod, 'a');
  };
  expect([await devices(), await devices('big'), await devices('small')]).toEqual([['example.com/gpu=1'], ['example.com/gpu=1'], []]);
});

test('until claim, allocation, reservation and driver are there, a pod waits and is told for which', async () => {
  await using at = await node([]);
  const pod = podWith('p', ['c']);
  const why = () => at.claims.prepare(pod).then(() => '', (error: Error) => error.message);
  const templated = podOf({ containers: [{ name: 'a' }], resourceClaims: [{ name: 'x', resourceClaimTemplateName: 't' }] }, { uid: 'p', name: 'p' });
  await expect(at.claims.prepare(templated)).rejects.toThrow('prepare dynamic resources: pod "default/p": ResourceClaim not created yet');
  expect(await why()).toBe('prepare dynamic resources: fetch ResourceClaim c: resourceclaims.resource.k8s.io "c" not found');
  at.at.claims = [claim('c', { users: [] })];
  expect(await why()).toBe('prepare dynamic resources: pod p (p) is not allowed to use ResourceClaim c (uid-c)');
  at.at.claims = [claim('c')];
  expect(await why()).toBe(`prepare dynamic resources: DRA driver ${DRIVER} is not registered`);
  // Nothing is left of the tries.
  await at.claims.unprepare('p');
  await using driver = await at.driver({ prepare: () => 'no power' });
  expect(await why()).toBe('prepare dynamic resources: NodePrepareResources failed for ResourceClaim c: no power');
  expect(driver.calls).toEqual(['prepare c']);
  at.at.claims = [claim('c', { uid: 'another' })];
  expect(await why()).toBe('prepare dynamic resources: old ResourceClaim with same name c and different UID uid-c still exists (previous pod force-deleted?!)');
});

test('another\'s claim of the same name is not taken for the one made by template', async () => {
  await using at = await node();
  const pod = podOf({ containers: [{ name: 'a' }], resourceClaims: [{ name: 'x', resourceClaimTemplateName: 't' }] }, { uid: 'p', name: 'p' }, { resourceClaimStatuses: [{ name: 'x', resourceClaimName: 'c' }] });
  await expect(at.claims.prepare(pod)).rejects.toThrow('ResourceClaim default/c was not created for Pod default/p (Pod is not owner)');
});

test('a kubelet that was away knows what is prepared, asks again, and gives back what pods left meanwhile', async () => {
  await using at = await node();
  await using driver = await at.driver({ prepare: () => ['example.com/gpu=1'] });
  const pod = podWith('p', ['c']);
  await at.claims.prepare(pod);
  expect(JSON.parse(await readFile(join(at.rootDir, 'dra_manager_state'), 'utf8'))).toMatchObject({ version: 'v1', claims: [{ uid: 'uid-c', name: 'c', namespace: 'default', pods: ['p'], drivers: { [DRIVER]: [{ cdiDeviceIds: ['example.com/gpu=1'] }] } }] });
  await at.restart();
  expect(at.claims.cdiDevices(pod, 'a')).toEqual(['example.com/gpu=1']);
  await at.claims.prepare(pod);
  expect(driver.calls).toEqual(['prepare c', 'prepare c']);
  at.at.gone.add('p');
  await expect.poll(async () => {
    await at.clock.advance(60_000);
    return driver.calls.at(-1);
  }, { timeout: 30_000 }).toBe('unprepare c');
});

test('slices go when the kubelet starts and when a driver stays away', async () => {
  await using at = await node();
  const driver = await at.driver();
  expect(at.at.wiped[0]).toBe('all');
  await driver[Symbol.asyncDispose]();
  await expect.poll(async () => {
    await at.clock.advance(5000);
    return at.at.wiped;
  }, { timeout: 30_000 }).toContain(DRIVER);
  await expect(at.claims.prepare(podWith('p', ['c']))).rejects.toThrow(`DRA driver ${DRIVER} is not registered`);
});

test('a driver that dies without a word is missed', async () => {
  await using at = await node();
  await using driver = await at.driver();
  await at.claims.prepare(podWith('p', ['c']));
  await driver.crash();
  await expect.poll(async () => {
    await at.clock.advance(5000);
    return at.at.wiped;
  }, { timeout: 30_000 }).toContain(DRIVER);
});

test('a driver none of whose versions is known is not taken', async () => {
  await using drivers = startDrivers({ clock: new ManualClock(), log: silent, deleteSlices: async () => {} });
  expect(() => drivers.register({ name: 'd', endpoint: '/d.sock', supportedVersions: ['v1alpha3'] })).toThrow('invalid supported gRPC versions of DRA driver plugin d at endpoint /d.sock: ');
});

test('the claim for extended resources is prepared like any other, and given to the containers it is for', async () => {
  const own: ResourceClaim = { ...claim('p-extended'), metadata: { ...claim('p-extended').metadata, ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'p', controller: true }] } };
  await using at = await node([own]);
  await using _ = await at.driver({ prepare: () => ['example.com/gpu=1'], requestNames: ['container-0-request-0'] });
  const pod = podOf({ containers: [{ name: 'a' }, { name: 'b' }] }, { uid: 'p', name: 'p' });
  const told: Pod = { ...pod, status: { ...pod.status, extendedResourceClaimStatus: { resourceClaimName: 'p-extended', requestMappings: [{ containerName: 'a', resourceName: 'example.com/gpu', requestName: 'container-0-request-0' }] } } };
  await at.claims.prepare(told);
  expect(at.claims.cdiDevices(told, 'a')).toEqual(['example.com/gpu=1']);
  expect(at.claims.cdiDevices(told, 'b')).toEqual([]);
});

test('a driver tells how its devices are, and what it stops telling is unknown', async () => {
  await using at = await node();
  await using driver = await at.driver({ health: true });
  const pod = podWith('p', ['c']);
  await at.claims.prepare(pod);
  const healthOf = () => at.claims.healthOf(pod, 'a');
  const status = (health: object) => [{ name: 'claim:c', resources: [{ resourceID: `${DRIVER}/pool/device`, ...health }] }];
  expect(healthOf()).toEqual(status({ health: 'Unknown' }));
  driver.report('HEALTHY');
  await expect.poll(healthOf, { timeout: 30_000 }).toEqual(status({ health: 'Healthy' }));
  driver.report('UNHEALTHY', 'too hot');
  await expect.poll(healthOf, { timeout: 30_000 }).toEqual(status({ health: 'Unhealthy', message: 'too hot' }));
  expect(at.at.news).toBeGreaterThanOrEqual(2);
  await at.clock.advance(31_000);
  expect(healthOf()).toEqual(status({ health: 'Unknown' }));
});
