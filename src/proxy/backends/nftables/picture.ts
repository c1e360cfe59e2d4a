import { nftElementLines, sameRules } from '../../../base/nftables.ts';
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
      ...[...fixedSets(words)].map(([name, declaration]) => declare(table, name, declaration)),
      ...chains.map(({ name, hook }) => `add chain ${table} ${name}${hook === undefined ? '' : ` { ${hook} }`}`),
      ...chains.flatMap(({ name, rules }) => rules.map((rule) => `add rule ${table} ${name} ${rule}`)),
      ...CANARIES.map((name) => `add element ${table} ${name} { ${canaryOf(name, words.ip)} : drop }`),
    ];
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

function declare(table: string, name: string, declaration: string): string {
  const [, kind, rest] = /^(map|set) (.*)$/.exec(declaration)!;
  return `add ${kind} ${table} ${name} ${rest}`;
}

/** Whoever stays keeps its number, if there still is such a number; newcomers take those that are free. */
export function place(before: readonly string[], wanted: readonly string[]): readonly string[] {
  const left = new Set(wanted);
  const after: (string | undefined)[] = Array.from({ length: left.size }, (_, at) => (before[at] !== undefined && left.delete(before[at]) ? before[at] : undefined));
  const rest = left.values();
  return after.map((target) => target ?? rest.next().value!);
}

/** One transaction in the making: names are declared before they are used, and used no more before they go. */
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
    const table = this.#table;
    const fresh = [...this.newChains].filter(([name]) => !this.oldChains.has(name));
    const written = [...this.newChains].filter(([name, rules]) => !sameRules(rules, this.oldChains.get(name) ?? []));
    const goneChains = [...this.oldChains.keys()].filter((name) => !this.newChains.has(name));
    const goneSets = [...this.oldSets.keys()].filter((name) => !this.newSets.has(name));
    const newSets = [...this.newSets].filter(([name]) => !this.oldSets.has(name));
    return [
      ...goneChains.map((name) => `flush chain ${table} ${name}`),
      ...written.filter(([name]) => this.oldChains.has(name)).map(([name]) => `flush chain ${table} ${name}`),
      ...newSets.map(([name, declaration]) => declare(table, name, declaration)),
      ...fresh.map(([name]) => `add chain ${table} ${name}`),
      ...written.flatMap(([name, rules]) => rules.map((rule) => `add rule ${table} ${name} ${rule}`)),
      ...inLines(`delete element ${table}`, this.#gone, (key) => key),
      ...inLines(`add element ${table}`, this.#fresh, (key, value) => (value === '' ? key : `${key} : ${value}`)),
      ...goneChains.map((name) => `delete chain ${table} ${name}`),
      ...goneSets.map((name) => `delete set ${table} ${name}`),
    ];
  }
}

function put(sets: Map<string, Map<string, string>>, set: string, ...[key, value]: readonly [string, string]): void {
  const elements = sets.get(set);
  if (elements) elements.set(key, value);
  else sets.set(set, new Map([[key, value]]));
}

function inLines(verb: string, sets: ReadonlyMap<string, ReadonlyMap<string, string>>, text: (key: string, value: string) => string): string[] {
  return [...sets].flatMap(([set, elements]) => nftElementLines(`${verb} ${set}`, [...elements].map(([key, value]) => text(key, value))));
}
