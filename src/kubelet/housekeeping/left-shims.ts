/**
 * Shims that containerd has forgotten: killed in the middle of a step, it does not take up a shim whose sandbox it has not written
 * down, and the shim keeps its processes running for ever. A shim says on its command line whose it is.
 */
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Cri } from '../cri/cri.ts';
import { childrenOf, endProcess, processesNamed } from '../processes.ts';

export interface LeftShimsOptions {
  readonly cri: Pick<Cri, 'listPodSandboxes' | 'listContainers'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** The runtime's: shims of other runtimes on the machine are others' affair. */
  readonly socket: string;
  readonly kill?: (pid: number) => void;
}

/** `containerd-shim-runc-v2`, as far as the kernel keeps a name. */
const PROGRAM = 'containerd-shim';
/** A sandbox that is being made is in no list yet. */
const GRACE: Millis = 150_000;

interface Shim {
  readonly pid: number;
  /** Of a sandbox, or of a container where it has none. */
  readonly id: string;
}

export class LeftShims {
  readonly #options: LeftShimsOptions;
  /** Since when the runtime has not known of a shim, by its pid and what it says it is for. */
  #unknownSince = new Map<string, Millis>();

  constructor(options: LeftShimsOptions) {
    this.#options = options;
  }

  /** Called now and then. @throws Error where the runtime does not answer */
  async round(): Promise<void> {
    const { cri, clock, log, kill = endProcess } = this.#options;
    // Before the lists: what is made meanwhile is none of those.
    const shims = await this.#shims();
    const known = new Set(shims.length === 0 ? [] : (await Promise.all([cri.listPodSandboxes(), cri.listContainers()])).flat().map(({ id }) => id));
    const now = clock.monotonic();
    const unknown = shims.filter(({ id }) => !known.has(id));
    this.#unknownSince = new Map(unknown.map((shim) => [keyOf(shim), this.#unknownSince.get(keyOf(shim)) ?? now]));
    for (const shim of unknown) {
      if (now - this.#unknownSince.get(keyOf(shim))! < GRACE) continue;
      log.warn('the runtime has forgotten a shim: it is ended, and what it runs', { ...shim });
      for (const child of await childrenOf(shim.pid)) kill(child);
      kill(shim.pid);
    }
  }

  async #shims(): Promise<readonly Shim[]> {
    const found = await processesNamed(PROGRAM);
    return found.flatMap(({ pid, args }) => {
      const of = (flag: string) => args[args.indexOf(flag) + 1];
      const isOurs = args.includes('-address') && of('-address') === this.#options.socket && args.includes('-namespace') && of('-namespace') === 'k8s.io';
      const id = args.includes('-id') ? of('-id') : undefined;
      return isOurs && id ? [{ pid, id }] : [];
    });
  }
}

const keyOf = ({ pid, id }: Shim): string => `${pid} ${id}`;
