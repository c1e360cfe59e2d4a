import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { chain, reply, type DnsPlugin } from '../chain.ts';
import { cache } from './cache.ts';

const signal = new AbortController().signal;

test('an answer is remembered for its TTL, which falls as time passes', async () => {
  const clock = new ManualClock();
  let asked = 0;
  const origin: DnsPlugin = {
    name: 'origin',
    resolve: async ({ name }) => {
      asked++;
      return reply('NOERROR', { answers: [{ type: 'A', name, ttl: 30, data: '192.0.2.1' }] });
    },
  };
  const resolve = chain([cache(clock), origin]);
  await resolve({ type: 'A', name: 'example.org' }, signal);
  await clock.advance(12_000);

  const again = await resolve({ type: 'A', name: 'Example.org' }, signal);

  expect(asked).toBe(1);
  expect(again.answers[0]).toMatchObject({ ttl: 18 });
  await clock.advance(18_000);
  await resolve({ type: 'A', name: 'example.org' }, signal);
  expect(asked).toBe(2);
});

test('a failure is not remembered', async () => {
  let asked = 0;
  const resolve = chain([cache(new ManualClock()), { name: 'down', resolve: async () => (asked++, reply('SERVFAIL')) }]);
  await resolve({ type: 'A', name: 'example.org' }, signal);
  await resolve({ type: 'A', name: 'example.org' }, signal);
  expect(asked).toBe(2);
});
