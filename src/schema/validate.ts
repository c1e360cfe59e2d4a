import { duplicate, FieldPath, invalid, notSupported, required, tooMany, type FieldError } from '../meta/field-error.ts';
import type { AnyObject } from '../meta/object.ts';
import type { Kind } from './kind.ts';
import type { ListNode, ObjectNode, ScalarNode, SchemaNode } from './node.ts';

export const IMMUTABLE = 'field is immutable';

/**
 * Everything wrong with a decoded object: what the schema says (required, bounds, sets of values, duplicates, immutable fields)
 * and what the kind's own rules say. Where both speak of one field, the kind's words count. `status` is not looked at.
 */
export function validateObject(kind: Kind, object: AnyObject, old?: AnyObject): readonly FieldError[] {
  const at = FieldPath.of();
  const own = [...(kind.validate?.(object, at) ?? []), ...(old ? (kind.validateUpdate?.(object, old, at) ?? []) : [])];
  const generic = [...schemaErrors(kind, object), ...(old ? immutableErrors(kind.schema, [object, old], at) : [])];
  const spoken = new Set(own.map(({ field }) => field));
  return [...generic.filter(({ field }) => !spoken.has(field)), ...own];
}

/** What the schema alone says of an object. */
export function schemaErrors(kind: Kind, object: AnyObject): readonly FieldError[] {
  if (passes(withoutStatus(kind), object)) return [];
  return [...errorsOf(withoutStatus(kind), object, FieldPath.of())];
}

const spec = new WeakMap<Kind, ObjectNode>();

function withoutStatus(kind: Kind): ObjectNode {
  let node = spec.get(kind);
  if (!node) {
    const { status: _, ...fields } = kind.schema.fields;
    spec.set(kind, (node = { ...kind.schema, fields: kind.hasStatus ? fields : kind.schema.fields }));
  }
  return node;
}

type Check = (value: unknown) => boolean;
const checks = new WeakMap<SchemaNode, Check>();

/** The fast answer: paths are only made when something is wrong. */
function passes(node: SchemaNode, value: unknown): boolean {
  let check = checks.get(node);
  if (!check) {
    checks.set(node, (inner) => checks.get(node)!(inner)); // met again by a recursive schema while it is being compiled
    checks.set(node, (check = compileCheck(node) ?? ALWAYS));
  }
  return check(value);
}

const ALWAYS: Check = () => true;

/** undefined where nothing could ever be wrong. */
function compileCheck(node: SchemaNode): Check | undefined {
  switch (node.type) {
    case 'lazy': return (value) => passes(node.resolve(), value);
    case 'map': {
      const check = compileCheck(node.values);
      return check && ((value) => Object.values(value as object).every(check));
    }
    case 'list': return compileList(node);
    case 'object': return compileObject(node);
    default: return compileScalar(node);
  }
}

function compileScalar({ min, max, enum: values }: ScalarNode): Check | undefined {
  const set = values && new Set<unknown>(values);
  if (set) return (value) => set.has(value);
  if (min === undefined && max === undefined) return undefined;
  return (value) => typeof value !== 'number' || ((min === undefined || value >= min) && (max === undefined || value <= max));
}

function compileList(node: ListNode): Check | undefined {
  const check = compileCheck(node.items);
  const { minItems = 0, maxItems = Infinity, unique } = node;
  if (!check && !unique && minItems === 0 && maxItems === Infinity) return undefined;
  return (value) => {
    const items = value as readonly unknown[];
    if (items.length < minItems || items.length > maxItems) return false;
    if (check && !items.every(check)) return false;
    return !unique || items.length < 2 || firstDuplicate(node, items) < 0;
  };
}

function compileObject(node: ObjectNode): Check | undefined {
  const needed = Object.entries(node.fields).filter(([, field]) => field.required === true).map(([name]) => name);
  const below = Object.entries(node.fields).flatMap(([name, field]) => {
    const check = field.type === 'lazy' ? (value: unknown) => passes(field, value) : compileCheck(field);
    return check ? [{ name, check }] : [];
  });
  if (needed.length === 0 && below.length === 0) return undefined;
  return (value) => {
    const object = value as Readonly<Record<string, unknown>>;
    for (let at = 0; at < needed.length; at++) if (object[needed[at]!] === undefined) return false;
    for (let at = 0; at < below.length; at++) {
      const { name, check } = below[at]!;
      if (object[name] !== undefined && object[name] !== null && !check(object[name])) return false;
    }
    return true;
  };
}

/** The position of the first item whose key, or whose value in a set, stood before; -1 where none did. */
function firstDuplicate(node: ListNode, items: readonly unknown[]): number {
  const seen = new Set<string>();
  return items.findIndex((item) => {
    const key = node.listType === 'set' ? JSON.stringify(item) : listKey(node, item);
    return seen.size === seen.add(key).size;
  });
}

function listKey(node: ListNode, item: unknown): string {
  return JSON.stringify(node.keys.map((key) => (item as Readonly<Record<string, unknown>>)[key]));
}

function* errorsOf(node: SchemaNode, value: unknown, at: FieldPath): Iterable<FieldError> {
  if (value === undefined || value === null) return;
  switch (node.type) {
    case 'lazy': return yield* errorsOf(node.resolve(), value, at);
    case 'map':
      for (const [key, item] of Object.entries(value)) yield* errorsOf(node.values, item, at.key(key));
      return;
    case 'list': return yield* listErrors(node, value as readonly unknown[], at);
    case 'object':
      for (const [name, field] of Object.entries(node.fields)) {
        const item = (value as Readonly<Record<string, unknown>>)[name];
        if (item === undefined && field.required) yield required(at.child(name));
        else yield* errorsOf(field, item, at.child(name));
      }
      return;
    default: return yield* scalarErrors(node, value, at);
  }
}

function* scalarErrors(node: ScalarNode, value: unknown, at: FieldPath): Iterable<FieldError> {
  if (node.enum && !(node.enum as readonly unknown[]).includes(value)) yield notSupported(at, value, node.enum);
  if (typeof value !== 'number') return;
  if (node.min !== undefined && value < node.min) yield invalid(at, value, `must be greater than or equal to ${node.min}`);
  if (node.max !== undefined && value > node.max) yield invalid(at, value, `must be less than or equal to ${node.max}`);
}

function* listErrors(node: ListNode, items: readonly unknown[], at: FieldPath): Iterable<FieldError> {
  if (items.length < (node.minItems ?? 0)) yield required(at);
  if (items.length > (node.maxItems ?? Infinity)) yield tooMany(at, items.length, node.maxItems!);
  for (const [position, item] of items.entries()) yield* errorsOf(node.items, item, at.index(position));
  if (!node.unique) return;
  const position = firstDuplicate(node, items);
  if (position < 0) return;
  if (node.listType === 'set') yield duplicate(at.index(position), items[position]);
  else if (node.keys.length === 1) yield duplicate(at.index(position).child(node.keys[0]!), (items[position] as Readonly<Record<string, unknown>>)[node.keys[0]!]);
  else yield duplicate(at.index(position), Object.fromEntries(node.keys.map((key) => [key, (items[position] as Readonly<Record<string, unknown>>)[key]])));
}

/** Immutable fields of objects within objects; inside lists nothing is immutable by schema. */
function* immutableErrors(node: SchemaNode, [value, old]: readonly [unknown, unknown], at: FieldPath): Iterable<FieldError> {
  if (node.immutable && JSON.stringify(value) !== JSON.stringify(old)) {
    yield invalid(at, value, IMMUTABLE);
    return;
  }
  if (node.type !== 'object' || !isObject(value) || !isObject(old)) return;
  for (const [name, field] of Object.entries(node.fields)) {
    if (value[name] !== old[name]) yield* immutableErrors(field, [value[name], old[name]], at.child(name));
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
