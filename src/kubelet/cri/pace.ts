/**
 * So that a hundred pods at once do not get into each other's way: a runtime does most in a given time when it is asked for
 * a few things at a time. (containerd 1.6 on two processors: 110 pods in 13 s by eights, in more than 20 s all at once.)
 */
import type { Clock, Millis } from '../../base/clock.ts';
import type { Cri } from './cri.ts';

export interface PaceOptions {
  readonly clock: Clock;
  /** How many calls that make or end something are under way together. */
  readonly atOnce: number;
}

/** A call that takes longer than this no longer keeps others waiting: what hangs for one pod must not hold up the rest. */
const PATIENCE: Millis = 5_000;

/** Those that go to the end of what was begun come before those that begin. */
const FIRST = ['createContainer', 'startContainer', 'removePodSandbox'] as const;
const LATER = ['runPodSandbox', 'stopPodSandbox'] as const;

export function paced(cri: Cri, options: PaceOptions): Cri {
  const turns = new Turns(options);
  const changed: Partial<Record<keyof Cri, unknown>> = {};
  for (const method of [...FIRST, ...LATER]) {
    const call = cri[method] as (...args: readonly unknown[]) => Promise<unknown>;
    const isFirst = (FIRST as readonly string[]).includes(method);
    changed[method] = (...args: readonly unknown[]) => {
      const signal = args.at(-1);
      return turns.run(() => call(...args), { isFirst, signal: signal instanceof AbortSignal ? signal : undefined });
    };
  }
  return { ...cri, ...changed } as Cri;
}

interface Waiting {
  readonly isFirst: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Lets a few run at a time, the others in order. */
class Turns {
  readonly #options: PaceOptions;
  readonly #first: (() => void)[] = [];
  readonly #later: (() => void)[] = [];
  #running = 0;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  async run<T>(work: () => Promise<T>, { isFirst, signal }: Waiting): Promise<T> {
    await this.#turn(isFirst ? this.#first : this.#later, signal);
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      this.#running--;
      (this.#first.shift() ?? this.#later.shift())?.();
    };
    using _patience = this.#options.clock.after(PATIENCE, release);
    try {
      return await work();
    } finally {
      release();
    }
  }

  #turn(queue: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#running < this.#options.atOnce) {
      this.#running++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const go = () => {
        signal?.removeEventListener('abort', leave);
        this.#running++;
        resolve();
      };
      const leave = () => {
        queue.splice(queue.indexOf(go), 1);
        reject(signal!.reason);
      };
      queue.push(go);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }
}
