import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { messageOf } from '../../base/message-of.ts';
import type { KeyPair } from '../../wire/node/issue.ts';
import type { Layout } from '../layout.ts';
import { isWhole, readPair } from './ensure.ts';

/** How often a process looks whether its certificates were renewed. */
export const FOLLOW_EVERY: Millis = 30_000;

/** A pair as a process began with it, and what to do with its successors. */
export interface Follower {
  readonly name: string;
  readonly pair: KeyPair;
  readonly take: (pair: KeyPair) => void;
}

export interface Following {
  readonly layout: Layout;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Hands over renewed pairs, whoever renewed them, once both halves are there. */
export function followPairs(followers: readonly Follower[], { layout, clock, log }: Following): Disposable {
  const stop = new AbortController();
  const known = new Map(followers.map(({ name, pair }) => [name, pair.cert]));
  const look = async ({ name, take }: Follower): Promise<void> => {
    const pair = await readPair(layout, name);
    if (!pair || pair.cert === known.get(name) || !isWhole(pair) || stop.signal.aborted) return;
    take(pair);
    known.set(name, pair.cert);
    log.info('a renewed certificate is in use', { certificate: name });
  };
  const run = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(FOLLOW_EVERY, stop.signal);
      for (const follower of followers) {
        await look(follower).catch((error: unknown) => log.warn('a renewed certificate is not in use yet', { certificate: follower.name, error: messageOf(error) }));
      }
    }
  };
  run().catch(() => {}); // the only way out is the signal
  return { [Symbol.dispose]: () => stop.abort() };
}
