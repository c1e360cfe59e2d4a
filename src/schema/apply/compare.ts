import { deepEqual } from '../../base/deep-equal.ts';
import { isRecord } from '../../meta/own.ts';
import { resolved } from '../go-type.ts';
import type { SchemaNode } from '../node.ts';
import { EMPTY, isEmptySet, withSelf, type FieldSet } from './field-set.ts';
import { partsOf, shapeOf, type Part } from './walk.ts';

/** The fields an applied configuration mentions: its leaves, each item of a list, each entry of a map. */
export function fieldsOf(schema: SchemaNode, value: unknown): FieldSet {
  const set: Record<string, FieldSet> = {};
  const structural = shapeOf(schema, value) === 'fields';
  for (const part of partsOf(schema, value)) {
    if (shapeOf(part.schema, part.value) === 'leaf') set[part.step] = EMPTY;
    else {
      const below = fieldsOf(part.schema, part.value);
      if (!structural || isEmptyRecord(part.value)) set[part.step] = withSelf(below);
      else if (!isEmptySet(below)) set[part.step] = below;
    }
  }
  return set;
}

const isEmptyRecord = (value: unknown): boolean => isRecord(value) && Object.keys(value).length === 0;

/** What differs between two values of one schema. */
export interface Difference {
  /** Added, or of another value now. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

const NO_DIFFERENCE: Difference = { changed: EMPTY, removed: EMPTY };

/** What differs; parts that both values share by identity cost nothing. */
export function compare(schema: SchemaNode, before: unknown, after: unknown): Difference {
  if (before === after) return NO_DIFFERENCE;
  const old = new Map(partsOf(schema, before).map((part) => [part.step, part]));
  const changed: Record<string, FieldSet> = {};
  const removed: Record<string, FieldSet> = {};
  for (const part of partsOf(schema, after)) {
    const former = old.get(part.step);
    old.delete(part.step);
    if (former === undefined) changed[part.step] = whole(part);
    else comparePart(former, part, { changed, removed });
  }
  for (const part of old.values()) removed[part.step] = whole(part);
  return { changed, removed };
}

function comparePart(before: Part, { step, schema, value }: Part, into: { changed: Record<string, FieldSet>; removed: Record<string, FieldSet> }): void {
  if (before.value === value) return;
  if (shapeOf(schema, value) === 'leaf' || shapeOf(schema, before.value) === 'leaf') {
    if (!deepEqual(before.value, value)) into.changed[step] = EMPTY;
    return;
  }
  const { changed, removed } = compare(schema, before.value, value);
  if (!isEmptySet(changed)) into.changed[step] = changed;
  if (!isEmptySet(removed)) into.removed[step] = removed;
}

/** A part that came or went as a whole: itself and everything below. */
function whole(part: Part): FieldSet {
  if (shapeOf(part.schema, part.value) === 'leaf') return EMPTY;
  const below: Record<string, FieldSet> = {};
  for (const inner of partsOf(part.schema, part.value)) below[inner.step] = whole(inner);
  return withSelf(below);
}

const blank = new WeakMap<SchemaNode, unknown>();

/**
 * An object nobody has filled yet, against which creation is compared: upstream's has the structs that are not pointers, so
 * that nobody comes to own `spec` itself.
 */
export function blankOf(schema: SchemaNode): unknown {
  const known = blank.get(schema);
  if (known !== undefined) return known;
  const node = resolved(schema);
  const made: Record<string, unknown> = {};
  if (node.type === 'object') {
    for (const [name, field] of Object.entries(node.fields)) {
      const always = field.required || field.default !== undefined;
      if (always && field.type === 'object' && !field.atomic) made[name] = blankOf(field);
      else if (always && field.type === 'list' && field.listType !== 'atomic') made[name] = [];
    }
  }
  blank.set(schema, made);
  return made;
}
