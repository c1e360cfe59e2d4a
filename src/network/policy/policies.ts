import { Alarm } from '../../base/alarm.ts';
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { messageOf } from '../../base/message-of.ts';
import { NftKeeper, removeNftTable } from '../../base/nftables.ts';
import type { RunProgram } from '../../base/program.ts';
import type { Handler, Informers } from '../../client/index.ts';
import { Namespace } from '../../kinds/core/namespace.ts';
import { Node } from '../../kinds/core/node.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { NetworkPolicy } from '../../kinds/networking/network-policy.ts';
import type { KernelWatch } from '../kernel-watch.ts';
import { internalIpsOf } from '../peers.ts';
import { addressesOf, planIsolation } from './plan.ts';
import type { NameServers, World } from './plan.ts';
import { POLICY_TABLE, policyTable } from './table.ts';

export interface PolicyOptions {
  readonly informers: Informers;
  readonly nodeName: string;
  /** The cluster's names, where nodes answer for them: for whom policies mean the pods that do so elsewhere. */
  readonly names?: Omit<NameServers, 'addresses'>;
  /** Tells of rules that someone takes away; without it they are looked at now and then. */
  readonly kernel?: KernelWatch;
  /** Runs programs in the node's network namespace. */
  readonly run: RunProgram;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The network policies of a node, kept until disposed; the rules stay after that. */
export interface Policies extends AsyncDisposable {
  /**
   * Resolves once the policies hold for a pod that has just been given its addresses and runs nothing yet: no container of an
   * isolated pod is ever open to more than its policies let through. Never rejects: what fails is tried again behind it.
   */
  admit(pod: Pod, addresses: readonly string[]): Promise<void>;
}

const GATHER: Millis = 20;
const RETRY: Millis = 2_000;
/** Pods start without an API server too, if later. */
const PATIENCE: Millis = 5_000;
/** How soon rules that someone flushed are back where the kernel is not watched. */
const LOOK: Millis = 10_000;
/** After news of rules, our own changes among it. */
const PACE: Millis = 500;

export function startPolicies(options: PolicyOptions): Policies {
  const keeper = new PolicyKeeper(options);
  keeper.start();
  return keeper;
}

/** Takes every rule of the policies off this node. */
export async function cleanPolicies(run: RunProgram): Promise<void> {
  await removeNftTable(run, POLICY_TABLE.family, POLICY_TABLE.name);
}

class PolicyKeeper implements Policies {
  readonly #options: PolicyOptions;
  #nft: NftKeeper;
  readonly #handlers: Disposable[] = [];
  readonly #early: EarlyPods;
  readonly #alarm: Alarm;
  #working: Promise<void> = Promise.resolve();
  /** Pods and namespaces are watched once there is a policy: a cluster without any pays nothing for them. */
  #watching = false;
  #lookedAt: Millis | undefined;
  #suspicious = false;
  /** Whether the kernel is known to have no rules of ours. */
  #bare = false;
  #closed = false;

  constructor(options: PolicyOptions) {
    this.#options = options;
    this.#nft = new NftKeeper(options.run);
    this.#early = new EarlyPods(options.clock);
    this.#alarm = new Alarm(options.clock, () => void this.#work());
  }

  start(): void {
    const change = () => this.#alarm.within(GATHER);
    const { informers, kernel } = this.#options;
    const policies = informers.for(NetworkPolicy);
    const news = kernel?.on('rules', isAboutPolicies, () => this.#suspect());
    if (news) this.#handlers.push(news);
    this.#handlers.push(policies.addHandler({ onAdd: change, onUpdate: change, onDelete: change }));
    // No policy at all tells of no change, but rules of an earlier one may be left.
    void policies.untilSynced().then(() => this.#alarm.within(0), () => {});
  }

  async admit(pod: Pod, addresses: readonly string[]): Promise<void> {
    if (this.#closed || pod.spec.hostNetwork) return;
    const policies = this.#options.informers.for(NetworkPolicy);
    await this.#atMost(PATIENCE, policies.untilSynced());
    if (policies.lister.list(pod.metadata.namespace).length === 0) return;
    this.#early.add(pod, addresses);
    this.#watch();
    await this.#atMost(PATIENCE, Promise.all(this.#watched().map((informer) => informer.untilSynced())));
    await this.#work();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#alarm[Symbol.dispose]();
    for (const handler of this.#handlers) handler[Symbol.dispose]();
    await this.#working;
  }

  async #atMost(time: Millis, done: Promise<unknown>): Promise<void> {
    let alarm: Disposable | undefined;
    const late = new Promise<void>((resolve) => {
      alarm = this.#options.clock.after(time, resolve);
    });
    await Promise.race([done.catch(() => {}), late]);
    alarm?.[Symbol.dispose]();
  }

  #work(): Promise<void> {
    this.#working = this.#working.then(async () => {
      if (this.#closed) return;
      try {
        await this.#sync();
        if (this.#watching) this.#alarm.within(LOOK);
      } catch (error) {
        this.#options.log.error('network: policies not written', { error: messageOf(error) });
        this.#alarm.within(RETRY);
      }
    });
    return this.#working;
  }

  /** @throws ProgramFailed */
  async #sync(): Promise<void> {
    const { informers, names } = this.#options;
    const policies = informers.for(NetworkPolicy);
    // Until then what is in the kernel is all that is known.
    if (!policies.synced) return;
    if (policies.lister.size === 0) return this.#bare ? undefined : this.#clear();
    this.#bare = false;
    this.#watch();
    if (!this.#watched().every(({ synced }) => synced)) return;
    await this.#look();
    await this.#nft.apply(policyTable(planIsolation(this.#world()), names?.port));
  }

  /** Without a policy there is no rule at all: the packets of most clusters never meet one. @throws ProgramFailed */
  async #clear(): Promise<void> {
    await cleanPolicies(this.#options.run);
    this.#nft = new NftKeeper(this.#options.run);
    [this.#bare, this.#lookedAt, this.#suspicious] = [true, undefined, false];
  }

  #suspect(): void {
    if (!this.#watching || this.#suspicious) return;
    this.#suspicious = true;
    this.#alarm.within(PACE);
  }

  /** Whether someone flushed the rules: after news of them, and now and then. */
  async #look(): Promise<void> {
    const { clock, log } = this.#options;
    const now = clock.monotonic();
    if (this.#lookedAt !== undefined) {
      if (!this.#suspicious && now - this.#lookedAt < LOOK) return;
      this.#suspicious = false;
      if (!(await this.#nft.stands())) log.warn('network: the rules of the policies were gone; writing them again');
    }
    this.#lookedAt = now;
  }

  #watched() {
    const { informers } = this.#options;
    return [informers.for(Pod), informers.for(Namespace), informers.for(Node)];
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    const { informers } = this.#options;
    this.#handlers.push(
      informers.for(Pod).addHandler(this.#onChange(podFacts)),
      informers.for(Namespace).addHandler(this.#onChange(({ metadata }) => JSON.stringify(metadata.labels))),
      informers.for(Node).addHandler(this.#onChange((node) => internalIpsOf(node).join())),
    );
    // A kind of which there is nothing at all tells of no change.
    for (const informer of this.#watched()) void informer.untilSynced().then(() => this.#alarm.within(GATHER), () => {});
  }

  /** Told of changes in what policies look at, which heartbeats and readiness are not. */
  #onChange<T>(facts: (object: T) => string): Handler<T> {
    const change = () => this.#alarm.within(GATHER);
    return { onAdd: change, onDelete: change, onUpdate: (object, old) => (facts(object) === facts(old) ? undefined : change()) };
  }

  #world(): World {
    const { informers, nodeName, names } = this.#options;
    const pods = this.#early.among(informers.for(Pod).lister.list()).filter((pod) => !pod.spec.hostNetwork && !hasEnded(pod) && addressesOf(pod).length > 0);
    return {
      policies: informers.for(NetworkPolicy).lister.list().toSorted((a, b) => compare(idOf(a), idOf(b))),
      pods: owners(pods),
      namespaces: new Map(informers.for(Namespace).lister.list().map((namespace) => [namespace.metadata.name, namespace])),
      node: nodeName,
      ...(names ? { names: { ...names, addresses: informers.for(Node).lister.list().flatMap(internalIpsOf).toSorted() } } : {}),
    };
  }
}

/** How long the API server may take to hear of a pod's addresses. */
const EARLY: Millis = 60_000;

/** Pods whose addresses the API server has not heard of yet. */
class EarlyPods {
  readonly #clock: Clock;
  readonly #pods = new Map<string, { readonly pod: Pod; readonly since: Millis }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(pod: Pod, addresses: readonly string[]): void {
    const status = { ...pod.status, podIPs: addresses.map((ip) => ({ ip })) };
    this.#pods.set(pod.metadata.uid, { pod: { ...pod, status }, since: this.#clock.monotonic() });
  }

  /** The known pods, and in place of those without addresses the early ones. Forgets whom the API server speaks for. */
  among(known: readonly Pod[]): readonly Pod[] {
    const by = new Map(known.map((pod) => [pod.metadata.uid, pod]));
    for (const [uid, { pod, since }] of this.#pods) {
      const now = by.get(uid);
      const spoken = now ? addressesOf(now).length > 0 || hasEnded(now) : this.#clock.monotonic() - since > EARLY;
      if (spoken) this.#pods.delete(uid);
      else by.set(uid, pod);
    }
    return [...by.values()];
  }
}

/** Those that have their addresses: where two pods claim one, the younger does. */
function owners(pods: readonly Pod[]): readonly Pod[] {
  const owner = new Map<string, Pod>();
  for (const pod of pods.toSorted((a, b) => compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp))) {
    for (const address of addressesOf(pod)) owner.set(address, pod);
  }
  return pods.filter((pod) => addressesOf(pod).every((address) => owner.get(address) === pod));
}

/** Its addresses may be another's by now. */
const hasEnded = ({ status }: Pod): boolean => status.phase === 'Succeeded' || status.phase === 'Failed';
const podFacts = (pod: Pod): string => JSON.stringify([pod.metadata.labels, addressesOf(pod), hasEnded(pod), pod.spec.nodeName]);
const idOf = ({ metadata }: NetworkPolicy): string => `${metadata.namespace}/${metadata.name}`;
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
/** Whether a line of xtables-monitor(8) may be about them: of rules in others' tables than iptables' it shows nothing. */
const isAboutPolicies = (line: string): boolean => line.includes(POLICY_TABLE.name) || line.trim() === 'EVENT:';
