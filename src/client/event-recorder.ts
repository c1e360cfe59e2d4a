import type { Clock } from '../base/clock.ts';
import { silent, type Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { isApiError } from '../meta/api-error.ts';
import type { KubeObject } from '../meta/object.ts';
import { formatTime } from '../meta/time.ts';
import { Event } from '../kinds/core/event.ts';
import type { ObjectReference } from '../kinds/core/references.ts';
import type { Client } from './client.ts';
import { TokenBucket } from './rate-limiter.ts';
import { EventCorrelator, remember } from './event-correlator.ts';

/** What an event is about: an object, or a reference where only part of one is meant (a container's fieldPath). */
export type Regarding = KubeObject | { readonly reference: ObjectReference };

/** Tells users, through Events, what happened to their objects. Never waits and never throws. */
export interface EventRecorder extends AsyncDisposable {
  event(regarding: Regarding, type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** Until everything told so far has been sent or given up. */
  flushed(): Promise<void>;
}

export interface RecorderOptions {
  /** Who tells: `deployment-controller`, `kubelet`. */
  readonly component: string;
  readonly host?: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log?: Logger;
  /** At most so many are sent; as many as there are unless said. */
  readonly rate?: { readonly perSecond: number; readonly burst: number };
}

/** Sends Events in order, one at a time. Beyond 1,000 unsent ones new ones are dropped, as upstream. */
export function createEventRecorder(client: Client, options: RecorderOptions): EventRecorder {
  return new Recorder(client, options);
}

interface Told {
  readonly reference: ObjectReference;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly at: number;
}

const MOST_UNSENT = 1000;
const TRIES = 12;
const BETWEEN_TRIES = 10_000;

class Recorder implements EventRecorder {
  readonly #client: Client;
  readonly #options: RecorderOptions;
  readonly #log: Logger;
  readonly #correlator: EventCorrelator;
  /** Where each correlated event lives, to raise its count. */
  readonly #sent = new Map<string, { readonly name: string; readonly namespace: string }>();
  readonly #stop = new AbortController();
  readonly #bucket: TokenBucket | undefined;
  #unsent = 0;
  #tail: Promise<void> = Promise.resolve();

  constructor(client: Client, options: RecorderOptions) {
    this.#client = client;
    this.#options = options;
    this.#log = options.log ?? silent;
    this.#correlator = new EventCorrelator(options.clock);
    this.#bucket = options.rate && new TokenBucket(options.clock, options.rate);
  }

  event(regarding: Regarding, type: 'Normal' | 'Warning', reason: string, message: string): void {
    if (this.#stop.signal.aborted || this.#unsent >= MOST_UNSENT) return;
    const reference = 'reference' in regarding ? regarding.reference : referenceTo(regarding);
    const told: Told = { reference, type, reason, message, at: this.#options.clock.now() };
    this.#unsent++;
    this.#tail = this.#tail
      .then(() => this.#send(told))
      // A refusal is the rule where a namespace is on its way out; only silence is worth a line.
      .catch((error: unknown) => this.#log[isApiError(error) ? 'debug' : 'warn']('event not sent', { reason, error: String(error) }))
      .finally(() => this.#unsent--);
  }

  flushed(): Promise<void> {
    return this.#tail;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#tail;
  }

  async #send(told: Told): Promise<void> {
    const { component, host = '' } = this.#options;
    const { kind, namespace, name, uid, apiVersion, fieldPath } = told.reference;
    const sender = JSON.stringify([component, host, kind, namespace, name, uid, apiVersion]);
    const verdict = this.#correlator.judge({
      group: JSON.stringify([sender, fieldPath, told.type, told.reason]), sender, message: told.message,
    });
    if (verdict.type === 'drop') return;
    const wait = this.#bucket?.take() ?? 0;
    if (wait > 0) await this.#options.clock.sleep(wait, this.#stop.signal);
    const known = this.#sent.get(verdict.key);
    for (let attempt = 1; ; attempt++) {
      try {
        if (verdict.type === 'count' && known && (await this.#count(known, verdict, told))) return;
        return await this.#create(verdict, told);
      } catch (error) {
        // The server has spoken: asking again changes nothing. Only a silent one is worth more tries.
        if (isApiError(error) || attempt >= TRIES) throw error;
        await this.#options.clock.sleep(BETWEEN_TRIES * this.#options.random.next(), this.#stop.signal);
      }
    }
  }

  /** @returns false when that event has gone from the store. */
  async #count(known: { name: string; namespace: string }, { count, message }: { count: number; message: string }, told: Told): Promise<boolean> {
    const body = { count, message, lastTimestamp: formatTime(told.at) };
    try {
      await this.#client.patch(Event, known.name, { type: 'merge', body }, { namespace: known.namespace });
      return true;
    } catch (error) {
      if (isApiError(error, 'NotFound')) return false;
      throw error;
    }
  }

  async #create({ key, message, count }: { key: string; message: string; count: number }, told: Told): Promise<void> {
    const { component, host = '', random } = this.#options;
    const namespace = told.reference.namespace || 'default';
    // Upstream's suffix is the time in nanoseconds; ours has random digits below the millisecond.
    const suffix = (BigInt(told.at) * 1_000_000n + BigInt(Math.floor(random.next() * 1_000_000))).toString(16);
    const name = `${(told.reference.name ?? '').slice(0, 253 - 17)}.${suffix}`;
    const at = formatTime(told.at);
    await this.#client.create(Event, {
      metadata: { name, namespace },
      involvedObject: told.reference,
      reason: told.reason,
      message,
      source: { component, ...(host === '' ? {} : { host }) },
      firstTimestamp: at,
      lastTimestamp: at,
      count,
      type: told.type,
      reportingComponent: component,
      reportingInstance: host,
    });
    remember(this.#sent, key, { name, namespace });
  }
}

/** The reference events and endpoints carry. */
export function referenceTo({ apiVersion, kind, metadata }: KubeObject): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { kind, ...(namespace ? { namespace } : {}), name, uid, apiVersion, resourceVersion };
}
