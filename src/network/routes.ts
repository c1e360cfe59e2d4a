import type { Clock, Millis } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { mustRun } from '../base/program.ts';
import type { RunProgram } from '../base/program.ts';
import type { Informers } from '../client/index.ts';
import { Node } from '../kinds/core/node.ts';

/** A pod network and the node that it is behind. */
export interface Route {
  readonly to: string;
  readonly via: string;
}

export interface RouteOptions {
  readonly informers: Informers;
  /** The node whose routes are kept; without one, those of a machine that is no node and reaches all of them. */
  readonly nodeName?: string;
  /** Runs programs in its network namespace. */
  readonly run: RunProgram;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Marks our routes in the kernel, so that we find them again and leave others alone (rtnetlink(7): above 4 is free). */
const PROTOCOL = '107';
const GATHER: Millis = 50;
const RETRY: Millis = 5_000;
/** Links that come and go take their routes with them. */
const LOOK: Millis = 30_000;

/** Routes to every other node's pods: the node's address is the next hop, which it must be on the same link for. Pure. */
export function planRoutes(nodes: readonly Node[], self: string | undefined): readonly Route[] {
  return nodes
    .filter(({ metadata }) => metadata.name !== self)
    .flatMap(({ spec, status }) => {
      const via = status.addresses?.find(({ type, address }) => type === 'InternalIP' && isIpv4(address))?.address;
      const cidrs = [...(spec.podCIDRs ?? []), spec.podCIDR ?? ''].filter((cidr) => isIpv4(cidr.split('/')[0]!));
      return via === undefined ? [] : [...new Set(cidrs)].map((to) => ({ to, via }));
    })
    .toSorted((a, b) => (a.to < b.to ? -1 : a.to > b.to ? 1 : 0));
}

/** Keeps the routes current, from when the nodes are known until disposed; they stay after that. */
export function startRoutes(options: RouteOptions): AsyncDisposable {
  const keeper = new RouteKeeper(options);
  keeper.start();
  return keeper;
}

/** Takes away every route that `startRoutes` made. */
export async function removeRoutes(run: RunProgram): Promise<void> {
  await run('ip', ['-4', 'route', 'flush', 'proto', PROTOCOL]);
}

class RouteKeeper implements AsyncDisposable {
  readonly #options: RouteOptions;
  #handler: Disposable | undefined;
  #timer: { readonly at: Millis; readonly alarm: Disposable } | undefined;
  #working: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: RouteOptions) {
    this.#options = options;
  }

  start(): void {
    const nodes = this.#options.informers.for(Node);
    const change = () => this.#soon(GATHER);
    // Heartbeats change conditions every few minutes, for each of many nodes: only what routes depend on counts.
    const wanted = (node: Node) => JSON.stringify(planRoutes([node], undefined));
    this.#handler = nodes.addHandler({
      onAdd: change,
      onUpdate: (node, old) => {
        if (wanted(node) !== wanted(old)) change();
      },
      onDelete: change,
    });
    this.#soon(GATHER);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#timer?.alarm[Symbol.dispose]();
    this.#handler?.[Symbol.dispose]();
    await this.#working;
  }

  /** Works after `delay`, or earlier where that was planned already. */
  #soon(delay: Millis): void {
    const { clock } = this.#options;
    const at = clock.monotonic() + delay;
    if (this.#closed || (this.#timer && this.#timer.at <= at)) return;
    this.#timer?.alarm[Symbol.dispose]();
    const alarm = clock.after(delay, () => {
      this.#timer = undefined;
      void this.#work();
    });
    this.#timer = { at, alarm };
  }

  #work(): Promise<void> {
    this.#working = this.#working.then(async () => {
      // Until then a route that is not planned may be one of a node not heard of yet.
      if (this.#closed) return;
      const whole = this.#options.informers.for(Node).synced && (await this.#sync());
      this.#soon(whole ? LOOK : RETRY);
    });
    return this.#working;
  }

  /** False where something could not be done and is worth another try. Never rejects. */
  async #sync(): Promise<boolean> {
    const { informers, nodeName, run, log } = this.#options;
    const wanted = planRoutes(informers.for(Node).lister.list(), nodeName);
    try {
      const present = await routesInKernel(run);
      const failures: string[] = [];
      for (const route of present.filter((one) => !has(wanted, one))) await run('ip', ['-4', 'route', 'delete', route.to, 'via', route.via, 'proto', PROTOCOL]);
      for (const route of wanted.filter((one) => !has(present, one))) {
        const { code, stderr } = await run('ip', ['-4', 'route', 'replace', route.to, 'via', route.via, 'proto', PROTOCOL]);
        if (code !== 0) failures.push(`${route.to} via ${route.via}: ${stderr.trim()}`);
      }
      if (failures.length > 0) log.warn('network: routes not written', { failures });
      return failures.length === 0;
    } catch (error) {
      log.error('network: routes not read', { error: error instanceof Error ? error.message : String(error) });
      return false;
    }
  }
}

async function routesInKernel(run: RunProgram): Promise<readonly Route[]> {
  const text = await mustRun(run, 'ip', ['-4', 'route', 'show', 'proto', PROTOCOL]);
  return [...text.matchAll(/^(\S+) via (\S+)/gm)].map(([, to, via]) => ({ to: to!, via: via! }));
}

const has = (routes: readonly Route[], { to, via }: Route): boolean => routes.some((route) => route.to === to && route.via === via);

const isIpv4 = (address: string): boolean => /^\d+\.\d+\.\d+\.\d+$/.test(address);
