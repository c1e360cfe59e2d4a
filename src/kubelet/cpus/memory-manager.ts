/**
 * The memory manager's Static policy (https://kubernetes.io/docs/tasks/administer-cluster/memory-manager/): containers of guaranteed
 * pods have their memory from memory nodes named for them. Pure but for its own state, which it rebuilds from the pods.
 */
import type { Container } from '../../kinds/core/container.ts';
import { qosClassOf } from '../../kinds/core/pod-qos.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { memoryBytes } from '../containers/resources.ts';
import type { Topology } from './topology.ts';

interface Block {
  readonly uid: string;
  readonly container: string;
  readonly nodes: readonly number[];
  readonly bytes: number;
}

export class MemoryManager {
  readonly #topology: Topology;
  readonly #reserved: ReadonlyMap<number, number>;
  #blocks: readonly Block[] = [];

  /** @param reserved bytes of each memory node that pods may not have */
  constructor(topology: Topology, reserved: ReadonlyMap<number, number> = new Map()) {
    this.#topology = topology;
    this.#reserved = reserved;
  }

  wanted(pod: Pod, { resources }: Container): number {
    return qosClassOf(pod.spec) === 'Guaranteed' ? memoryBytes(resources?.requests ?? resources?.limits) : 0;
  }

  /** By memory node. */
  get all(): ReadonlyMap<number, number> {
    return new Map(this.#topology.numaNodes.map(({ id, memoryBytes: bytes }) => [id, bytes - (this.#reserved.get(id) ?? 0)]));
  }

  get free(): ReadonlyMap<number, number> {
    const left = new Map(this.all);
    for (const { nodes, bytes } of this.#blocks) {
      let rest = bytes;
      for (const node of nodes) {
        const part = Math.min(rest, left.get(node) ?? 0);
        left.set(node, (left.get(node) ?? 0) - part);
        rest -= part;
      }
    }
    return left;
  }

  nodesOf(uid: string, container: string): readonly number[] | undefined {
    return this.#blocks.find((block) => block.uid === uid && block.container === container)?.nodes;
  }

  /** @throws Error with upstream's text */
  assign(pod: Pod, container: Container, numaNodes: readonly number[] | undefined): void {
    const bytes = this.wanted(pod, container);
    const { uid } = pod.metadata;
    if (bytes === 0 || this.nodesOf(uid, container.name)) return;
    const { free } = this;
    const ids = this.#topology.numaNodes.map(({ id }) => id);
    const nodes = numaNodes ?? ids.filter((id) => (free.get(id) ?? 0) >= bytes).slice(0, 1);
    const chosen = nodes.length > 0 ? nodes : ids;
    if (chosen.reduce((sum, node) => sum + (free.get(node) ?? 0), 0) < bytes) throw new Error(`[memorymanager] failed to find the default preferred hint`);
    this.#blocks = [...this.#blocks, { uid, container: container.name, nodes: chosen, bytes }];
  }

  release(uid: string): void {
    this.#blocks = this.#blocks.filter((block) => block.uid !== uid);
  }
}
