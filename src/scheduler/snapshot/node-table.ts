import type { Node } from '../../kinds/core/node.ts';
import { amountOf } from '../../rules/pod-resources.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { NodeInfo } from './node-info.ts';
import { PodCounts, type PodSet } from './pod-counts.ts';
import { TermIndex, type TermGroup, type TermKind } from './term-index.ts';
import { interleaveZones } from './zones.ts';

/** The columns every node has; others appear as nodes or pods name them. */
export const CPU = 0;
export const MEMORY = 1;
export const EPHEMERAL = 2;
export const PODS = 3;
const BASIC = ['cpu', 'memory', 'ephemeral-storage', 'pods'];

/** The values of one topology key as small numbers from 1: by slot, 0 where the node has no such label. */
export interface Domains {
  readonly domainOf: Int32Array;
  /** One more than the largest number. */
  readonly size: number;
}

/**
 * The cluster as the scheduler sees it: a struct of arrays, one slot for each node, kept up to date from the informers
 * and from its own assumptions. A cycle runs to its end without yielding, so the table is its own snapshot.
 *
 * Invariant: `requested` of a slot is the sum over its `pods`, each of which `#podAt` finds by uid.
 */
export class NodeTable {
  readonly #byName = new Map<string, NodeInfo>();
  #slots: (NodeInfo | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #columns = new Map<string, number>(BASIC.map((name, column) => [name, column]));
  #allocatable: Float64Array[] = [];
  #requested: Float64Array[] = [];
  #scoringCpu = new Float64Array(64);
  #scoringMemory = new Float64Array(64);
  readonly #podAt = new Map<string, { readonly pod: PodInfo; readonly info: NodeInfo }>();
  readonly #imageNodes = new Map<string, number>();
  readonly #podCounts = new PodCounts();
  readonly #terms = new TermIndex();
  /** By claim, how many pods use it. */
  readonly #claimUsers = new Map<string, number>();
  readonly #domains = new Map<string, Domains>();
  #order: readonly NodeInfo[] | undefined;
  /** Where the next search begins, so that every node gets its turn. */
  nextStart = 0;

  constructor() {
    for (let column = 0; column < BASIC.length; column++) this.#addColumn();
  }

  /** The nodes that exist, zone by zone in turn. */
  get nodes(): readonly NodeInfo[] {
    return (this.#order ??= interleaveZones([...this.#byName.values()].filter(({ node }) => node !== undefined)));
  }

  get(name: string): NodeInfo | undefined {
    const info = this.#byName.get(name);
    return info?.node === undefined ? undefined : info;
  }

  /** What the pods there say of others: each term once, with how many pods have it where. */
  terms(kind: TermKind): Iterable<TermGroup> {
    return this.#terms.of(kind);
  }

  /** How many pods, wherever they are, use the claim `namespace/name`. */
  claimUsers(claim: string): number {
    return this.#claimUsers.get(claim) ?? 0;
  }

  /** How many nodes have this image. */
  nodesWithImage(image: string): number {
    return this.#imageNodes.get(image) ?? 0;
  }

  /** The column of a resource, made when new. */
  column(resource: string): number {
    const known = this.#columns.get(resource);
    if (known !== undefined) return known;
    const column = this.#columns.size;
    this.#columns.set(resource, column);
    this.#addColumn();
    return column;
  }

  /** By slot. Good until the next change of the table. */
  allocatable(column: number): Float64Array {
    return this.#allocatable[column]!;
  }

  requested(column: number): Float64Array {
    return this.#requested[column]!;
  }

  /** Requests with a floor for containers that state none: what scores look at. */
  get scoringCpu(): Float64Array {
    return this.#scoringCpu;
  }

  get scoringMemory(): Float64Array {
    return this.#scoringMemory;
  }

  /** How many pods of the set each slot has. Good until the next change of the table. */
  podCounts(set: PodSet): Int32Array {
    return this.#podCounts.get(set, { slots: this.#scoringCpu.length, pods: () => this.#placed() });
  }

  /** Namespaces have other labels: sets of pods that go by them are others now. */
  namespacesChanged(): void {
    this.#podCounts.namespacesChanged();
  }

  /** Where each slot lies on a topology key. */
  domains(key: string): Domains {
    let found = this.#domains.get(key);
    if (!found) this.#domains.set(key, (found = this.#findDomains(key)));
    return found;
  }

  setNode(node: Node): void {
    const info = this.#infoOf(node.metadata.name);
    if (info.node?.metadata.labels !== node.metadata.labels) this.#domains.clear();
    this.#countImages(info, -1);
    const moved = info.node === undefined || zoneChanged(info.node, node);
    info.setNode(node);
    this.#countImages(info, 1);
    for (const column of this.#allocatable) column[info.slot] = 0;
    const allocatable = node.status.allocatable ?? {};
    for (const resource in allocatable) {
      const column = this.column(resource);
      this.#allocatable[column]![info.slot] = amountOf(resource, allocatable[resource]!);
    }
    if (moved) this.#order = undefined;
  }

  removeNode(name: string): void {
    const info = this.#byName.get(name);
    if (!info) return;
    this.#countImages(info, -1);
    this.#domains.clear();
    info.setNode(undefined);
    this.#order = undefined;
    this.#forgetIfEmpty(info);
  }

  /** The pod counts on its node from now on; it may be there already in an older form, or on another node. */
  addPod(pod: PodInfo, nodeName: string): void {
    this.removePod(pod.uid);
    const info = this.#infoOf(nodeName);
    info.addPod(pod);
    this.#podAt.set(pod.uid, { pod, info });
    this.#count(pod, info.slot, 1);
  }

  removePod(uid: string): void {
    const at = this.#podAt.get(uid);
    if (!at) return;
    this.#podAt.delete(uid);
    at.info.removePod(at.pod);
    this.#count(at.pod, at.info.slot, -1);
    this.#forgetIfEmpty(at.info);
  }

  /** The node a pod counts on. */
  nodeOf(uid: string): string | undefined {
    return this.#podAt.get(uid)?.info.name;
  }

  #count(pod: PodInfo, slot: number, sign: 1 | -1): void {
    for (const [resource, amount] of pod.requests) this.#requested[this.column(resource)]![slot]! += sign * amount;
    this.#requested[PODS]![slot]! += sign;
    this.#scoringCpu[slot]! += sign * pod.scoringCpu;
    this.#scoringMemory[slot]! += sign * pod.scoringMemory;
    this.#podCounts.count(pod, slot, sign);
    this.#terms.count(pod, slot, sign);
    for (const { key } of pod.claims) {
      const users = this.claimUsers(key) + sign;
      if (users === 0) this.#claimUsers.delete(key);
      else this.#claimUsers.set(key, users);
    }
  }

  *#placed(): Iterable<readonly [PodInfo, number]> {
    for (const { pod, info } of this.#podAt.values()) yield [pod, info.slot];
  }

  #findDomains(key: string): Domains {
    const domainOf = new Int32Array(this.#scoringCpu.length);
    const ids = new Map<string, number>();
    for (const { slot, labels } of this.nodes) {
      const value = labels[key];
      if (value === undefined) continue;
      const id = ids.get(value) ?? ids.size + 1;
      ids.set(value, id);
      domainOf[slot] = id;
    }
    return { domainOf, size: ids.size + 1 };
  }

  #countImages(info: NodeInfo, sign: 1 | -1): void {
    for (const image of info.images.keys()) {
      const count = (this.#imageNodes.get(image) ?? 0) + sign;
      if (count === 0) this.#imageNodes.delete(image);
      else this.#imageNodes.set(image, count);
    }
  }

  #infoOf(name: string): NodeInfo {
    const known = this.#byName.get(name);
    if (known) return known;
    const slot = this.#free.pop() ?? this.#slots.length;
    const info = new NodeInfo(slot, name);
    this.#slots[slot] = info;
    this.#byName.set(name, info);
    if (slot >= this.#scoringCpu.length) this.#grow();
    return info;
  }

  #forgetIfEmpty(info: NodeInfo): void {
    if (info.node !== undefined || info.pods.size > 0) return;
    this.#byName.delete(info.name);
    this.#slots[info.slot] = undefined;
    this.#free.push(info.slot);
    for (const column of [...this.#allocatable, ...this.#requested, this.#scoringCpu, this.#scoringMemory]) column[info.slot] = 0;
  }

  #addColumn(): void {
    this.#allocatable.push(new Float64Array(this.#scoringCpu.length));
    this.#requested.push(new Float64Array(this.#scoringCpu.length));
  }

  #grow(): void {
    const size = this.#scoringCpu.length * 2;
    const larger = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(size);
      grown.set(column);
      return grown;
    };
    this.#allocatable = this.#allocatable.map(larger);
    this.#requested = this.#requested.map(larger);
    this.#scoringCpu = larger(this.#scoringCpu);
    this.#scoringMemory = larger(this.#scoringMemory);
  }
}

const ZONE_LABELS = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone'];

function zoneChanged(one: Node, other: Node): boolean {
  return ZONE_LABELS.some((label) => one.metadata.labels?.[label] !== other.metadata.labels?.[label]);
}
