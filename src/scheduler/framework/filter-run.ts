import type { Random } from '../../base/random.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';
import type { Diagnosis, NodeVerdict } from './diagnosis.ts';
import type { FailedCycle, Plugin, Snapshot } from './plugin.ts';
import type { PodInfo } from './pod-info.ts';
import type { Profile } from './profile.ts';
import { rejectForGood, type Rejection, type Verdict } from './verdict.ts';

interface Step {
  readonly plugin: Plugin & { filter: NonNullable<Plugin['filter']> };
  readonly state: unknown;
}

interface RunInput {
  readonly profile: Profile;
  readonly snapshot: Snapshot;
  readonly random: Random;
  readonly nominated?: (node: string) => readonly PodInfo[];
}

/** PreFilter and Filter of one pod: the states of its plugins, and the nodes they leave. */
export class FilterRun {
  readonly profile: Profile;
  readonly snapshot: Snapshot;
  /** Set when a preFilter wants no node looked at. */
  readonly rejected: { readonly plugin: string; readonly rejection: Rejection } | undefined;
  /** Plugins whose preFilter named the only nodes in question. */
  readonly restrictors: readonly string[];
  /** Who gave the last rejection of `filter`. */
  lastPlugin = '';
  readonly #pod: PodInfo;
  readonly #random: Random;
  readonly #steps: readonly Step[];
  readonly #only: ReadonlySet<string> | undefined;
  readonly #nominated: (node: string) => readonly PodInfo[];

  private constructor(pod: PodInfo, input: RunInput) {
    this.#pod = pod;
    this.profile = input.profile;
    this.snapshot = input.snapshot;
    this.#random = input.random;
    this.#nominated = input.nominated ?? (() => []);
    const skipped = new Set<string>();
    const states = new Map<string, unknown>();
    const restrictors: string[] = [];
    let only: ReadonlySet<string> | undefined;
    for (const plugin of input.profile.preFilters) {
      const answer = plugin.preFilter(pod, input.snapshot);
      if (answer.type === 'reject') {
        this.rejected = { plugin: plugin.name, rejection: answer.rejection };
        break;
      }
      if (answer.type === 'skip') skipped.add(plugin.name);
      else states.set(plugin.name, answer.state);
      if (answer.type === 'go' && answer.nodes) {
        restrictors.push(plugin.name);
        only = only ? both(only, answer.nodes) : answer.nodes;
      }
    }
    this.restrictors = restrictors;
    this.#only = only;
    this.#steps = input.profile.filters
      .filter(({ name }) => !skipped.has(name))
      .map((plugin) => ({ plugin, state: states.get(plugin.name) }));
  }

  static start(pod: PodInfo, input: RunInput): FilterRun {
    return new FilterRun(pod, input);
  }

  /** What nodes outside the restriction are told. */
  get absent(): Rejection | undefined {
    return this.#only && rejectForGood(`node(s) didn't satisfy plugin(s) [${[...this.restrictors].toSorted().join(' ')}]`);
  }

  allows(node: NodeInfo): boolean {
    return this.#only === undefined || this.#only.has(node.name);
  }

  nodes(all: readonly NodeInfo[]): readonly NodeInfo[] {
    return this.#only === undefined ? all : all.filter((node) => this.allows(node));
  }

  /** The first rejection, with room promised to pods of the same or a higher priority taken as used. */
  filter(node: NodeInfo): Verdict {
    const promised = this.#nominated(node.name);
    if (promised.length > 0) {
      const others = promised.filter((other) => other.priority >= this.#pod.priority && other.uid !== this.#pod.uid);
      if (others.length > 0) {
        for (const other of others) this.#put(other, node, 1);
        const verdict = this.#ask(node);
        for (const other of others) this.#put(other, node, -1);
        if (verdict) return verdict;
      }
    }
    return this.#ask(node);
  }

  everyVerdict(node: NodeInfo): NodeVerdict[] {
    return this.#steps.flatMap(({ plugin, state }) => {
      const rejection = plugin.filter(this.#pod, node, state);
      return rejection ? [{ node, plugin: plugin.name, rejection }] : [];
    });
  }

  failed(diagnosis: Diagnosis): FailedCycle {
    return {
      diagnosis,
      snapshot: this.snapshot,
      random: this.#random,
      filter: (node) => this.filter(node),
      remove: (pod, node) => this.#put(pod, node, -1),
      restore: (pod, node) => this.#put(pod, node, 1),
    };
  }

  #ask(node: NodeInfo): Verdict {
    for (const { plugin, state } of this.#steps) {
      const verdict = plugin.filter(this.#pod, node, state);
      if (verdict !== undefined) {
        this.lastPlugin = plugin.name;
        return verdict;
      }
    }
    return undefined;
  }

  #put(other: PodInfo, node: NodeInfo, by: 1 | -1): void {
    if (by === 1) this.snapshot.table.addPod(other, node.name);
    else this.snapshot.table.removePod(other.uid);
    for (const { plugin, state } of this.#steps) plugin.adjust?.(state, { other, node, by });
  }
}

const both = (one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...one].filter((name) => other.has(name)));
