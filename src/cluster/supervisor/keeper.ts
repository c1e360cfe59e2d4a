import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { ComponentStatus } from '../../cli/index.ts';
import type { Identity, Processes, ProcessSpec, RunningProcess } from './process.ts';

/** First and longest wait before a restart; it doubles between them and starts over after a quiet while. */
const FIRST: Millis = 100;
const LONGEST: Millis = 10_000;
const QUIET: Millis = 10_000;

export interface KeeperOptions {
  readonly spec: ProcessSpec;
  readonly processes: Processes;
  readonly clock: Clock;
  readonly log: Logger;
  /** What ran under this name before this supervisor: taken over while it lives. */
  readonly predecessor: Identity | undefined;
  /** Told of each new process, before anything depends on it. */
  readonly onStart: (identity: Identity) => void;
}

/**
 * Keeps one program running until let go.
 *
 *     starting → running → (ended) → backing off → starting
 *
 * Letting go leaves the program alone: whoever stops a cluster ends its processes itself, in order.
 */
export class Keeper {
  readonly name: string;
  readonly #options: KeeperOptions;
  #current: RunningProcess | undefined;
  #restarts = 0;
  #wait = FIRST;
  #lastExit: string | undefined;
  #timer: Disposable | undefined;
  #released = false;

  constructor(options: KeeperOptions) {
    this.name = options.spec.name;
    this.#options = options;
  }

  start(): void {
    const { predecessor, processes } = this.#options;
    const adopted = predecessor && processes.adopt(predecessor);
    if (adopted) this.#watch(adopted);
    else this.#begin();
  }

  release(): void {
    this.#released = true;
    this.#timer?.[Symbol.dispose]();
  }

  get status(): ComponentStatus {
    return {
      name: this.name,
      state: this.#current ? 'running' : 'backing-off',
      ...(this.#current ? { pid: this.#current.pid } : {}),
      restarts: this.#restarts,
      ...(this.#lastExit === undefined ? {} : { lastExit: this.#lastExit }),
    };
  }

  /** Ends the program kindly, so that it starts anew: after the authorities changed. */
  restart(): void {
    if (this.#current) this.#options.processes.signal(this.#current, 'SIGTERM');
  }

  #begin(): void {
    const started = this.#options.processes.start(this.#options.spec);
    this.#options.onStart({ pid: started.pid, began: started.began });
    this.#watch(started);
  }

  #watch(running: RunningProcess): void {
    const { clock, log } = this.#options;
    const since = clock.monotonic();
    this.#current = running;
    void running.ended.then((how) => {
      this.#current = undefined;
      if (this.#released) return;
      this.#lastExit = how;
      this.#restarts += 1;
      if (clock.monotonic() - since >= QUIET) this.#wait = FIRST;
      log.warn('process ended; restarting it', { process: this.name, pid: running.pid, how, afterMillis: this.#wait });
      this.#timer = clock.after(this.#wait, () => this.#begin());
      this.#wait = Math.min(this.#wait * 2, LONGEST);
    });
  }
}
