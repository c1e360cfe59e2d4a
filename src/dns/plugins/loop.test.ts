import { expect, test } from 'vitest';
import { ManualClock, settle } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { chain, reply, type DnsPlugin, type Next } from '../chain.ts';
import { loopGuard } from './loop.ts';

test('an upstream that is this server makes foreign names fail at once, until it is another', async () => {
  const clock = new ManualClock();
  const guard = loopGuard({ clock, random: seededRandom(1), log: silent });
  let own = true;
  let asked = 0;
  const forward: DnsPlugin = { name: 'forward', resolve: async (question, _next, signal) => (own ? serve(question, signal) : (asked++, reply('NOERROR'))) };
  const serve: Next = chain([guard, forward]);
  using stop = { abort: new AbortController(), [Symbol.dispose]() { this.abort.abort(); } };
  void guard.probe(chain([forward]), stop.abort.signal);
  await settle();
  expect((await serve({ type: 'A', name: 'example.org' }, stop.abort.signal)).rcode).toBe('SERVFAIL');
  own = false;
  await clock.advance(61_000);
  expect((await serve({ type: 'A', name: 'example.org' }, stop.abort.signal)).rcode).toBe('NOERROR');
  expect(asked).toBe(2); // the probe as well
});
