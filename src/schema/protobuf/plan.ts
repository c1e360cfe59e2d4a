import type { ObjectNode, SchemaNode } from '../node.ts';

/** One field of a message: of the object itself, or an embedded message whose fields JSON inlines. */
export type Slot =
  | { readonly type: 'field'; readonly tag: number; readonly name: string; readonly node: SchemaNode }
  | { readonly type: 'embedded'; readonly tag: number; readonly slots: readonly Slot[] };

const plans = new WeakMap<ObjectNode, readonly Slot[]>();

/** A message's fields in order of their numbers, as Go writes them. Fields without a number are no part of it. */
export function slotsOf(node: ObjectNode): readonly Slot[] {
  let slots = plans.get(node);
  if (!slots) {
    const placed = Object.entries(node.fields).flatMap(([name, field]) => (field.tag === undefined ? [] : [{ name, node: field, way: field.within ?? [] }]));
    plans.set(node, (slots = arrange(placed, 0)));
  }
  return slots;
}

interface Placed {
  readonly name: string;
  readonly node: SchemaNode;
  /** The numbers of the embedded messages, outermost first. */
  readonly way: readonly number[];
}

function arrange(placed: readonly Placed[], depth: number): readonly Slot[] {
  const here = placed.filter(({ way }) => way.length === depth).map(({ name, node }): Slot => ({ type: 'field', tag: node.tag!, name, node }));
  const deeper = placed.filter(({ way }) => way.length > depth);
  const numbers = [...new Set(deeper.map(({ way }) => way[depth]!))];
  const embedded = numbers.map((tag): Slot => ({ type: 'embedded', tag, slots: arrange(deeper.filter(({ way }) => way[depth] === tag), depth + 1) }));
  return [...here, ...embedded].toSorted((a, b) => a.tag - b.tag);
}
