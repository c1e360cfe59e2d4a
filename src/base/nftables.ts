import { mustRun } from './program.ts';
import type { RunProgram } from './program.ts';

/** A set, or a map from keys to values (nft(8), "SETS" and "MAPS"). */
export interface NftSet {
  /** `ipv4_addr`, or of a map `ipv4_addr . inet_service : verdict`. */
  readonly type: string;
  /** What else it is declared with: `flags interval`, `timeout 3h`. */
  readonly more?: readonly string[];
  /** Key to value, the value empty in a set; undefined where the packets themselves fill it. */
  readonly elements?: ReadonlyMap<string, string>;
}

export interface NftChain {
  /** Where packets enter it: `type filter hook forward priority filter; policy accept;`. Without one it is only jumped to. */
  readonly hook?: string;
  readonly rules: readonly string[];
}

/** A table as data. Sets, maps and chains share one space of names. */
export interface NftTable {
  readonly family: 'ip' | 'ip6' | 'inet';
  readonly name: string;
  readonly sets: ReadonlyMap<string, NftSet>;
  readonly chains: ReadonlyMap<string, NftChain>;
}

/** What makes the kernel's table this one, whatever it was before, in one transaction. Pure. */
export function nftWhole(table: NftTable): string {
  const at = `${table.family} ${table.name}`;
  // To add it first makes the deletion succeed where there was none.
  return script([`add table ${at}`, `delete table ${at}`, `add table ${at}`, ...changes(empty(table), table)]);
}

/** What turns `before` into `after`, in work proportional to what differs; empty where nothing does. Pure. */
export function nftChange(before: NftTable, after: NftTable): string {
  return script(changes(before, after));
}

const empty = ({ family, name }: NftTable): NftTable => ({ family, name, sets: new Map(), chains: new Map() });
const script = (lines: readonly string[]): string => (lines.length === 0 ? '' : `${lines.join('\n')}\n`);

/** What differs, by name. */
export interface NftSteps {
  /** Declarations: `set { type ipv4_addr; }`, `map { … }`. */
  readonly newSets: Iterable<readonly [name: string, declaration: string]>;
  readonly newChains: Iterable<readonly [name: string, hook: string | undefined]>;
  /** Chains and all their rules; `replaced` where there were others. */
  readonly written: Iterable<readonly [name: string, chain: { readonly rules: readonly string[]; readonly replaced: boolean }]>;
  /** By set: keys. */
  readonly goneElements: Iterable<readonly [set: string, keys: readonly string[]]>;
  /** By set: `key` or `key : value`. */
  readonly freshElements: Iterable<readonly [set: string, elements: readonly string[]]>;
  readonly goneChains: readonly string[];
  readonly goneSets: Iterable<readonly [name: string, kind: 'set' | 'map']>;
}

/** The lines of one transaction on `ip ours`: names are declared before they are used, and used no more before they go. Pure. */
export function nftTransaction(at: string, steps: NftSteps): string[] {
  return [
    ...[...steps.newSets].map(([name, declaration]) => declareSet(at, name, declaration)),
    ...[...steps.newChains].map(([name, hook]) => `add chain ${at} ${name}${hook === undefined ? '' : ` { ${hook} }`}`),
    ...steps.goneChains.map((name) => `flush chain ${at} ${name}`),
    ...[...steps.written].flatMap(([name, { rules, replaced }]) => [
      ...(replaced ? [`flush chain ${at} ${name}`] : []),
      ...rules.map((rule) => `add rule ${at} ${name} ${rule}`),
    ]),
    ...[...steps.goneElements].flatMap(([set, keys]) => elementLines(`delete element ${at} ${set}`, keys)),
    ...[...steps.freshElements].flatMap(([set, elements]) => elementLines(`add element ${at} ${set}`, elements)),
    ...steps.goneChains.map((name) => `delete chain ${at} ${name}`),
    ...[...steps.goneSets].map(([name, kind]) => `delete ${kind} ${at} ${name}`),
  ];
}

function declareSet(at: string, name: string, declaration: string): string {
  const [, kind, rest] = /^(map|set) (.*)$/.exec(declaration)!;
  return `add ${kind} ${at} ${name} ${rest}`;
}

function changes(before: NftTable, after: NftTable): string[] {
  const only = <T>(these: ReadonlyMap<string, T>, those: ReadonlyMap<string, unknown>) => [...these].filter(([name]) => !those.has(name));
  const differing = [...after.chains].filter(([name, { rules }]) => !sameRules(rules, before.chains.get(name)?.rules ?? []));
  const elements = [...after.sets].map(([name, set]) => [name, elementChanges(before.sets.get(name)?.elements, set.elements)] as const);
  return nftTransaction(`${after.family} ${after.name}`, {
    newSets: only(after.sets, before.sets).map(([name, set]) => [name, `${kindOf(set)} { type ${set.type}; ${(set.more ?? []).map((word) => `${word}; `).join('')}}`]),
    newChains: only(after.chains, before.chains).map(([name, { hook }]) => [name, hook]),
    written: differing.map(([name, { rules }]) => [name, { rules, replaced: before.chains.has(name) }]),
    goneElements: elements.map(([name, { gone }]) => [name, gone]),
    freshElements: elements.map(([name, { fresh }]) => [name, fresh]),
    goneChains: only(before.chains, after.chains).map(([name]) => name),
    goneSets: only(before.sets, after.sets).map(([name, set]) => [name, kindOf(set)]),
  });
}

const kindOf = ({ type }: NftSet): 'map' | 'set' => (type.includes(' : ') ? 'map' : 'set');
const NONE: ReadonlyMap<string, string> = new Map();
/** An nft program reads a longer line in more than linear time. */
const PER_LINE = 500;

function elementChanges(before = NONE, after = NONE): { readonly gone: readonly string[]; readonly fresh: readonly string[] } {
  if (before === after) return { gone: [], fresh: [] };
  return {
    gone: [...before].filter(([key, value]) => after.get(key) !== value).map(([key]) => key),
    fresh: [...after].filter(([key, value]) => before.get(key) !== value).map(([key, value]) => (value === '' ? key : `${key} : ${value}`)),
  };
}

/** One verb for many elements: `add element ip ours pods`. */
function elementLines(verb: string, elements: readonly string[]): string[] {
  const count = Math.ceil(elements.length / PER_LINE);
  return Array.from({ length: count }, (_, part) => `${verb} { ${elements.slice(part * PER_LINE, (part + 1) * PER_LINE).join(', ')} }`);
}

/** Whether two chains have the same rules. */
export const sameRules = (a: readonly string[], b: readonly string[]): boolean => a === b || (a.length === b.length && a.every((line, at) => line === b[at]));

/** Keeps one table of the kernel's as it is told, writing what changed. */
export class NftKeeper {
  readonly #run: RunProgram;
  #written: NftTable | undefined;

  constructor(run: RunProgram) {
    this.#run = run;
  }

  /** Resolves once the kernel has it. Before the first call the kernel's table is taken for anything. @throws ProgramFailed */
  async apply(table: NftTable): Promise<void> {
    const before = this.#written;
    if (before && (await this.#change(before, table))) return;
    this.#written = undefined;
    await mustRun(this.#run, 'nft', ['-f', '-'], nftWhole(table));
    this.#written = table;
  }

  /** False where the kernel's table was not what we had left, or cannot be turned into this one. */
  async #change(before: NftTable, after: NftTable): Promise<boolean> {
    const text = nftChange(before, after);
    if (text !== '' && (await this.#run('nft', ['-f', '-'], { input: text })).code !== 0) return false;
    this.#written = after;
    return true;
  }

  /** Whether the chains that packets enter by are still there, with rules in them. What someone emptied is written whole next. */
  async stands(): Promise<boolean> {
    const written = this.#written;
    if (!written) return false;
    const hooks = [...written.chains].filter(([, { hook, rules }]) => hook !== undefined && rules.length > 0);
    for (const [name] of hooks) {
      const { code, stdout } = await this.#run('nft', ['list', 'chain', written.family, written.name, name]);
      // A line each: table, chain, hook, two braces, and the rules between.
      if (code === 0 && stdout.trim().split('\n').length > 5) continue;
      this.#written = undefined;
      return false;
    }
    return true;
  }
}

/** Takes the table away, where there is one. */
export async function removeNftTable(run: RunProgram, family: NftTable['family'], name: string): Promise<void> {
  await run('nft', ['delete', 'table', family, name]);
}
