import { nftTransaction, sameRules } from '../../../base/nftables.ts';
import type { PortRules } from '../../ruleset.ts';
import type { BackendOptions } from '../backend.ts';
import { piecesOf, type Element, type Pieces, type TargetList } from './pieces.ts';
import { CANARY, fixedChains, fixedSets, pickRules, wordsOf } from './table.ts';

/**
 * What the kernel's table holds, as far as ports put it there. `replace` says how to get from here to there, in work
 * proportional to what changes: an endpoint that goes gives its number to the last one.
 */
export class Picture {
  readonly #options: BackendOptions;
  readonly #pieces = new Map<string, Pieces>();
  readonly #placed = new Map<string, readonly string[]>();
  readonly #shared = new Map<string, number>();
  readonly #picks = new Set<string>();

  constructor(options: BackendOptions) {
    this.#options = options;
  }

  /** What makes the empty table, whatever was there. */
  start(): string[] {
    const words = wordsOf(this.#options.family);
    const { table } = words;
    const chains = fixedChains(this.#options);
    return [
      // To add it first makes the deletion succeed where there was none.
      `add table ${table}`, `delete table ${table}`, `add table ${table}`,
      ...nftTransaction(table, {
        newSets: fixedSets(words), newChains: chains.map(({ name, hook }) => [name, hook]), written: chains.map(({ name, rules }) => [name, { rules, replaced: false }]),
        freshElements: CANARIES.map((name) => [name, [`${canaryOf(name, words.ip)} : drop`]]), goneElements: [], goneChains: [], goneSets: [],
      }),
    ];
  }

  /** Names of the sets that ports have for themselves. */
  ownSets(): ReadonlySet<string> {
    return new Set([...this.#pieces.values()].flatMap(({ sets }) => [...sets.keys()]));
  }

  /** The lines that put these ports in the place of those with their keys; undefined takes one away. */
  replace(ports: Iterable<readonly [string, PortRules | undefined]>): string[] {
    const change = new Change(wordsOf(this.#options.family).table);
    const all = [...ports].map(([key, port]) => ({ key, before: this.#pieces.get(key), after: port && piecesOf(port, this.#options) }));
    const lists = new Map<string, { readonly list: TargetList; readonly before: readonly string[] }>();
    // All that goes before all that comes: one port may take over what another leaves.
    for (const { before } of all) if (before) this.#leave(before, change, lists);
    for (const { after } of all) if (after) this.#enter(after, change, lists);
    for (const { list, before } of lists.values()) change.renumber(list, before, []);
    for (const { key, after } of all) {
      if (after) this.#pieces.set(key, after);
      else this.#pieces.delete(key);
    }
    return change.lines();
  }

  #leave(pieces: Pieces, change: Change, lists: Map<string, { readonly list: TargetList; readonly before: readonly string[] }>): void {
    for (const element of pieces.elements) change.gone(element);
    for (const element of pieces.shared) this.#count(element, -1, change);
    for (const [name, rules] of pieces.chains) change.oldChains.set(name, rules);
    for (const [name, declaration] of pieces.sets) change.oldSets.set(name, declaration);
    for (const list of pieces.lists) {
      const id = idOf(list);
      lists.set(id, { list, before: this.#placed.get(id) ?? [] });
      this.#placed.delete(id);
    }
  }

  #enter(pieces: Pieces, change: Change, lists: Map<string, { readonly list: TargetList; readonly before: readonly string[] }>): void {
    for (const element of pieces.elements) change.fresh(element);
    for (const element of pieces.shared) this.#count(element, 1, change);
    for (const [name, rules] of pieces.chains) change.newChains.set(name, rules);
    for (const [name, declaration] of pieces.sets) change.newSets.set(name, declaration);
    for (const name of pieces.picks) {
      if (this.#picks.has(name)) continue;
      this.#picks.add(name);
      change.newChains.set(name, pickRules(name, this.#options));
    }
    for (const list of pieces.lists) {
      const id = idOf(list);
      const before = lists.get(id)?.before ?? [];
      const after = place(before, list.targets);
      this.#placed.set(id, after);
      lists.delete(id);
      change.renumber(list, before, after);
    }
  }

  #count(element: Element, by: number, change: Change): void {
    const id = `${element.set} ${element.key}`;
    const before = this.#shared.get(id) ?? 0;
    const after = before + by;
    if (after > 0) this.#shared.set(id, after);
    else this.#shared.delete(id);
    if (before === 0 && after > 0) change.fresh(element);
    if (before > 0 && after === 0) change.gone(element);
  }
}

export const CANARIES = ['service-ips', 'node-ports'] as const;
export const canaryOf = (name: (typeof CANARIES)[number], ip: 'ip' | 'ip6'): string => (name === 'node-ports' ? CANARY : `${ip === 'ip' ? '0.0.0.0' : '::'} . ${CANARY}`);

const idOf = ({ map, key, base }: TargetList): string => `${map} ${key} ${base}`;

/** Whoever stays keeps its number, if there still is such a number; newcomers take those that are free. */
export function place(before: readonly string[], wanted: readonly string[]): readonly string[] {
  const left = new Set(wanted);
  const after: (string | undefined)[] = Array.from({ length: left.size }, (_, at) => (before[at] !== undefined && left.delete(before[at]) ? before[at] : undefined));
  const rest = left.values();
  return after.map((target) => target ?? rest.next().value!);
}

/** One transaction in the making. */
class Change {
  readonly #table: string;
  readonly #gone = new Map<string, Map<string, string>>();
  readonly #fresh = new Map<string, Map<string, string>>();
  readonly oldChains = new Map<string, readonly string[]>();
  readonly newChains = new Map<string, readonly string[]>();
  readonly oldSets = new Map<string, string>();
  readonly newSets = new Map<string, string>();

  constructor(table: string) {
    this.#table = table;
  }

  gone({ set, key, value }: Element): void {
    put(this.#gone, set, key, value);
  }

  /** What goes and comes back the same stays. */
  fresh({ set, key, value }: Element): void {
    if (this.#gone.get(set)?.get(key) === value) this.#gone.get(set)!.delete(key);
    else put(this.#fresh, set, key, value);
  }

  renumber({ map, key, base }: TargetList, before: readonly string[], after: readonly string[]): void {
    for (const [n, target] of before.entries()) if (after[n] !== target) this.gone({ set: map, key: `${key} . ${base + n}`, value: target });
    for (const [n, target] of after.entries()) if (before[n] !== target) put(this.#fresh, map, `${key} . ${base + n}`, target);
  }

  lines(): string[] {
    const only = <T>(these: ReadonlyMap<string, T>, those: ReadonlyMap<string, T>) => [...these].filter(([name]) => !those.has(name));
    const differing = [...this.newChains].filter(([name, rules]) => !sameRules(rules, this.oldChains.get(name) ?? []));
    return nftTransaction(this.#table, {
      newSets: only(this.newSets, this.oldSets),
      newChains: only(this.newChains, this.oldChains).map(([name]) => [name, undefined]),
      written: differing.map(([name, rules]) => [name, { rules, replaced: this.oldChains.has(name) }]),
      goneElements: [...this.#gone].map(([set, elements]) => [set, [...elements.keys()]]),
      freshElements: [...this.#fresh].map(([set, elements]) => [set, [...elements].map(([key, value]) => (value === '' ? key : `${key} : ${value}`))]),
      goneChains: only(this.oldChains, this.newChains).map(([name]) => name),
      goneSets: only(this.oldSets, this.newSets).map(([name]) => [name, 'set']),
    });
  }
}

function put(sets: Map<string, Map<string, string>>, set: string, ...[key, value]: readonly [string, string]): void {
  const elements = sets.get(set);
  if (elements) elements.set(key, value);
  else sets.set(set, new Map([[key, value]]));
}
