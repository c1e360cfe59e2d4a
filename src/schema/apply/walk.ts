import { deepEqual } from '../../base/deep-equal.ts';
import { isRecord } from '../../meta/own.ts';
import { resolved, type ListNode, type ObjectNode, type SchemaNode } from '../node.ts';

/** Undeclared data within what keeps unknown fields: records merge field by field, all else is one value. */
const DEDUCED: SchemaNode = { type: 'any', deduced: true };

/** How a value is owned: as one, or part by part. */
export type Shape = 'leaf' | 'fields' | 'entries' | 'items';

/** @param value told apart only where no schema says what it is */
export function shapeOf(schema: SchemaNode, value: unknown): Shape {
  const node = resolved(schema);
  switch (node.type) {
    case 'object':
      return node.atomic ? 'leaf' : 'fields';
    case 'map':
      return node.atomic ? 'leaf' : 'entries';
    case 'list':
      return node.listType === 'atomic' ? 'leaf' : 'items';
    default:
      return node.type === 'any' && node.deduced && isRecord(value) ? 'entries' : 'leaf';
  }
}

/** One part of a value, with the step that leads to it. */
export interface Part {
  readonly step: string;
  readonly schema: SchemaNode;
  readonly value: unknown;
}

/** The parts of a value that is not a leaf. */
export function partsOf(schema: SchemaNode, value: unknown): readonly Part[] {
  const node = resolved(schema);
  const parts: Part[] = [];
  if (node.type === 'list') {
    if (Array.isArray(value)) for (const item of value as readonly unknown[]) parts.push({ step: itemStep(node, item), schema: node.items, value: item });
  } else if (isRecord(value)) {
    for (const name of Object.keys(value)) {
      if (value[name] === undefined) continue;
      const { step, schema: inner } = fieldAt(node, name);
      parts.push({ step, schema: inner, value: value[name] });
    }
  }
  return parts;
}

/** The way to a field of a record or an entry of a map, and what describes it. */
export interface FieldAt {
  readonly step: string;
  readonly schema: SchemaNode;
}

export function fieldAt(node: Exclude<SchemaNode, { type: 'lazy' }>, name: string): FieldAt {
  const known = node.type === 'object' ? declaredIn(node).get(name) : undefined;
  return known ?? { step: `f:${name}`, schema: node.type === 'map' ? node.values : DEDUCED };
}

const declared = new WeakMap<ObjectNode, ReadonlyMap<string, FieldAt>>();

function declaredIn(node: ObjectNode): ReadonlyMap<string, FieldAt> {
  let fields = declared.get(node);
  if (!fields) declared.set(node, (fields = new Map(Object.entries(node.fields).map(([name, schema]) => [name, { step: `f:${name}`, schema }]))));
  return fields;
}

/** How an item of a set or a keyed list is addressed: `v:"x"`, `k:{"containerPort":80,"protocol":"TCP"}`. */
export function itemStep(node: ListNode, item: unknown): string {
  if (node.listType === 'set') return `v:${JSON.stringify(item)}`;
  let text = '';
  for (const { key, text: name } of keysOf(node)) {
    const value = keyOf(node, item, key);
    if (value !== null) text += `${text === '' ? '' : ','}${name}${JSON.stringify(value)}`;
  }
  return `k:{${text}}`;
}

/** Whether two items have the same step. */
export const sameItem = (node: ListNode, a: unknown, b: unknown): boolean =>
  node.listType === 'set' ? deepEqual(a, b) : node.keys.every((key) => keyOf(node, a, key) === keyOf(node, b, key));

const sortedKeys = new WeakMap<ListNode, readonly { readonly key: string; readonly text: string }[]>();

function keysOf(node: ListNode): readonly { readonly key: string; readonly text: string }[] {
  let keys = sortedKeys.get(node);
  if (!keys) sortedKeys.set(node, (keys = node.keys.toSorted().map((key) => ({ key, text: `${JSON.stringify(key)}:` }))));
  return keys;
}

/** A key that is left out counts as its default, `protocol` as TCP; null where it has none: such items are told apart by the others. */
function keyOf(node: ListNode, item: unknown, key: string): unknown {
  const given = isRecord(item) ? item[key] : undefined;
  if (given !== undefined) return given;
  const items = resolved(node.items);
  return (items.type === 'object' ? items.fields[key]?.default : undefined) ?? null;
}
