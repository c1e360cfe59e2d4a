/**
 * The memory manager's Static policy (https://kubernetes.io/docs/tasks/administer-cluster/memory-manager/): containers of guaranteed
 * pods have their memory from memory nodes named for them. Written down, as processors are.
 */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../base/message-of.ts';
import type { Container } from '../../kinds/core/container.ts';
import { qosClassOf } from '../../kinds/core/pod-qos.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { mustDrain, readCheckpoint, writeCheckpoint } from '../checkpoint.ts';
import { memoryBytes } from '../containers/resources.ts';
import type { Topology } from './topology.ts';

interface Block {
  readonly uid: string;
  readonly container: string;
  readonly nodes: readonly number[];
  readonly bytes: number;
}

export interface MemoryManagerOptions {
  readonly topology: Topology;
  /** Where its state is written. */
  readonly rootDir: string;
  /** Bytes of each memory node that pods may not have. */
  readonly reserved?: ReadonlyMap<number, number>;
  readonly blocks?: readonly Block[];
}

const STATE = 'memory_manager_state';

interface State {
  readonly policyName: string;
  readonly machineState: Readonly<Record<string, { readonly numberOfAssignments: number; readonly memoryMap: { readonly memory: Readonly<Record<'total' | 'systemReserved' | 'allocatable' | 'reserved' | 'free', number>> }; readonly cells: readonly number[] }>>;
  readonly entries?: Readonly<Record<string, Readonly<Record<string, readonly { readonly numaAffinity: readonly number[]; readonly type: string; readonly size: number }[]>>>>;
}

export async function openMemoryManager(options: Omit<MemoryManagerOptions, 'blocks'>): Promise<MemoryManager> {
  const state = await restore(options.rootDir, 'Static');
  const { entries = {} } = state ?? {};
  const blocks = Object.entries(entries).flatMap(([uid, containers]) => Object.entries(containers).flatMap(([container, held]) =>
    held.map(({ numaAffinity, size }): Block => ({ uid, container, nodes: numaAffinity, bytes: size }))));
  const manager = new MemoryManager({ ...options, blocks });
  // Memory was added or taken out, or reserved for others.
  if (state && !isDeepStrictEqual(machineOf(manager.state()), machineOf(state))) throw new Error('[memorymanager] the expected machine state is different from the real one');
  return manager;
}

/** What there is, without whose it is: pods' parts may lie in another order. */
const machineOf = ({ machineState }: State) => Object.entries(machineState).map(([id, { numberOfAssignments, memoryMap: { memory: { total, systemReserved, allocatable } } }]) => [id, numberOfAssignments, total, systemReserved, allocatable]);

/** @throws Error where memory was given away by another policy */
export const noMemoryManager = (rootDir: string): Promise<unknown> => restore(rootDir, 'None');

async function restore(rootDir: string, policy: 'None' | 'Static'): Promise<State | undefined> {
  const path = join(rootDir, STATE);
  try {
    const state = (await readCheckpoint(path)) as State | undefined;
    if (state && state.policyName !== policy) throw new Error(`[memorymanager] configured policy "${policy}" differs from state checkpoint policy ${JSON.stringify(state.policyName)}`);
    return state;
  } catch (error) {
    throw mustDrain(messageOf(error), { what: 'memory manager', path });
  }
}

export class MemoryManager {
  readonly #topology: Topology;
  readonly #reserved: ReadonlyMap<number, number>;
  readonly #rootDir: string;
  #blocks: readonly Block[];
  #saving: Promise<void> = Promise.resolve();

  constructor({ topology, rootDir, reserved = new Map(), blocks = [] }: MemoryManagerOptions) {
    this.#topology = topology;
    this.#rootDir = rootDir;
    this.#reserved = reserved;
    this.#blocks = blocks;
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
  async assign(pod: Pod, container: Container, numaNodes: readonly number[] | undefined): Promise<void> {
    const bytes = this.wanted(pod, container);
    const { uid } = pod.metadata;
    if (bytes === 0 || this.nodesOf(uid, container.name)) return;
    const { free } = this;
    const ids = this.#topology.numaNodes.map(({ id }) => id);
    const nodes = numaNodes ?? ids.filter((id) => (free.get(id) ?? 0) >= bytes).slice(0, 1);
    const chosen = nodes.length > 0 ? nodes : ids;
    if (chosen.reduce((sum, node) => sum + (free.get(node) ?? 0), 0) < bytes) throw new Error('[memorymanager] failed to get the default NUMA affinity, no NUMA nodes with enough memory is available');
    this.#blocks = [...this.#blocks, { uid, container: container.name, nodes: chosen, bytes }];
    await this.#save();
  }

  get holders(): readonly string[] {
    return [...new Set(this.#blocks.map(({ uid }) => uid))];
  }

  async release(uid: string): Promise<void> {
    if (!this.holders.includes(uid)) return;
    this.#blocks = this.#blocks.filter((block) => block.uid !== uid);
    await this.#save();
  }

  #save(): Promise<void> {
    const path = join(this.#rootDir, STATE);
    this.#saving = this.#saving.catch(() => {}).then(async () => {
      await writeCheckpoint(path, this.state());
    });
    return this.#saving;
  }

  /** As it is written down. */
  state(): State {
    const { all, free } = this;
    const machineState = Object.fromEntries(this.#topology.numaNodes.map(({ id, memoryBytes: total }) => {
      const [allocatable, left] = [all.get(id) ?? 0, free.get(id) ?? 0];
      const assigned = this.#blocks.filter(({ nodes }) => nodes.includes(id));
      const memory = { total, systemReserved: total - allocatable, allocatable, reserved: allocatable - left, free: left };
      return [String(id), { numberOfAssignments: assigned.length, memoryMap: { memory }, cells: [...new Set([id, ...assigned.flatMap(({ nodes }) => nodes)])] }];
    }));
    const entries: Record<string, Record<string, { numaAffinity: readonly number[]; type: string; size: number }[]>> = {};
    for (const { uid, container, nodes, bytes } of this.#blocks) (entries[uid] ??= {})[container] = [{ numaAffinity: nodes, type: 'memory', size: bytes }];
    return { policyName: 'Static', machineState, entries };
  }
}
