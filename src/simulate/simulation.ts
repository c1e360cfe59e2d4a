import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Client, Informers } from '../client/index.ts';
import { Node } from '../kinds/core/node.ts';
import { Pod } from '../kinds/core/pod.ts';
import { isApiError } from '../meta/api-error.ts';
import { AddressPool } from './addresses.ts';
import { LeaseWheel } from './lease-wheel.ts';
import { DEFAULT_CAPACITY, nodeConditions, nodeObject, type NodeShape } from './node-object.ts';
import { PodLife } from './pod-life.ts';
import type { Stage } from './stages.ts';

export interface SimulationOptions {
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** One node for each. */
  readonly names: readonly string[];
  readonly shape?: Partial<NodeShape>;
  /** Where pretended nodes and pods have their addresses; nothing listens there. */
  readonly nodeRange?: string;
  readonly podRange?: string;
  readonly stages?: readonly Stage[];
}

const DEFAULT_SHAPE: NodeShape = { capacity: DEFAULT_CAPACITY, architecture: 'amd64', kubeletVersion: 'v1.36.0' };
/** Carrier-grade NAT's range and one that pods of real nodes do not use. */
const NODE_RANGE = '100.64.0.0/10';
const POD_RANGE = '10.128.0.0/10';
const MOST_REGISTERING = 64;
const RETRY_MILLIS = 1_000;

/** Simulated nodes at work, until disposed; their objects then stay, and go NotReady as lost nodes do. */
export class SimulatedNodes implements AsyncDisposable {
  readonly #options: SimulationOptions;
  readonly #shape: NodeShape;
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #stop = new AbortController();
  readonly #leases: LeaseWheel;
  readonly #pods: PodLife;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#shape = { ...DEFAULT_SHAPE, ...options.shape };
    const pool = new AddressPool(options.nodeRange ?? NODE_RANGE);
    this.#addresses = new Map(options.names.map((name) => [name, pool.take()]));
    this.#leases = new LeaseWheel(options);
    this.#pods = new PodLife({
      ...options, pods: options.informers.for(Pod), podRange: options.podRange ?? POD_RANGE, hostIP: (node) => this.#addresses.get(node),
    });
  }

  /** Resolves when every node is registered and Ready. */
  async register(): Promise<void> {
    const waiting = [...this.#addresses];
    const worker = async () => {
      for (let next = waiting.pop(); next && !this.#stop.signal.aborted; next = waiting.pop()) await this.#registerOne(...next);
    };
    await Promise.all(Array.from({ length: MOST_REGISTERING }, worker));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#leases[Symbol.asyncDispose](), this.#pods[Symbol.asyncDispose]()]);
  }

  async #registerOne(name: string, address: string): Promise<void> {
    const { clock, log } = this.#options;
    while (!this.#stop.signal.aborted) {
      try {
        const node = await this.#createOrTakeOver(name, address);
        return await this.#leases.add(name, node.metadata.uid);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        log.warn('simulated node not registered', { node: name, error: String(error) });
        await clock.sleep(RETRY_MILLIS, this.#stop.signal).catch(() => undefined);
      }
    }
  }

  /** A node of that name from an earlier run keeps its labels, taints and cordon. */
  async #createOrTakeOver(name: string, address: string): Promise<Node> {
    const { client, clock } = this.#options;
    const { signal } = this.#stop;
    const object = nodeObject(name, { shape: this.#shape, address, now: clock.now() });
    try {
      return await client.create(Node, object, { signal });
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
      const status = { ...object.status, conditions: nodeConditions(clock.now()) };
      return client.patch(Node, name, { type: 'strategic', body: { status } }, { subresource: 'status', signal });
    }
  }
}

export async function startSimulatedNodes(options: SimulationOptions): Promise<SimulatedNodes> {
  const nodes = new SimulatedNodes(options);
  await nodes.register();
  return nodes;
}
