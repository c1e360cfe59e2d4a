/**
 * Lists that are sets or maps by their schema (x-kubernetes-list-type): in equality their order does not count, and joining two takes over no item
 * twice. The left operand's type decides. See kubernetes.io: CRD validation rules.
 */
import { escapeIdentifier } from './escape.ts';
import type { CelType, ListType } from './types.ts';
import { equal, isList, isPlain, Walk } from './values.ts';

type Equality = (a: unknown, b: unknown) => boolean;

/** How values of this type are compared, where order does not count for all of it. */
export const unorderedEquality = (type: CelType): Equality | undefined => (type.unordered ? (a, b) => equalAs(type, a, b, new Walk()) : undefined);

/** How two lists of this type are joined, where they are more than lists. */
export function unorderedJoin(type: CelType): ((a: readonly unknown[], b: readonly unknown[]) => readonly unknown[]) | undefined {
  if (type.kind !== 'list' || type.keyed === undefined) return undefined;
  const { keyed } = type;
  return (a, b) => {
    const joined = new Map(a.map((item) => [identityOf(keyed, item), item]));
    // A map's item takes the place of the one with its keys; a set's is there already.
    for (const item of b) if (keyed !== 'itself' || !joined.has(identityOf(keyed, item))) joined.set(identityOf(keyed, item), item);
    return [...joined.values()];
  };
}

function equalAs(type: CelType, a: unknown, b: unknown, walk: Walk): boolean {
  if (!type.unordered) return equal(a, b, walk);
  walk.step();
  if (type.kind === 'list') return isList(a) && isList(b) && a.length === b.length && listsEqual(type, [a, b], walk);
  if (!isPlain(a) || !isPlain(b)) return equal(a, b, walk);
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => Object.hasOwn(b, name) && equalAs(within(type, name), a[name], b[name], walk));
}

const ANY: CelType = { kind: 'dyn' };

function within(type: CelType, name: string): CelType {
  if (type.kind === 'map') return type.values;
  const escaped = type.kind === 'object' ? escapeIdentifier(name) : undefined;
  return (type.kind === 'object' && escaped !== undefined && type.field(escaped)?.type) || ANY;
}

function listsEqual({ items, keyed }: ListType, [a, b]: readonly [readonly unknown[], readonly unknown[]], walk: Walk): boolean {
  if (keyed === undefined) return a.every((item, at) => equalAs(items, item, b[at], walk));
  const known = new Map(a.map((item) => [identityOf(keyed, item), item]));
  return b.every((item) => {
    const id = identityOf(keyed, item);
    return known.has(id) && equalAs(items, known.get(id), item, walk);
  });
}

/** What tells an item of a set from others, and an item of a map. */
function identityOf(keyed: NonNullable<ListType['keyed']>, item: unknown): string {
  if (keyed === 'itself' || !isPlain(item)) return JSON.stringify(item);
  return JSON.stringify(keyed.map((key) => (Object.hasOwn(item, key) ? item[key] : null)));
}
