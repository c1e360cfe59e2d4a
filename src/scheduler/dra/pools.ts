import type { Node } from '../../kinds/core/node.ts';
import type { Device } from '../../kinds/resource/device.ts';
import type { ResourceSlice } from '../../kinds/resource/resource-slice.ts';
import { parseQuantity } from '../../meta/quantity.ts';
import { matchesNodeSelector } from '../../rules/node-affinity.ts';
import { idOf, type Allocated, type Nanos } from './ledger.ts';

/** A pool, wherever its devices can be used. */
export interface PoolBase {
  readonly driver: string;
  readonly name: string;
  /** Of the newest generation, by name: a driver decides by names which devices go first. */
  readonly slices: readonly ResourceSlice[];
  readonly isComplete: boolean;
  /** By set and counter, as `set/counter`: what devices share. */
  readonly counters: Nanos;
  /** Devices that take of counters, wherever they can be used. */
  readonly consumers: readonly { readonly id: string; readonly takes: Nanos }[];
  /** A set of counters is there twice, or one that a device takes of is not there. */
  readonly hasWrongCounters: boolean;
}

/** What one node sees of a pool. */
export interface Pool {
  readonly base: PoolBase;
  /** Nothing may be taken from it, nor all of anything be asked for. */
  readonly trouble?: 'currently being updated' | 'currently invalid';
  readonly devices: readonly PooledDevice[];
}

export interface PooledDevice {
  readonly id: string;
  readonly device: Device;
  readonly slice: ResourceSlice;
  readonly base: PoolBase;
  /** What it takes of the pool's counters. */
  readonly takes: Nanos;
}

export const nameOfPool = ({ driver, name }: PoolBase): string => `${driver}/${name}`;

/** The devices of the cluster, by node. */
export class PoolIndex {
  readonly #slices: () => readonly ResourceSlice[];
  #index: Index | undefined;

  constructor(slices: () => readonly ResourceSlice[]) {
    this.#slices = slices;
  }

  /** A slice came, changed or went. */
  changed(): void {
    this.#index = undefined;
  }

  /** In the order in which devices are tried: by driver and name, those whose devices take time to be made ready last. */
  on(node: Node): readonly Pool[] {
    this.#index ??= indexOf(this.#slices());
    const { local, common, seen } = this.#index;
    const known = seen.get(node);
    if (known) return known;
    const pools = [...(local.get(node.metadata.name) ?? []), ...common].flatMap((base) => poolOn(node, base) ?? []);
    const sorted = pools.toSorted((a, b) => Number(isSlow(a)) - Number(isSlow(b)) || order(a.base.driver, b.base.driver) || order(a.base.name, b.base.name));
    seen.set(node, sorted);
    return sorted;
  }
}

/** What is left of the pool's counters; less than nothing, where a driver took away what was given. */
export function countersLeft({ counters, consumers }: PoolBase, allocated: Allocated): Nanos {
  const left = new Map(counters);
  for (const { id, takes } of consumers) {
    if (!allocated.has(id) && allocated.shared(id) === undefined) continue;
    for (const [key, amount] of takes) left.set(key, (left.get(key) ?? 0n) - amount);
  }
  return left;
}

interface Index {
  /** Pools of which one node alone has all, by its name. */
  readonly local: ReadonlyMap<string, readonly PoolBase[]>;
  readonly common: readonly PoolBase[];
  readonly seen: WeakMap<Node, readonly Pool[]>;
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const isSlow = ({ devices }: Pool): boolean => devices.some(({ device }) => device.bindingConditions !== undefined);

function indexOf(all: readonly ResourceSlice[]): Index {
  const groups = new Map<string, ResourceSlice[]>();
  for (const slice of all) {
    const { driver, pool } = slice.spec;
    const key = `${driver}/${pool.name}`;
    const group = groups.get(key);
    if (!group || group[0]!.spec.pool.generation < pool.generation) groups.set(key, [slice]);
    else if (group[0]!.spec.pool.generation === pool.generation) group.push(slice);
  }
  const local = new Map<string, PoolBase[]>();
  const common: PoolBase[] = [];
  for (const slices of groups.values()) {
    const base = baseOf(slices.toSorted((a, b) => order(a.metadata.name, b.metadata.name)));
    const { nodeName } = slices[0]!.spec;
    const isLocal = nodeName !== undefined && slices.every(({ spec }) => spec.nodeName === nodeName && !spec.sharedCounters?.length);
    if (!isLocal) common.push(base);
    else if (local.has(nodeName)) local.get(nodeName)!.push(base);
    else local.set(nodeName, [base]);
  }
  return { local, common, seen: new WeakMap() };
}

function baseOf(slices: readonly ResourceSlice[]): PoolBase {
  const { driver, pool } = slices[0]!.spec;
  const sets = slices.flatMap(({ spec }) => spec.sharedCounters ?? []);
  const counters = new Map(sets.flatMap(({ name, counters: all }) => Object.entries(all).map(([counter, { value }]) => [`${name}/${counter}`, parseQuantity(value).nanos])));
  const consumers = slices.flatMap(({ spec }) => spec.devices ?? [])
    .filter(({ consumesCounters }) => consumesCounters?.length)
    .map((device) => ({ id: idOf({ driver, pool: pool.name, device: device.name }), takes: takesOf(device) }));
  return {
    driver, name: pool.name, slices, counters, consumers,
    isComplete: slices.length === pool.resourceSliceCount,
    hasWrongCounters: new Set(sets.map(({ name }) => name)).size < sets.length || consumers.some(({ takes }) => [...takes.keys()].some((key) => !counters.has(key))),
  };
}

function takesOf({ consumesCounters = [] }: Device): Nanos {
  const takes = new Map<string, bigint>();
  for (const { counterSet, counters } of consumesCounters) {
    for (const [name, { value }] of Object.entries(counters)) {
      const key = `${counterSet}/${name}`;
      takes.set(key, (takes.get(key) ?? 0n) + parseQuantity(value).nanos);
    }
  }
  return takes;
}

function poolOn(node: Node, base: PoolBase): Pool | undefined {
  const near = base.slices.filter(({ spec }) => spec.sharedCounters?.length || sliceReaches(spec, node));
  if (near.length === 0) return undefined;
  if (!base.isComplete) return { base, trouble: 'currently being updated', devices: [] };
  const named = near.flatMap((slice) => (slice.spec.devices ?? []).map((device) => ({ device, slice })));
  if (base.hasWrongCounters || new Set(named.map(({ device }) => device.name)).size < named.length) return { base, trouble: 'currently invalid', devices: [] };
  const devices = named
    .filter(({ device, slice }) => !slice.spec.perDeviceNodeSelection || reaches(device, node))
    .map(({ device, slice }) => ({ device, slice, base, takes: takesOf(device), id: idOf({ driver: base.driver, pool: base.name, device: device.name }) }));
  return { base, devices };
}

type Place = Pick<Device, 'nodeName' | 'nodeSelector' | 'allNodes'>;

const sliceReaches = (spec: ResourceSlice['spec'], node: Node): boolean =>
  (spec.perDeviceNodeSelection ? (spec.devices ?? []).some((device) => reaches(device, node)) : reaches(spec, node));

function reaches({ nodeName, nodeSelector, allNodes }: Place, node: Node): boolean {
  if (nodeName) return node.metadata.name === nodeName;
  return allNodes === true || (nodeSelector !== undefined && matchesNodeSelector(nodeSelector, node));
}
