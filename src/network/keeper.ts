import { Alarm } from '../base/alarm.ts';
import type { Clock, Millis } from '../base/clock.ts';
import { deepEqual } from '../base/deep-equal.ts';
import type { Logger } from '../base/log.ts';
import { messageOf } from '../base/message-of.ts';
import type { RunProgram } from '../base/program.ts';
import type { Client, Informers } from '../client/index.ts';
import { Node } from '../kinds/core/node.ts';
import { annotationsOf } from './annotations.ts';
import type { Backend, Device, Here } from './backends/backend.ts';
import { PROTOCOL, reconcileKernel } from './kernel.ts';
import type { KernelWatch } from './kernel-watch.ts';
import { linkOf } from './link.ts';
import { peersOf, REFLECTOR, withoutOverlaps, type Refusal } from './peers.ts';

export interface KeeperOptions {
  readonly informers: Informers;
  /** Writes this node's annotations. */
  readonly client: Client;
  readonly backend: Backend;
  readonly nodeName: string;
  readonly nodeIp: string;
  /** Of this node's pods. */
  readonly nodeCidrs: readonly string[];
  readonly clusterCidrs: readonly string[];
  /** Tells of what others change here; without it they are found out now and then. */
  readonly kernel?: KernelWatch;
  /** Runs programs in the node's network namespace. */
  readonly run: RunProgram;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told once of each node whose pods nothing is sent to, when that begins. */
  readonly onRefusal?: (node: Node, why: string) => void;
}

const GATHER: Millis = 50;
const RETRY: Millis = 5_000;
/** Links that come and go take their routes with them, and others may take them away. */
const LOOK: Millis = 30_000;
/** What the kernel tells of, our own changes among it, is looked at no more often. */
const PACE: Millis = 500;

/**
 * Keeps the way to other nodes' pods: looks at this node, plans, and makes the kernel follow. It begins when the nodes are
 * known; until then a route that is not planned may be one to a node not heard of yet. Everything stays when it ends.
 */
export class Keeper implements AsyncDisposable {
  readonly #options: KeeperOptions;
  #handler: Disposable | undefined;
  readonly #alarm: Alarm;
  #working: Promise<void> = Promise.resolve();
  readonly #news: Disposable | undefined;
  /** What the backend stands on: its device and the link to the other nodes. */
  #links: readonly string[] = [];
  #lookedAt: Millis = 0;
  #refused: readonly Refusal[] = [];
  #closed = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => {
      this.#working = this.#working.then(() => this.#work());
    });
    const change = () => this.#alarm.within(GATHER);
    // Heartbeats change conditions every few minutes, for each of many nodes: only what packets depend on counts.
    const matters = (node: Node) => [peersOf([node], undefined), node.metadata.name === options.nodeName ? node.metadata.annotations : {}];
    this.#handler = options.informers.for(Node).addHandler({
      onAdd: change,
      onUpdate: (node, old) => {
        if (!deepEqual(matters(node), matters(old))) change();
      },
      onDelete: change,
    });
    this.#news = options.kernel?.on('links', (line) => concerns(line, this.#links), () => this.#alarm.within(Math.max(GATHER, this.#lookedAt + PACE - options.clock.monotonic())));
    this.#alarm.within(GATHER);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#alarm[Symbol.dispose]();
    this.#handler?.[Symbol.dispose]();
    this.#news?.[Symbol.dispose]();
    await this.#working;
    await this.#options.backend[Symbol.asyncDispose]();
  }

  async #work(): Promise<void> {
    if (this.#closed) return;
    const whole = this.#options.informers.for(Node).synced && (await this.#sync());
    this.#lookedAt = this.#options.clock.monotonic();
    this.#alarm.within(whole ? LOOK : RETRY);
  }

  /** False where something could not be done and is worth another try. Never rejects. */
  async #sync(): Promise<boolean> {
    const { informers, backend, nodeName, run, log } = this.#options;
    try {
      const nodes = informers.for(Node).lister.list();
      const here = await this.#look(nodes);
      const device = await backend.prepare?.(here);
      this.#links = [here.link, device?.name].filter((name) => name !== undefined);
      const { peers, refused } = withoutOverlaps(peersOf(nodes, nodeName), { name: nodeName, cidrs: here.cidrs });
      const plan = backend.plan(here, peers);
      const failures = await reconcileKernel(run, plan, device?.name);
      await backend.tell?.(here, peers);
      if (failures.length > 0) log.warn('network: the kernel did not take everything', { failures });
      this.#tellRefused(nodes, [...refused, ...plan.refused]);
      await this.#announce(nodes, device);
      return failures.length === 0;
    } catch (error) {
      log.error('network: other nodes\' pods are not looked after', { error: messageOf(error) });
      return false;
    }
  }

  async #look(nodes: readonly Node[]): Promise<Here> {
    const { run, nodeName, nodeIp, nodeCidrs, clusterCidrs } = this.#options;
    const { name, networks, mtu } = await linkOf(run, nodeIp);
    return { name: nodeName, address: nodeIp, link: name, networks, mtu, cidrs: nodeCidrs, clusterCidrs, reflects: nodes.find(({ metadata }) => metadata.name === nodeName)?.metadata.annotations?.[REFLECTOR] };
  }

  #tellRefused(nodes: readonly Node[], refused: readonly Refusal[]): void {
    const { log, onRefusal } = this.#options;
    for (const { node: name, why } of refused.filter((one) => !this.#refused.some((other) => deepEqual(one, other)))) {
      log.warn('network: nothing is sent to the pods of a node', { to: name, why });
      const node = nodes.find(({ metadata }) => metadata.name === name);
      if (node) onRefusal?.(node, why);
    }
    this.#refused = refused;
  }

  async #announce(nodes: readonly Node[], device: Device | undefined): Promise<void> {
    const { client, backend, nodeName, nodeIp } = this.#options;
    const own = nodes.find(({ metadata }) => metadata.name === nodeName);
    const annotations = annotationsOf({ type: backend.name, publicIp: nodeIp, data: device?.data });
    if (!own || Object.entries(annotations).every(([name, value]) => own.metadata.annotations?.[name] === value)) return;
    await client.patch(Node, nodeName, { type: 'merge', body: { metadata: { annotations } } });
  }
}

/** Whether a line of ip-monitor(8) is about our routes, or what they lead over; other links' neighbours come and go all the time. */
function concerns(line: string, links: readonly string[]): boolean {
  if (line.startsWith('[ROUTE]')) return line.includes(` proto ${PROTOCOL} `);
  const name = /^\[(?:LINK|ADDR)\](?:Deleted )?\d+: ([^\s@:]+)/.exec(line)?.[1] ?? /^\[NEIGH\].* dev (knarr-\S+)/.exec(line)?.[1];
  return name !== undefined && links.includes(name);
}
