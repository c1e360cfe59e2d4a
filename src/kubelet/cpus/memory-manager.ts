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
import { parseQuantity, quantityValue } from '../../meta/quantity.ts';
import { mustDrain, readCheckpoint, writeCheckpoint } from '../checkpoint.ts';
import { subsets } from './hints.ts';
import type { Hint } from './hints.ts';
import type { Topology } from './topology.ts';

/** `memory`, or huge pages of one size: `hugepages-2Mi`. */
type MemoryType = string;

interface Block {
  readonly uid: string;
  readonly container: string;
  readonly type: MemoryType;
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
const MEMORY = 'memory';

interface State {
  readonly policyName: string;
  readonly machineState: Readonly<Record<string, { readonly numberOfAssignments: number; readonly memoryMap: Readonly<Record<MemoryType, Readonly<Record<'total' | 'systemReserved' | 'allocatable' | 'reserved' | 'free', number>>>>; readonly cells: readonly number[] }>>;
  readonly entries?: Readonly<Record<string, Readonly<Record<string, readonly { readonly numaAffinity: readonly number[]; readonly type: string; readonly size: number }[]>>>>;
}

export async function openMemoryManager(options: Omit<MemoryManagerOptions, 'blocks'>): Promise<MemoryManager> {
  const state = await restore(options.rootDir, 'Static');
  const { entries = {} } = state ?? {};
  const blocks = Object.entries(entries).flatMap(([uid, containers]) => Object.entries(containers).flatMap(([container, held]) =>
    held.map(({ numaAffinity, type, size }): Block => ({ uid, container, type, nodes: numaAffinity, bytes: size }))));
  const manager = new MemoryManager({ ...options, blocks });
  // Memory was added or taken out, or reserved for others.
  if (state && !isDeepStrictEqual(machineOf(manager.state()), machineOf(state))) throw new Error('[memorymanager] the expected machine state is different from the real one');
  return manager;
}

/** What there is, without whose it is: pods' parts may lie in another order. */
const machineOf = ({ machineState }: State) => Object.entries(machineState).map(([id, { numberOfAssignments, memoryMap }]) =>
  [id, numberOfAssignments, Object.entries(memoryMap).map(([type, { total, systemReserved, allocatable }]) => [type, total, systemReserved, allocatable]).toSorted()]);

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

  /** Of each type, where the container is to have it from nodes named for it; none where not. */
  wanted(pod: Pod, { resources }: Container): ReadonlyMap<MemoryType, number> {
    if (qosClassOf(pod.spec) !== 'Guaranteed') return new Map();
    const asked = Object.entries(resources?.requests ?? resources?.limits ?? {}).filter(([name]) => name === MEMORY || name.startsWith('hugepages-'));
    return new Map(asked.map(([name, amount]) => [name, quantityValue(parseQuantity(amount))] as const).filter(([, bytes]) => bytes > 0));
  }

  /** Where what containers want together may come from; undefined where they want none. Huge pages are taken from where the rest is. */
  hints(pod: Pod, containers: readonly Container[]): readonly Hint[] | undefined {
    const wanted = new Map<MemoryType, number>();
    for (const container of containers) for (const [type, bytes] of this.wanted(pod, container)) wanted.set(type, (wanted.get(type) ?? 0) + bytes);
    return wanted.size === 0 ? undefined : this.#hintsFor(wanted);
  }

  #hintsFor(wanted: ReadonlyMap<MemoryType, number>): readonly Hint[] {
    const enough = (nodes: readonly number[], of: ReadonlyMap<number, ReadonlyMap<MemoryType, number>>) =>
      [...wanted].every(([type, bytes]) => nodes.reduce((sum, node) => sum + (of.get(node)?.get(type) ?? 0), 0) >= bytes);
    const [all, free] = [this.all, this.free];
    const possible = subsets([...all.keys()]).filter((nodes) => enough(nodes, all));
    const least = possible[0]?.length;
    return possible.filter((nodes) => this.#mayBeGroup(nodes) && enough(nodes, free)).map((nodes) => ({ nodes, preferred: nodes.length === least }));
  }

  /** A node that some have with others is given with just those; one that some have alone is given with no other. */
  #mayBeGroup(nodes: readonly number[]): boolean {
    return nodes.every((node) => {
      const group = this.#groupOf(node);
      return group === undefined || (group.length === nodes.length && group.every((one) => nodes.includes(one)));
    });
  }

  #groupOf(node: number): readonly number[] | undefined {
    return this.#blocks.find(({ nodes }) => nodes.includes(node))?.nodes;
  }

  /** By memory node and type. */
  get all(): ReadonlyMap<number, ReadonlyMap<MemoryType, number>> {
    return new Map(this.#topology.numaNodes.map(({ id, memoryBytes, hugepages = {} }) => {
      const huge = Object.values(hugepages).reduce((sum, bytes) => sum + bytes, 0);
      return [id, new Map([...Object.entries(hugepages), [MEMORY, memoryBytes - huge - (this.#reserved.get(id) ?? 0)] as const])];
    }));
  }

  get free(): ReadonlyMap<number, ReadonlyMap<MemoryType, number>> {
    const left = new Map([...this.all].map(([id, types]) => [id, new Map(types)]));
    for (const { nodes, type, bytes } of this.#blocks) {
      let rest = bytes;
      for (const node of nodes) {
        const has = left.get(node)?.get(type) ?? 0;
        const part = Math.min(rest, has);
        left.get(node)?.set(type, has - part);
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
    const wanted = this.wanted(pod, container);
    const { uid } = pod.metadata;
    if (wanted.size === 0 || this.nodesOf(uid, container.name)) return;
    const nodes = this.#chosen(wanted, numaNodes);
    this.#blocks = [...this.#blocks, ...[...wanted].map(([type, bytes]) => ({ uid, container: container.name, type, nodes, bytes }))];
    await this.#save();
  }

  /** What others' hints left may be too little: then the least that holds it all. */
  #chosen(wanted: ReadonlyMap<MemoryType, number>, near: readonly number[] | undefined): readonly number[] {
    const hints = this.#hintsFor(wanted).toSorted((a, b) => Number(b.preferred) - Number(a.preferred));
    const found = hints.find(({ nodes }) => near === undefined || (nodes.length === near.length && near.every((node) => nodes.includes(node)))) ?? hints.find(({ nodes }) => near!.every((node) => nodes.includes(node)));
    if (found) return found.nodes;
    throw new Error(near === undefined ? '[memorymanager] failed to get the default NUMA affinity, no NUMA nodes with enough memory is available' : '[memorymanager] failed to find NUMA nodes to extend the current topology hint');
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
    const machineState = Object.fromEntries(this.#topology.numaNodes.map(({ id, memoryBytes, hugepages = {} }) => {
      const memoryMap = Object.fromEntries([...all.get(id)!].map(([type, allocatable]) => {
        const left = free.get(id)!.get(type)!;
        return [type, { total: hugepages[type] ?? memoryBytes, systemReserved: type === MEMORY ? (this.#reserved.get(id) ?? 0) : 0, allocatable, reserved: allocatable - left, free: left }];
      }));
      return [String(id), { numberOfAssignments: this.#blocks.filter(({ nodes }) => nodes.includes(id)).length, memoryMap, cells: this.#groupOf(id) ?? [id] }];
    }));
    const entries: Record<string, Record<string, { numaAffinity: readonly number[]; type: MemoryType; size: number }[]>> = {};
    for (const { uid, container, type, nodes, bytes } of this.#blocks) ((entries[uid] ??= {})[container] ??= []).push({ numaAffinity: nodes, type, size: bytes });
    return { policyName: 'Static', machineState, entries };
  }
}
