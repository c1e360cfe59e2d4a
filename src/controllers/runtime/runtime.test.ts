import { expect, test } from 'vitest';
import { ManualClock, settle } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { expose } from '../../base/metrics/exposition.ts';
import { seededRandom } from '../../base/random.ts';
import { createClient, createInformers } from '../../client/index.ts';
import { FakeApi } from '../../client/testing/fake-api.ts';
import { ConfigMap } from '../../kinds/core/config-map.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { ReplicaSet } from '../../kinds/apps/replica-set.ts';
import { ApiError } from '../../meta/api-error.ts';
import { claim, controllerReference } from './ownership.ts';
import { ControllerMetrics } from './metrics.ts';
import { defineController, watchOf, type ControllerDefinition } from './controller.ts';
import { slowStart } from './slow-start.ts';

const SETS = '/apis/apps/v1/namespaces/shop/replicasets';
const PODS = '/api/v1/namespaces/shop/pods';
const set = (name: string) => ({
  apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name, namespace: 'shop' },
  spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } } } }, status: {},
});
const pod = (name: string, app: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop', labels: { app } }, spec: {} });

function arrange(definition: Pick<ControllerDefinition<typeof ReplicaSet>, 'reconcile'> & Partial<ControllerDefinition<typeof ReplicaSet>>) {
  const api = new FakeApi();
  const clock = new ManualClock();
  const random = seededRandom(1);
  const client = createClient(api.transport, { user: { username: 'test', groups: [] } });
  const informers = createInformers(client, { clock, log: silent, random });
  const controller = defineController({ name: 'test', for: ReplicaSet, ...definition });
  const metrics = new ControllerMetrics(clock);
  const start = () => controller.start({ client, informers, clock, random, log: silent, metrics });
  return { api, clock, informers, metrics, start };
}

test('a pass follows each change of an object, of what it owns, and of orphans it selects', async () => {
  const passes: string[] = [];
  const { api, informers, start } = arrange({
    owns: [Pod], selector: (one) => one.spec.selector,
    watches: [watchOf(ConfigMap, () => ['shop/b'])],
    reconcile: async (one, { cache }) => void passes.push(`${one.metadata.name} ${cache.owned(Pod, one).length}`),
    gone: async (key) => void passes.push(`gone ${key}`),
  });
  await using _ = informers;
  const a = api.put(`${SETS}/a`, set('a'));
  api.put(`${SETS}/b`, set('b'));
  await using _running = start();
  await settle();
  expect(passes.splice(0).sort()).toEqual(['a 0', 'b 0']);

  const owned = pod('owned', 'x');
  api.put(`${PODS}/owned`, { ...owned, metadata: { ...owned.metadata, ownerReferences: [controllerReference(ReplicaSet, a)] } });
  await settle();
  expect(passes.splice(0)).toEqual(['a 1']);
  api.put(`${PODS}/orphan`, pod('orphan', 'b'));
  await settle();
  expect(passes.splice(0)).toEqual(['b 0']);
  api.put('/api/v1/namespaces/shop/configmaps/c', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'shop' } });
  await settle();
  expect(passes.splice(0)).toEqual(['b 0']);
  api.remove(`${SETS}/a`);
  await settle();
  expect(passes).toEqual(['gone shop/a']);
});

test('a failed pass comes again after a back-off, and a result says when to come again', async () => {
  let failures = 3;
  const { api, clock, informers, metrics, start } = arrange({
    async reconcile() {
      if (failures-- > 0) throw new Error('not yet');
      return 60_000;
    },
  });
  await using _ = informers;
  api.put(`${SETS}/a`, set('a'));
  await using _running = start();
  await settle();
  expect(failures).toBe(2);
  await clock.advance(5 + 10 + 20);
  expect(failures).toBe(-1);
  await clock.advance(60_000);
  expect(failures).toBe(-2);
  expect(expose(metrics.families()).split('\n')).toEqual(expect.arrayContaining([
    'controller_runtime_reconcile_total{controller="test",result="error"} 3', 'controller_runtime_reconcile_total{controller="test",result="requeue_after"} 2',
    'controller_runtime_reconcile_total{controller="test",result="success"} 0', 'controller_runtime_reconcile_errors_total{controller="test"} 3',
    'controller_runtime_reconcile_time_seconds_count{controller="test"} 5', 'controller_runtime_active_workers{controller="test"} 0',
    'workqueue_retries_total{controller="test",name="test"} 3', 'workqueue_adds_total{controller="test",name="test"} 5',
  ]));
});

test('a controller may say how long a back-off it bears', async () => {
  let passes = 0;
  const { api, clock, informers, start } = arrange({
    longestBackoff: 1_000,
    async reconcile() {
      passes++;
      throw new Error('never');
    },
  });
  await using _ = informers;
  api.put(`${SETS}/a`, set('a'));
  await using _running = start();
  await clock.advance(60_000);
  expect(passes).toBeGreaterThan(60);
});

test('a key is not worked on again before the cache shows what its last pass wrote', async () => {
  const seen: number[] = [];
  const { api, clock, informers, start } = arrange({
    owns: [Pod],
    async reconcile(one, { cache, client }) {
      seen.push(cache.owned(Pod, one).length);
      if (seen.length > 1) return undefined;
      await client.create(Pod, { metadata: { name: 'made', namespace: 'shop', ownerReferences: [controllerReference(ReplicaSet, one)] } });
      return 1;
    },
  });
  await using _ = informers;
  const a = api.put(`${SETS}/a`, set('a'));
  await using _running = start();
  api.intercept = (request) => (request.url.includes('/pods?watch') ? { status: 500, headers: {} } : undefined);
  await settle();
  api.put(`${SETS}/a`, { ...a, data: 1 });
  await clock.advance(2_000);
  expect(seen).toEqual([0]);
  api.intercept = undefined;
  await clock.advance(4_000);
  expect(seen).toEqual([0, 1]);
});

test('the second of two adoptions does not ask again whether the owner stands', async () => {
  const { api, informers, start } = arrange({
    owns: [Pod], selector: (one) => one.spec.selector,
    async reconcile(one, { cache, client }) {
      const { adopt } = claim(one, one.spec.selector, cache.candidates(Pod, one));
      for (const orphan of adopt) await client.adopt(Pod, orphan, one);
    },
  });
  await using _ = informers;
  const a = api.put(`${SETS}/a`, set('a'));
  api.put(`${PODS}/one`, pod('one', 'a'));
  api.put(`${PODS}/two`, pod('two', 'a'));
  await using _running = start();
  await settle();
  expect(api.requests.filter((request) => request === `GET ${SETS}/a`)).toHaveLength(1);
  for (const name of ['one', 'two']) {
    expect(api.objects.get(`${PODS}/${name}`)!.metadata.ownerReferences).toEqual([
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'a', uid: a.metadata.uid, controller: true, blockOwnerDeletion: true },
    ]);
  }
});

test('claim takes on selected orphans, lets go what is no longer selected, and leaves others alone', () => {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'a', namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '' } };
  const mine = controllerReference(ReplicaSet, owner);
  const object = (name: string, app: string, reference?: typeof mine) => ({
    apiVersion: 'v1', kind: 'Pod',
    metadata: { ...owner.metadata, name, uid: name, labels: { app }, ...(reference ? { ownerReferences: [reference] } : {}) },
  });
  const pods = [object('kept', 'a', mine), object('strayed', 'b', mine), object('orphan', 'a'), object('other', 'a', { ...mine, uid: 'v' }), object('alien', 'b')];
  const names = (list: readonly { metadata: { name: string } }[]) => list.map((one) => one.metadata.name);
  const found = claim(owner, { matchLabels: { app: 'a' } }, pods);
  expect([names(found.mine), names(found.adopt), names(found.release)]).toEqual([['kept', 'orphan'], ['orphan'], ['strayed']]);
  const leaving = claim({ ...owner, metadata: { ...owner.metadata, deletionTimestamp: 'now' } }, { matchLabels: { app: 'a' } }, pods);
  expect([names(leaving.mine), names(leaving.adopt), names(leaving.release)]).toEqual([['kept'], [], []]);
});

test('slowStart doubles its batches and stops after the first that fails', async () => {
  const sizes: number[] = [];
  let running = 0;
  const act = async (index: number) => {
    running++;
    await Promise.resolve();
    if (running > 0) sizes.push(running);
    running = 0;
    if (index === 4) throw new ApiError('Forbidden', 'quota');
  };
  expect(await slowStart(20, act)).toMatchObject({ done: 6, failure: { reason: 'Forbidden' } });
  expect(sizes).toEqual([1, 2, 4]);
});
