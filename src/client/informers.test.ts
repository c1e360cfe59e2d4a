import { expect, test } from 'vitest';
import { ManualClock, settle } from '../base/clock.ts';
import { silent } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { ConfigMap } from '../kinds/core/config-map.ts';
import { createClient } from './api-client.ts';
import { createInformers } from './informers.ts';
import { FakeApi } from './testing/fake-api.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string, data: Record<string, string> = {}) =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data });

function arrange() {
  const api = new FakeApi();
  const clock = new ManualClock();
  const client = createClient(api.transport, { user: { username: 'test', groups: [] } });
  const informers = createInformers(client, { clock, log: silent, random: seededRandom(1) });
  const told: string[] = [];
  const follow = () =>
    informers.for(ConfigMap).addHandler({
      onAdd: (object, initial) => told.push(`${initial ? 'initial' : 'add'} ${object.metadata.name}`),
      onUpdate: (object) => told.push(`update ${object.metadata.name}`),
      onDelete: (object) => told.push(`delete ${object.metadata.name}`),
    });
  return { api, clock, informers, told, follow };
}

test('an informer lists, then follows the watch', async () => {
  const { api, informers, told, follow } = arrange();
  await using _ = informers;
  api.put(`${PATH}/a`, configMap('a'));
  follow();
  await informers.untilSynced();
  api.put(`${PATH}/b`, configMap('b'));
  api.put(`${PATH}/a`, configMap('a', { n: '1' }));
  api.remove(`${PATH}/b`);
  await settle();

  expect(told).toEqual(['initial a', 'add b', 'update a', 'delete b']);
  const { lister, resourceVersion } = informers.for(ConfigMap);
  expect(lister.get('a', 'default')?.data).toEqual({ n: '1' });
  expect(lister.size).toBe(1);
  expect(resourceVersion).toBe('4');
});

test('one informer serves all who ask, and a late handler hears what is there as initial', async () => {
  const { api, informers, told, follow } = arrange();
  await using _ = informers;
  api.put(`${PATH}/a`, configMap('a'));
  expect(informers.for(ConfigMap)).toBe(informers.for(ConfigMap));
  await informers.untilSynced();
  follow();
  expect(told).toEqual(['initial a']);
  expect(api.requests.filter((request) => !request.includes('watch'))).toHaveLength(1);
});

test('a long first list is told in pieces, to one who comes in the middle as well', async () => {
  const { api, informers } = arrange();
  await using _ = informers;
  for (let n = 0; n < 350; n++) api.put(`${PATH}/map-${n}`, configMap(`map-${n}`));
  const [first, second] = [new Set<string>(), new Set<string>()];
  const informer = informers.for(ConfigMap);
  let turns = 0;
  informer.addHandler({ onAdd: (object) => {
    first.add(object.metadata.name);
    if (first.size === 1) setImmediate(function count() { turns++; if (!informer.synced) setImmediate(count); });
    if (first.size === 150) informer.addHandler({ onAdd: (late, initial) => initial && second.add(late.metadata.name) });
  } });
  await informers.untilSynced();
  expect([first.size, second.size]).toEqual([350, 350]);
  expect(turns).toBeGreaterThan(2);
});

test('a broken watch goes on from the last revision', async () => {
  const { api, clock, informers, told, follow } = arrange();
  await using _ = informers;
  follow();
  await informers.untilSynced();
  api.put(`${PATH}/a`, configMap('a'));
  await settle();
  api.hangUp();
  await clock.advance(1000);
  api.put(`${PATH}/b`, configMap('b'));
  await settle();
  expect(told).toEqual(['add a', 'add b']);
  expect(api.requests.at(-1)).toContain('resourceVersion=1&');
});

test('lost history is replaced by a fresh list, deletions included', async () => {
  const { api, clock, informers, told, follow } = arrange();
  await using _ = informers;
  api.put(`${PATH}/a`, configMap('a'));
  follow();
  await informers.untilSynced();
  api.intercept = (request) => (request.url.includes('watch') ? { status: 500, headers: {} } : undefined);
  api.hangUp();
  await clock.advance(300);
  api.remove(`${PATH}/a`);
  api.put(`${PATH}/b`, configMap('b'));
  api.compact();
  api.intercept = undefined;
  await clock.advance(60_000);
  expect(told).toEqual(['initial a', 'delete a', 'add b']);
});

test('a failing server is asked ever more rarely', async () => {
  const { api, clock, informers } = arrange();
  await using _ = informers;
  api.intercept = () => ({ status: 503, headers: {} });
  informers.for(ConfigMap);
  await clock.advance(60_000);
  expect(api.requests.length).toBeGreaterThan(5);
  expect(api.requests.length).toBeLessThan(15);
});

test('indexes follow adds, changes and deletions', async () => {
  const { api, informers } = arrange();
  await using _ = informers;
  const informer = informers.for(ConfigMap);
  informer.addIndex('n', (object) => Object.values(object.data ?? {}));
  await informers.untilSynced();
  const at = (value: string) => informer.lister.byIndex('n', value).map((object) => object.metadata.name);
  api.put(`${PATH}/a`, configMap('a', { n: '1' }));
  await settle();
  expect(at('1')).toEqual(['a']);
  api.put(`${PATH}/a`, configMap('a', { n: '2' }));
  await settle();
  expect([at('1'), at('2')]).toEqual([[], ['a']]);
  api.remove(`${PATH}/a`);
  await settle();
  expect(at('2')).toEqual([]);
});

test('an object recreated while nobody watched is a deletion and an addition', async () => {
  const { api, informers, told, follow } = arrange();
  await using _ = informers;
  api.put(`${PATH}/a`, configMap('a'));
  follow();
  await informers.untilSynced();
  api.put(`${PATH}/a`, { ...configMap('a'), metadata: { ...configMap('a').metadata, uid: 'another' } });
  await settle();
  expect(told).toEqual(['initial a', 'delete a', 'add a']);
});

test('relist lists anew, and disposal ends the watch', async () => {
  const { api, informers } = arrange();
  await informers.for(ConfigMap).untilSynced();
  await settle();
  informers.for(ConfigMap).relist();
  await settle();
  expect(api.requests.map((request) => request.split('?')[1]?.split('&')[0])).toEqual([
    'resourceVersion=0', 'watch=true', 'resourceVersion=', 'watch=true',
  ]);
  await informers[Symbol.asyncDispose]();
});
