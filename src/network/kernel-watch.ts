import type { Clock, Millis } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { RunProgram } from '../base/program.ts';

/** `links`: links, addresses, neighbours, forwarding entries and routes (rtnetlink). `rules`: nftables, and iptables kept in it. */
export type KernelPart = 'links' | 'rules';

export interface KernelWatchOptions {
  /** Runs programs in the node's network namespace. */
  readonly run: RunProgram;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A program for each part, which sleeps while nothing changes. `nft monitor` would keep every element of every set in memory. */
const PROGRAMS: Readonly<Record<KernelPart, readonly string[]>> = {
  links: ['ip', '-o', 'monitor', 'route', 'link', 'address', 'neigh', 'label'],
  rules: ['stdbuf', '-oL', 'xtables-monitor', '-e'],
};
const PARTS = ['links', 'rules'] as const;
/** An agent that is killed takes its programs along: they would keep a namespace alive that is to go. */
const ALONG = ['--pdeathsig', 'KILL', '--'];

/**
 * xtables-monitor ends at a rule that iptables has no words for, as the proxy's are, and where the kernel speaks too fast: both
 * are news, and it is begun again.
 */
const AGAIN: Millis = 500;
const LONGEST: Millis = 5_000;
const LIVED: Millis = 2_000;
/** Where the program is missing, what it would tell of is looked at now and then. */
const MISSING = 127;
const SELDOM: Millis = 60_000;

interface Listener {
  readonly part: KernelPart;
  readonly matters: (line: string) => boolean;
  readonly told: () => void;
}

/** Tells of changes in the kernel as they happen, whoever makes them. */
export class KernelWatch implements AsyncDisposable {
  readonly #options: KernelWatchOptions;
  readonly #listeners = new Set<Listener>();
  readonly #stop = new AbortController();
  readonly #following: Promise<unknown>;

  constructor(options: KernelWatchOptions) {
    this.#options = options;
    this.#following = Promise.all(PARTS.map((part) => this.#follow(part)));
  }

  /** Told when a line of what the kernel says matters, and when some may have been missed. */
  on(part: KernelPart, matters: (line: string) => boolean, told: () => void): Disposable {
    const listener = { part, matters, told };
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    this.#stop.abort();
    await this.#following;
  }

  async #follow(part: KernelPart): Promise<void> {
    const { run, clock, log } = this.#options;
    const { signal } = this.#stop;
    const of = (): readonly Listener[] => [...this.#listeners].filter((listener) => listener.part === part);
    const onLine = (line: string): void => of().filter(({ matters }) => matters(line)).forEach(({ told }) => told());
    for (let wait = AGAIN; !signal.aborted; wait = Math.min(2 * wait, LONGEST)) {
      const began = clock.monotonic();
      const { code, stderr } = await run('setpriv', [...ALONG, ...PROGRAMS[part]], { signal, onLine });
      if (signal.aborted) return;
      if (clock.monotonic() - began > LIVED) wait = AGAIN;
      log.debug('network: the kernel is not watched', { part, code, stderr });
      of().forEach(({ told }) => told());
      await clock.sleep(code === MISSING ? SELDOM : wait, signal).catch(() => {});
      if (!signal.aborted) of().forEach(({ told }) => told());
    }
  }
}
