import { deepEqual } from '../../base/deep-equal.ts';
import { isRecord } from '../../meta/own.ts';
import { resolved, type ListNode, type SchemaNode } from '../node.ts';
import { isShed, shedsOf } from '../omit-empty.ts';
import { EMPTY, isEmptySet, withSelf, type FieldSet } from './field-set.ts';
import { fieldAt, itemStep, partsOf, sameItem, shapeOf } from './walk.ts';

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
  const into: Draft = { changed: {}, removed: {} };
  const node = resolved(schema);
  if (node.type === 'list') compareItems(node, [asList(before), asList(after)], into);
  else if (isRecord(before) && isRecord(after)) compareRecords(node, [before, after], into);
  return into;
}

interface Draft {
  readonly changed: Record<string, FieldSet>;
  readonly removed: Record<string, FieldSet>;
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

type Bag = Readonly<Record<string, unknown>>;

function compareRecords(node: Exclude<SchemaNode, { type: 'lazy' }>, [before, after]: readonly [Bag, Bag], into: Draft): void {
  for (const name of Object.keys(after)) {
    const { step, schema } = fieldAt(node, name);
    const value = said(schema, after[name]);
    const former = Object.hasOwn(before, name) ? said(schema, before[name]) : undefined;
    if (value === former || value === undefined) continue;
    // Empty where nothing was: stored, it will not be there either.
    if (former === undefined && isShed(shedsOf(schema), value)) continue;
    if (former === undefined) into.changed[step] = whole(schema, value);
    else comparePart(step, { schema, former, value }, into);
  }
  for (const name of Object.keys(before)) {
    const { step, schema } = fieldAt(node, name);
    if (said(schema, before[name]) === undefined || (Object.hasOwn(after, name) && said(schema, after[name]) !== undefined)) continue;
    into.removed[step] = whole(schema, before[name]);
  }
}

/** Null is nothing where it is what is served in place of nothing. */
const said = (schema: SchemaNode, value: unknown): unknown => (value === null && schema.orNull ? undefined : value);

function compareItems(node: ListNode, [before, after]: readonly [readonly unknown[], readonly unknown[]], into: Draft): void {
  if (before.length === after.length && after.every((item, position) => sameItem(node, item, before[position]))) {
    for (const [position, value] of after.entries()) {
      if (value !== before[position]) comparePart(() => itemStep(node, value), { schema: node.items, former: before[position], value }, into);
    }
    return;
  }
  const old = new Map(before.map((item) => [itemStep(node, item), item]));
  for (const value of after) {
    const step = itemStep(node, value);
    if (old.has(step)) comparePart(step, { schema: node.items, former: old.get(step), value }, into);
    else into.changed[step] = whole(node.items, value);
    old.delete(step);
  }
  for (const [step, value] of old) into.removed[step] = whole(node.items, value);
}

interface Pair {
  readonly schema: SchemaNode;
  readonly former: unknown;
  readonly value: unknown;
}

/** @param step made only where the pair differs */
function comparePart(step: string | (() => string), { schema, former, value }: Pair, into: Draft): void {
  const name = () => (typeof step === 'string' ? step : step());
  if (shapeOf(schema, value) === 'leaf' || shapeOf(schema, former) === 'leaf') {
    if (!deepEqual(former, value)) into.changed[name()] = EMPTY;
    return;
  }
  const { changed, removed } = compare(schema, former, value);
  if (!isEmptySet(changed)) into.changed[name()] = changed;
  if (!isEmptySet(removed)) into.removed[name()] = removed;
}

/** A part that came or went as a whole: itself and everything below. */
function whole(schema: SchemaNode, value: unknown): FieldSet {
  if (shapeOf(schema, value) === 'leaf') return EMPTY;
  const below: Record<string, FieldSet> = {};
  for (const inner of partsOf(schema, value)) below[inner.step] = whole(inner.schema, inner.value);
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
      const always = (field.required || field.default !== undefined) && !field.pointer;
      if (always && field.type === 'object' && !field.atomic) made[name] = blankOf(field);
      else if (always && field.type === 'list' && field.listType !== 'atomic') made[name] = [];
    }
  }
  blank.set(schema, made);
  return made;
}
