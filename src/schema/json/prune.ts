import { isRecord, setOwn } from '../../meta/own.ts';
import type { ListNode, MapNode, ObjectNode, SchemaNode } from '../node.ts';

/**
 * Decoding of what a CustomResourceDefinition declares: nothing is asked of a value's type, that being for validation. What nobody declared
 * goes, and so do nulls where null is no value.
 */

/** Where a walk is; the outer decoder's own state. */
export interface PruneRun {
  readonly path: (string | number)[];
  depth: number;
}

/** Decodes a value below; returns its argument where nothing had to change. */
export type Below<R extends PruneRun> = (node: SchemaNode, value: unknown, run: R, depth: number) => unknown;
/** What becomes of a field that nobody declared; undefined drops it. */
export type Undeclared<R extends PruneRun> = (node: ObjectNode, value: unknown, run: R, depth: number) => unknown;

type Decode<R> = (value: unknown, run: R, depth: number) => unknown;

export function pruneObject<R extends PruneRun>(node: ObjectNode, below: Below<R>, undeclared: Undeclared<R>): Decode<R> {
  const fields = new Map(Object.entries(node.fields));
  return (value, run, depth) => {
    if (!isRecord(value)) return value;
    run.depth = depth;
    let copy: Record<string, unknown> | undefined;
    for (const key in value) {
      const before = value[key];
      const field = fields.get(key);
      run.path[depth] = key;
      const after = !field ? undeclared(node, before, run, depth)
        // Null is dropped where it is no value, so that a default takes its place.
        : before !== null ? below(field, before, run, depth + 1) : field.nullable ? null : undefined;
      if (after !== before || after === undefined) copy ??= upTo(value, key);
      if (copy && after !== undefined) setOwn(copy, key, after);
    }
    return copy ?? value;
  };
}

export function pruneMap<R extends PruneRun>(node: MapNode, below: Below<R>): Decode<R> {
  const { values, values: { default: instead } } = node;
  return (value, run, depth) => {
    if (!isRecord(value)) return value;
    let copy: Record<string, unknown> | undefined;
    for (const key in value) {
      const before = value[key];
      run.path[depth] = key;
      const after = before !== null ? below(values, before, run, depth + 1) : values.nullable ? null : instead;
      if (after !== before) copy ??= upTo(value, key);
      if (copy && after !== undefined) setOwn(copy, key, after);
    }
    return copy ?? value;
  };
}

export function pruneList<R extends PruneRun>({ items }: ListNode, below: Below<R>): Decode<R> {
  return (value, run, depth) => {
    if (!Array.isArray(value)) return value;
    const list: readonly unknown[] = value;
    let copy: unknown[] | undefined;
    for (let position = 0; position < list.length; position++) {
      const before = list[position];
      run.path[depth] = position;
      const after = before !== null ? below(items, before, run, depth + 1) : items.nullable ? null : (items.default ?? null);
      if (after !== before) copy ??= list.slice();
      if (copy) copy[position] = after;
    }
    return copy ?? list;
  };
}

/** The fields that come before `end`, in a new object. */
export function upTo(value: Readonly<Record<string, unknown>>, end: string): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key in value) {
    if (key === end) break;
    setOwn(copy, key, value[key]);
  }
  return copy;
}
