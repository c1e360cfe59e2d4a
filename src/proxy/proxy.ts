import type { Clock, Millis } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { messageOf } from '../base/message-of.ts';
import { setSysctl } from '../base/program.ts';
import type { RunProgram } from '../base/program.ts';
import { keyOf, type EventRecorder, type Informers } from '../client/index.ts';
import { Node } from '../kinds/core/node.ts';
import { Service } from '../kinds/core/service.ts';
import { EndpointSlice } from '../kinds/discovery/endpoint-slice.ts';
import { PROXY_MODES, type BackendOptions, type ProxyMode } from './backends/backend.ts';
import { chooseMode, createBackend, removeOthers } from './backends/choose.ts';
import { forgetFlows, reconcileFlows, staleFlows } from './conntrack.ts';
import { FamilyRules } from './family-rules.ts';
import { HealthCheckServers, planHealthChecks } from './health-checks.ts';
import { HEALTHZ_PORT, ProxyHealth, serveHealthz } from './healthz.ts';
import { FAMILIES, familyOf, nodeOf, serviceOf, type PortRules, type ProxyNode } from './ruleset.ts';
import { RulesetTracker } from './tracker.ts';

export interface ProxyOptions {
  readonly informers: Informers;
  readonly nodeName: string;
  /** Pods' addresses, one network for each family; what comes from elsewhere is masqueraded on its way to a ClusterIP. */
  readonly clusterCidrs: readonly string[];
  /** What writes the rules; unsaid, nftables where it works, else iptables. */
  readonly mode?: ProxyMode;
  /** Networks of the node's addresses on which node ports answer; all unless said. */
  readonly nodePortAddresses?: readonly string[];
  readonly masqueradeAll?: boolean;
  /** How IPVS chooses among endpoints (ipvsadm(8)); `rr` unless said. */
  readonly scheduler?: string;
  /** With IPVS: whether neighbours learn a Service's address only from the device that has it. */
  readonly strictArp?: boolean;
  /** Where the node's owner is told. */
  readonly events?: EventRecorder;
  /** Where the proxy's own health is served; undefined: nowhere. */
  readonly healthz?: { readonly host: string; readonly port?: number };
  /** Runs programs in the node's network namespace. */
  readonly run: RunProgram;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Proxying extends AsyncDisposable {
  /** Resolves once nothing is being written. */
  written(): Promise<void>;
}

/** Changes within this time are written together. */
const GATHER: Millis = 20;
/** After a write, as long as it took, at most this: a machine that is slow to write has other things to do as well. */
const LONGEST_REST: Millis = 1_000;
/** How often the kernel's tables are looked at, lest someone emptied them; upstream's sync period. */
const LOOK: Millis = 30_000;
const RETRY: Millis = 2_000;

/**
 * Keeps Services answering on this node until disposed; resolves once the first rules are written. The rules stay after
 * disposal, so that connections live through a restart.
 */
export async function startProxy(options: ProxyOptions): Promise<Proxying> {
  const mode = await chooseMode(options.mode, backendOptions(options, 'ipv4'));
  options.log.info('proxy: rules are written by', { mode });
  if (mode === 'ipvs') deprecate(options);
  const proxy = new Proxy(options, mode);
  await proxy.start();
  return proxy;
}

/** Upstream's words, since 1.35 (KEP-5495). */
const DEPRECATED = 'The ipvs proxier is now deprecated and may be removed in a future release. Please use \'nftables\' instead.';

function deprecate({ log, events, nodeName }: ProxyOptions): void {
  log.warn(`proxy: ${DEPRECATED}`);
  events?.event({ reference: { kind: 'Node', name: nodeName, uid: nodeName } }, 'Warning', 'IPVSDeprecation', DEPRECATED);
}

/** Takes every rule of the proxy off this node, whoever wrote them. */
export async function cleanProxy(run: RunProgram): Promise<void> {
  for (const family of FAMILIES) {
    for (const mode of PROXY_MODES) await createBackend(mode, { family, run, masqueradeAll: false, nodePortAddresses: [] }).remove();
  }
}

function backendOptions({ clusterCidrs, nodePortAddresses = [], masqueradeAll = false, run, scheduler, strictArp = false }: ProxyOptions, family: (typeof FAMILIES)[number]): BackendOptions {
  const own = (networks: readonly string[]) => networks.filter((network) => familyOf(network.split('/')[0]!) === family);
  const [clusterCidr] = own(clusterCidrs);
  return { family, run, masqueradeAll, strictArp, nodePortAddresses: own(nodePortAddresses), ...(scheduler === undefined ? {} : { scheduler }), ...(clusterCidr === undefined ? {} : { clusterCidr }) };
}

class Proxy implements Proxying {
  readonly #options: ProxyOptions;
  readonly #mode: ProxyMode;
  readonly #tracker: RulesetTracker;
  readonly #families: readonly FamilyRules[];
  readonly #health: ProxyHealth;
  readonly #checks: HealthCheckServers;
  readonly #parts: (Disposable | AsyncDisposable)[] = [];
  #timer: Disposable | undefined;
  #look: Disposable | undefined;
  #writing: Promise<void> = Promise.resolve();
  #notBefore: Millis = -Infinity;
  #closed = false;

  constructor(options: ProxyOptions, mode: ProxyMode) {
    this.#options = options;
    this.#mode = mode;
    this.#health = new ProxyHealth(options.clock);
    this.#checks = new HealthCheckServers(options.log, () => this.#health.healthy);
    this.#families = FAMILIES.map((family) => new FamilyRules(family, createBackend(mode, backendOptions(options, family))));
    this.#tracker = new RulesetTracker(this.#view(), (claim, service, owner) =>
      options.log.warn('proxy: an address and port that another Service has is left out', { claim, service, owner }));
  }

  async start(): Promise<void> {
    const { informers, run, log, healthz, clock, nodeName } = this.#options;
    const watched = [informers.for(Service), informers.for(EndpointSlice), informers.for(Node)];
    // Node ports answer on 127.0.0.1 too.
    if (!(await setSysctl(run, 'net/ipv4/conf/all/route_localnet', '1'))) log.warn('proxy: node ports will not answer on localhost');
    this.#follow();
    await Promise.all(watched.map((informer) => informer.untilSynced()));
    this.#tracker.touchAll();
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    await this.#write();
    this.#notBefore = -Infinity; // to start is no sign of a slow machine: the first change is written at once
    for (const family of FAMILIES) await removeOthers(this.#mode, backendOptions(this.#options, family));
    this.#lookAgain();
    if (healthz === undefined) return;
    const server = await serveHealthz({ port: HEALTHZ_PORT, ...healthz, health: this.#health, node: () => informers.for(Node).lister.get(nodeName), clock, log });
    if (server) this.#parts.push(server);
  }

  written(): Promise<void> {
    return this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    this.#look?.[Symbol.dispose]();
    for (const part of this.#parts) await (Symbol.asyncDispose in part ? part[Symbol.asyncDispose]() : part[Symbol.dispose]());
    await this.#writing;
    await this.#checks[Symbol.asyncDispose]();
  }

  /** What the planning reads. */
  #view(): ConstructorParameters<typeof RulesetTracker>[0] {
    const { informers, nodeName } = this.#options;
    const [services, slices, nodes] = [informers.for(Service), informers.for(EndpointSlice), informers.for(Node)];
    slices.addIndex('proxied service', (slice) => [serviceOf(slice)]);
    return {
      service: (namespace, name) => services.lister.get(name, namespace),
      slices: (service) => slices.lister.byIndex('proxied service', service),
      keys: () => services.lister.list().map(keyOf),
      node: (): ProxyNode => {
        const node = nodes.lister.get(nodeName);
        return node ? nodeOf(node) : { name: nodeName };
      },
    };
  }

  #follow(): void {
    const { informers, nodeName } = this.#options;
    const touched = (...services: readonly string[]): void => {
      for (const service of services) this.#tracker.touch(service);
      this.#later(GATHER);
    };
    const ofService = (service: Service) => touched(keyOf(service));
    const ofSlice = (slice: EndpointSlice) => touched(serviceOf(slice));
    const afresh = (): void => {
      this.#tracker.touchAll();
      this.#later(GATHER);
    };
    this.#parts.push(
      informers.for(Service).addHandler({ onAdd: ofService, onUpdate: ofService, onDelete: ofService }),
      informers.for(EndpointSlice).addHandler({ onAdd: ofSlice, onDelete: ofSlice, onUpdate: (slice, old) => touched(serviceOf(slice), serviceOf(old)) }),
      informers.for(Node).addHandler({
        onAdd: (node) => {
          if (node.metadata.name === nodeName) afresh();
        },
        // Another zone makes other endpoints the near ones.
        onUpdate: (node, old) => {
          if (node.metadata.name === nodeName && JSON.stringify(nodeOf(node)) !== JSON.stringify(nodeOf(old))) afresh();
        },
      }),
    );
  }

  #later(delay: Millis): void {
    this.#health.queued();
    if (this.#timer || this.#closed) return;
    const { clock } = this.#options;
    this.#timer = clock.after(Math.max(delay, this.#notBefore - clock.monotonic()), () => {
      this.#timer = undefined;
      void this.#write();
    });
  }

  /** One write at a time. Never rejects: a failed one is tried again. */
  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      if (this.#closed) return;
      const { clock, log } = this.#options;
      const began = clock.monotonic();
      try {
        await this.#writeChanges();
        this.#health.written();
      } catch (error) {
        log.error('proxy: rules not written', { error: messageOf(error) });
        this.#later(RETRY);
      }
      const took = clock.monotonic() - began;
      this.#notBefore = clock.monotonic() + Math.min(took, LONGEST_REST);
    });
    return this.#writing;
  }

  async #writeChanges(): Promise<void> {
    const { run, log } = this.#options;
    const changed = this.#tracker.refresh();
    const now = this.#tracker.ports;
    for (const family of this.#families) family.changed(changed);
    const failures: unknown[] = [];
    for (const family of this.#families) {
      const written = await family.write(now).catch((error: unknown): ReadonlyMap<string, PortRules | undefined> => (failures.push(error), new Map()));
      if (written) await forgetFlows(staleFlows([...written].map(([key, before]) => [before, now.get(key)])), run, log);
      else await reconcileFlows([...now.values()].filter((port) => port.family === family.family), run, log);
    }
    if (changed.size > 0) await this.#checks.become(planHealthChecks([...now.values()]));
    if (failures.length > 0) throw failures[0];
  }

  #lookAgain(): void {
    this.#look = this.#options.clock.after(LOOK, () => {
      this.#writing = this.#writing.then(async () => {
        if (this.#closed) return;
        for (const family of this.#families) {
          if (await family.intact()) continue;
          this.#options.log.warn('proxy: the rules were gone; writing them again', { family: family.family });
          this.#later(0);
        }
        this.#lookAgain();
      });
    });
  }
}
