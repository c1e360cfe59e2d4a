/** Milliseconds since the Unix epoch, or a span of them. */
export type Millis = number;

/** Time as an argument: rooms never read the machine's clock themselves. */
export interface Clock {
  /** Wall time, in milliseconds since the epoch. */
  now(): Millis;
  /** Milliseconds of a clock that never goes back; only differences mean something. */
  monotonic(): Millis;
  /** Calls `fire` once after `delay`; disposing cancels it. */
  after(delay: Millis, fire: () => void): Disposable;
  /** Resolves after `delay`; rejects with the signal's reason as soon as it aborts. */
  sleep(delay: Millis, signal?: AbortSignal): Promise<void>;
}

/** Resolves after `delay` of `clock`; the shared body of every clock's `sleep`. */
function sleepOn(clock: Pick<Clock, 'after'>, delay: Millis, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = clock.after(delay, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    const onAbort = () => {
      timer[Symbol.dispose]();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The machine's clock. `unref` timers do not keep a process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delay, fire) {
    const timer = setTimeout(fire, Math.min(delay, 2 ** 31 - 1));
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
  sleep: (delay, signal) => sleepOn(systemClock, delay, signal),
};

interface Alarm {
  readonly at: Millis;
  readonly order: number;
  readonly fire: () => void;
}

/** A clock that stands still until a test moves it. Alarms fire in order of time, then of creation. */
export class ManualClock implements Clock {
  #now: Millis;
  #order = 0;
  readonly #alarms = new Set<Alarm>();

  constructor(start: Millis = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): Millis {
    return this.#now;
  }

  monotonic(): Millis {
    return this.#now;
  }

  after(delay: Millis, fire: () => void): Disposable {
    const alarm: Alarm = { at: this.#now + Math.max(0, delay), order: this.#order++, fire };
    this.#alarms.add(alarm);
    return { [Symbol.dispose]: () => void this.#alarms.delete(alarm) };
  }

  sleep(delay: Millis, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delay, signal);
  }

  /** When the next alarm is due, or undefined. */
  get nextAlarm(): Millis | undefined {
    return this.#next()?.at;
  }

  /** Moves time on by `span`, firing what falls due and letting promises settle between alarms. */
  async advance(span: Millis): Promise<void> {
    const end = this.#now + span;
    await settle();
    for (let alarm = this.#next(); alarm && alarm.at <= end; alarm = this.#next()) {
      this.#now = Math.max(this.#now, alarm.at);
      this.#alarms.delete(alarm);
      alarm.fire();
      await settle();
    }
    this.#now = end;
  }

  #next(): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (!first || alarm.at < first.at || (alarm.at === first.at && alarm.order < first.order)) first = alarm;
    }
    return first;
  }
}

/** Lets every promise that can settle without time do so. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => soon(resolve));
}

/** Gives the event loop one turn: between the slices of long synchronous work, so that nobody waits for all of it. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => soon(resolve));

/** Calls `fire` in the loop's next turn, where the runtime has turns. */
export const soon: (fire: () => void) => void =
  typeof setImmediate === 'function' ? (fire) => void setImmediate(fire) : (fire) => void setTimeout(fire, 0);
