import { expect, test } from 'vitest';
import { ManualClock, settle } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { createClient, createInformers } from '../../client/index.ts';
import { FakeApi } from '../../client/testing/fake-api.ts';
import { ConfigMap } from '../../kinds/core/config-map.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { Cache } from './cache.ts';
import { WriteBarrier } from './write-barrier.ts';

const PATH = '/api/v1/namespaces/shop/configmaps';
const map = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' } });

async function arrange() {
  const api = new FakeApi();
  const clock = new ManualClock();
  const informers = createInformers(createClient(api.transport), { clock, log: silent, random: seededRandom(1) });
  const cache = new Cache(informers);
  const barrier = new WriteBarrier([ConfigMap], { cache, clock, log: silent });
  await informers.untilSynced();
  /** Whether the barrier has let the writes pass by now. */
  const watchPassing = (writes: Parameters<WriteBarrier['passed']>[0]) => {
    const state = { passed: false };
    void barrier.passed(writes).then(() => (state.passed = true));
    return state;
  };
  return { api, clock, informers, barrier, watchPassing };
}

test('a write passes once the cache has reached its revision, a deletion once the object is no longer there', async () => {
  const { api, informers, watchPassing } = await arrange();
  await using _ = informers;
  const written = watchPassing([{ resource: ConfigMap, name: 'a', namespace: 'shop', uid: 'u', resourceVersion: '1' }]);
  await settle();
  expect(written.passed).toBe(false);
  const { metadata: { uid } } = api.put(`${PATH}/a`, map('a'));
  await settle();
  expect(written.passed).toBe(true);

  const deleted = watchPassing([{ resource: ConfigMap, name: 'a', namespace: 'shop', uid }]);
  await settle();
  expect(deleted.passed).toBe(false);
  api.remove(`${PATH}/a`);
  await settle();
  expect(deleted.passed).toBe(true);
});

test('kinds that the controller does not read are not waited for', async () => {
  const { informers, watchPassing } = await arrange();
  await using _ = informers;
  const state = watchPassing([{ resource: Pod, name: 'a', namespace: 'shop', uid: 'u', resourceVersion: '99' }]);
  await settle();
  expect(state.passed).toBe(true);
});

test('a watch that stays behind for five seconds is replaced by a list', async () => {
  const { api, clock, informers, watchPassing } = await arrange();
  await using _ = informers;
  const state = watchPassing([{ resource: ConfigMap, name: 'a', namespace: 'shop', uid: 'u', resourceVersion: '1' }]);
  await clock.advance(4_999);
  const before = api.requests.length;
  await clock.advance(2);
  expect(api.requests.slice(before).map((request) => request.split('&')[0])).toEqual([
    'GET /api/v1/configmaps?resourceVersion=', 'GET /api/v1/configmaps?watch=true',
  ]);
  expect(state.passed).toBe(false);
  await clock.advance(5_000);
  expect(state.passed).toBe(true);
});
