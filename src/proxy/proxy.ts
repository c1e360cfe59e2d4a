import type { Clock, Millis } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { setSysctl } from '../base/program.ts';
import type { RunProgram } from '../base/program.ts';
import type { Informers } from '../client/index.ts';
import { Node } from '../kinds/core/node.ts';
import { Service } from '../kinds/core/service.ts';
import { EndpointSlice } from '../kinds/discovery/endpoint-slice.ts';
import { Iptables, removeEverything } from './backends/iptables/apply.ts';
import { forgetFlows, staleFlows } from './conntrack.ts';
import { HealthCheckServers, planHealthChecks } from './health-checks.ts';
import { planRuleset } from './ruleset.ts';
import type { Ruleset } from './ruleset.ts';

export interface ProxyOptions {
  readonly informers: Informers;
  readonly nodeName: string;
  /** Pods' addresses; what comes from elsewhere is masqueraded on its way to a ClusterIP. */
  readonly clusterCidr: string;
  /** Runs programs in the node's network namespace. */
  readonly run: RunProgram;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Changes within this time are written together. */
const GATHER: Millis = 50;
/** Between two writes, however much changes. */
const REST: Millis = 500;
/** How often the kernel's tables are looked at, lest someone emptied them; upstream's sync period. */
const LOOK: Millis = 30_000;
const RETRY: Millis = 2_000;
const ZONE = 'topology.kubernetes.io/zone';

/**
 * Keeps Services answering on this node until disposed; resolves once the first rules are written. The rules stay after
 * disposal, so that connections live through a restart.
 */
export async function startProxy(options: ProxyOptions): Promise<AsyncDisposable> {
  const proxy = new Proxy(options);
  await proxy.start();
  return proxy;
}

/** Takes every rule of the proxy off this node. */
export async function cleanProxy(run: RunProgram): Promise<void> {
  await removeEverything(run);
}

class Proxy implements AsyncDisposable {
  readonly #options: ProxyOptions;
  readonly #iptables: Iptables;
  readonly #checks: HealthCheckServers;
  readonly #handlers: Disposable[] = [];
  #ruleset: Ruleset = [];
  #timer: Disposable | undefined;
  #look: Disposable | undefined;
  #writing: Promise<void> = Promise.resolve();
  #lastWrite = -Infinity;
  #closed = false;

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#iptables = new Iptables(options.run, options.clusterCidr, options.log);
    this.#checks = new HealthCheckServers(options.log);
  }

  async start(): Promise<void> {
    const { informers, run, log } = this.#options;
    const watched = [informers.for(Service), informers.for(EndpointSlice), informers.for(Node)];
    // Node ports answer on 127.0.0.1 too.
    if (!(await setSysctl(run, 'net/ipv4/conf/all/route_localnet', '1'))) log.warn('proxy: node ports will not answer on localhost');
    await Promise.all(watched.map((informer) => informer.untilSynced()));
    const change = () => this.#later(GATHER);
    for (const informer of [informers.for(Service), informers.for(EndpointSlice)]) {
      this.#handlers.push(informer.addHandler({ onAdd: change, onUpdate: change, onDelete: change }));
    }
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    await this.#write();
    this.#lookAgain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    this.#look?.[Symbol.dispose]();
    for (const handler of this.#handlers) handler[Symbol.dispose]();
    await this.#writing;
    await this.#checks[Symbol.asyncDispose]();
  }

  #later(delay: Millis): void {
    if (this.#timer || this.#closed) return;
    const { clock } = this.#options;
    const rest = this.#lastWrite + REST - clock.monotonic();
    this.#timer = clock.after(Math.max(delay, rest), () => {
      this.#timer = undefined;
      void this.#write();
    });
  }

  /** One write at a time. Never rejects: a failed one is tried again. */
  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      if (this.#closed) return;
      const { run, log, clock } = this.#options;
      const ruleset = this.#plan();
      try {
        await this.#iptables.apply(ruleset);
        const stale = staleFlows(this.#ruleset, ruleset);
        this.#ruleset = ruleset;
        await forgetFlows(stale, run, log);
        await this.#checks.become(planHealthChecks(ruleset));
      } catch (error) {
        log.error('proxy: rules not written', { error: error instanceof Error ? error.message : String(error) });
        this.#later(RETRY);
      }
      this.#lastWrite = clock.monotonic();
    });
    return this.#writing;
  }

  #plan(): Ruleset {
    const { informers, nodeName } = this.#options;
    const zone = informers.for(Node).lister.get(nodeName)?.metadata.labels?.[ZONE];
    const node = { name: nodeName, ...(zone === undefined ? {} : { zone }) };
    return planRuleset(informers.for(Service).lister.list(), informers.for(EndpointSlice).lister.list(), node);
  }

  #lookAgain(): void {
    this.#look = this.#options.clock.after(LOOK, () => {
      this.#writing = this.#writing.then(async () => {
        if (this.#closed) return;
        if (!(await this.#iptables.check())) {
          this.#options.log.warn('proxy: the rules were gone; writing them again');
          this.#later(0);
        }
        this.#lookAgain();
      });
    });
  }
}
