import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { reply, type DnsPlugin, type Next } from '../chain.ts';

/** How soon it is tried again whether the loop is still there. */
const AGAIN: Millis = 60_000;

export interface LoopGuard extends DnsPlugin {
  /** Asks what lies below a question that only comes back here if an upstream sends it back. */
  probe(below: Next, signal: AbortSignal): Promise<void>;
}

/**
 * An upstream that is this server itself, as where a resolv.conf names the cluster's DNS, would be asked and ask for ever.
 * A question with a name that nobody else would think of is sent up; should it arrive, foreign names fail at once until it no
 * longer does.
 */
export function loopGuard({ clock, random, log }: { readonly clock: Clock; readonly random: Random; readonly log: Logger }): LoopGuard {
  const name = `${Math.floor(random.next() * 2 ** 48)}.${Math.floor(random.next() * 2 ** 48)}.loop.knarr.invalid`;
  let seenAt: Millis | undefined;
  const looping = (): boolean => seenAt !== undefined && clock.monotonic() - seenAt < AGAIN;
  return {
    name: 'loop',
    async resolve(question, next, signal) {
      if (question.name.toLowerCase() === name) {
        if (!looping()) log.error('dns: an upstream sends questions back to this server; other names than the cluster\'s are not resolved', { retrySeconds: AGAIN / 1000 });
        seenAt = clock.monotonic();
        return reply('NXDOMAIN');
      }
      return looping() ? reply('SERVFAIL') : next(question, signal);
    },
    async probe(below, signal) {
      while (!signal.aborted) {
        await below({ type: 'HINFO', name }, signal).catch(() => {}); // whether it is answered does not matter
        await clock.sleep(AGAIN, signal).catch(() => {});
      }
    },
  };
}
