import { expect, test } from 'vitest';
import { ManualClock } from '../base/clock.ts';
import { memoryDriver } from '../store/index.ts';
import { startApi, type TestApi } from './testing/start-api.ts';

const EVENTS = '/api/v1/namespaces/default/events';
const event = (name: string) => ({ metadata: { name, namespace: 'default' }, involvedObject: { kind: 'Pod', namespace: 'default', name: 'web' }, reason: 'Started', type: 'Normal' });
const names = async (api: TestApi): Promise<readonly string[]> =>
  (await api.request('GET', EVENTS)).body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
const MINUTE = 60_000;

test('an event goes an hour after it was last written', async () => {
  await using api = await startApi();
  await api.request('POST', EVENTS, event('a'));
  await api.request('POST', EVENTS, event('b'));
  await api.clock.advance(30 * MINUTE);
  await api.request('PATCH', `${EVENTS}/a`, { count: 2 }, { headers: { 'content-type': 'application/merge-patch+json' } });

  await api.clock.advance(31 * MINUTE);
  const afterOne = await names(api);
  await api.clock.advance(30 * MINUTE);

  expect(afterOne).toEqual(['a']);
  expect(await names(api)).toEqual([]);
});

test('a server that starts anew goes on where the last one was', async () => {
  const driver = memoryDriver();
  const kept = { get revision() { return driver.revision; }, commit: driver.commit.bind(driver), range: driver.range.bind(driver), after: driver.after.bind(driver), compact: driver.compact.bind(driver), async [Symbol.asyncDispose]() {} };
  const clock = new ManualClock();
  {
    await using first = await startApi({ driver: kept, clock });
    await first.request('POST', EVENTS, event('a'));
  }
  await clock.advance(30 * MINUTE);

  await using second = await startApi({ driver: kept, clock });
  await clock.advance(29 * MINUTE);
  const before = await names(second);
  await clock.advance(2 * MINUTE);

  expect([before, await names(second)]).toEqual([['a'], []]);
});
