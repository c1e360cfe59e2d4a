import type { Clock, Millis } from '../base/clock.ts';
import { TokenBucket } from './rate-limiter.ts';

/** What is to be told, before similar tellings are folded. */
export interface Occurrence {
  /** Object, source, type and reason: what makes two events similar. */
  readonly group: string;
  /** The object and the source alone: what may send how much. */
  readonly sender: string;
  readonly message: string;
}

/** What to do with an occurrence. `key` names the event it becomes part of. */
export type Verdict =
  | { readonly type: 'drop' }
  | { readonly type: 'create' | 'count'; readonly key: string; readonly message: string; readonly count: number };

const MOST_SIMILAR = 10;
const SIMILAR_FOR: Millis = 600_000;
const MOST_REMEMBERED = 4096;
const SPAM_BURST = 25;
const SPAM_PER_SECOND = 1 / 300;

interface Similar {
  readonly messages: Set<string>;
  readonly at: Millis;
}

/**
 * Keeps repeated events from flooding the store, as client-go's correlator does: the same message again raises the
 * count of the event already there; more than ten different messages about one thing in ten minutes fold into one
 * event; a source may send 25 at once about an object, then one every five minutes.
 */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #similar = new Map<string, Similar>();
  readonly #counts = new Map<string, number>();
  readonly #senders = new Map<string, TokenBucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  judge({ group, sender, message }: Occurrence): Verdict {
    const folded = this.#fold(group, message);
    const key = JSON.stringify([group, folded ? '' : message]);
    const count = (this.#counts.get(key) ?? 0) + 1;
    remember(this.#counts, key, count);
    const bucket = this.#senders.get(sender) ?? new TokenBucket(this.#clock, { perSecond: SPAM_PER_SECOND, burst: SPAM_BURST });
    remember(this.#senders, sender, bucket);
    if (!bucket.tryTake()) return { type: 'drop' };
    const text = folded ? `(combined from similar events): ${message}` : message;
    return { type: count > 1 ? 'count' : 'create', key, message: text, count };
  }

  #fold(group: string, message: string): boolean {
    const now = this.#clock.now();
    const earlier = this.#similar.get(group);
    const fresh = earlier && now - earlier.at <= SIMILAR_FOR;
    const messages = fresh ? earlier.messages : new Set<string>();
    messages.add(message);
    remember(this.#similar, group, { messages, at: now });
    if (messages.size < MOST_SIMILAR) return false;
    // What stays is a window: the set never grows beyond the limit.
    const [oldest] = messages;
    messages.delete(oldest!);
    return true;
  }
}

/** Sets as the newest entry, and forgets the oldest beyond the limit. */
export function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MOST_REMEMBERED) return;
  const [oldest] = map.keys();
  map.delete(oldest!);
}
