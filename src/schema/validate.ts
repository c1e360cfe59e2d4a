import { deepEqual } from '../base/deep-equal.ts';
import { duplicate, FieldPath, invalid, notSupported, required, tooMany, type FieldError } from '../meta/field-error.ts';
import type { AnyObject } from '../meta/object.ts';
import type { Kind } from './kind.ts';
import { isShared } from './shared-specs.ts';
import { resolved, type ListNode, type MapNode, type ObjectNode, type ScalarNode, type SchemaNode } from './node.ts';

export const IMMUTABLE = 'field is immutable';

/**
 * Everything wrong with a decoded object: what the schema says (required, bounds, sets of values, duplicates, immutable fields)
 * and what the kind's own rules say. Where both speak of one field, the kind's words count. `status` is not looked at.
 * @param before the object before the update; 'any' where neither the rules of creation nor those of updates apply (subresources)
 */
export function validateObject(kind: Kind, object: AnyObject, before?: AnyObject | 'any'): readonly FieldError[] {
  const at = FieldPath.of();
  const old = before === 'any' ? undefined : before;
  const change = old ? kind.validateUpdate?.(object, old, at) : before === undefined ? kind.validateCreate?.(object, at) : undefined;
  const own = [...(kind.validate?.(object, at) ?? []), ...(change ?? [])];
  const generic = schemaErrors(kind, object, old);
  if (own.length === 0 || generic.length === 0) return own.length === 0 ? generic : own;
  const spoken = new Set(own.map(({ field }) => field));
  return [...generic.filter(({ field }) => !spoken.has(field)), ...own];
}

/** What the schema alone says of an object, and of its change from `old`. */
export function schemaErrors(kind: Kind, object: AnyObject, old?: AnyObject): readonly FieldError[] {
  const { whole, besideSpec } = checkedOf(kind);
  const { spec } = object;
  if (old || !isShared(spec)) return validateValue(whole, object, old);
  if (sound.has(spec)) return validateValue(besideSpec, object);
  const errors = validateValue(whole, object);
  if (errors.length === 0) sound.add(spec);
  return errors;
}

/** Shared specs without fault. */
const sound = new WeakSet<object>();

/** What is looked at of a kind's objects: all but their status. */
interface Checked {
  readonly whole: ObjectNode;
  readonly besideSpec: ObjectNode;
}

const checked = new WeakMap<Kind, Checked>();

function checkedOf(kind: Kind): Checked {
  const known = checked.get(kind);
  if (known) return known;
  const { status: _, ...fields } = kind.schema.fields;
  const whole = kind.hasStatus ? { ...kind.schema, fields } : kind.schema;
  const { spec: _spec, ...others } = whole.fields;
  const made = { whole, besideSpec: { ...whole, fields: others } };
  checked.set(kind, made);
  return made;
}

/** What any schema says of a value that was decoded with it. */
export function validateValue(schema: SchemaNode, value: unknown, old?: unknown): readonly FieldError[] {
  const check = checkOf(schema);
  if (!check) return NONE;
  const run: Run = { schema, path: [], errors: [] };
  check(value, old, run, 0);
  return run.errors;
}

const NONE: readonly FieldError[] = [];

interface Run {
  readonly schema: SchemaNode;
  /** Up to the depth in hand, the steps from the root. */
  readonly path: (string | number)[];
  readonly errors: FieldError[];
}

/** Called with values that are there; `old` is undefined where the object is new or had none. */
type Check = (value: unknown, old: unknown, run: Run, depth: number) => void;

const compiled = new WeakMap<SchemaNode, { readonly check: Check | undefined }>();

/** undefined where nothing below can be wrong. */
function checkOf(node: SchemaNode): Check | undefined {
  const known = compiled.get(node);
  if (known) return known.check;
  if (node.type === 'lazy') {
    const check: Check = (value, old, run, depth) => checkOf(resolved(node))?.(value, old, run, depth);
    compiled.set(node, { check });
    return check;
  }
  const inner = compile(node);
  const check = node.immutable ? immutable(inner) : inner;
  compiled.set(node, { check });
  return check;
}

function compile(node: Exclude<SchemaNode, { type: 'lazy' }>): Check | undefined {
  switch (node.type) {
    case 'object': return objectCheck(node);
    case 'list': return listCheck(node);
    case 'map': return mapCheck(node);
    default: return scalarCheck(node);
  }
}

function immutable(inner: Check | undefined): Check {
  return (value, old, run, depth) => {
    if (old !== undefined && !deepEqual(value, old)) run.errors.push(invalid(placeOf(run, depth), value, IMMUTABLE));
    inner?.(value, old, run, depth);
  };
}

interface Entry {
  readonly key: string;
  readonly check: Check | undefined;
  readonly required: boolean;
  readonly immutable: boolean;
  /** Something at or below the field may not change. */
  readonly comparesOld: boolean;
  /** Upstream cannot tell an empty value from an absent one. */
  readonly emptyIsAbsent: boolean;
}

function objectCheck(node: ObjectNode): Check | undefined {
  const entries = Object.entries(node.fields).flatMap(([key, field]): Entry[] => {
    const check = checkOf(field);
    const isRequired = field.required === true && !field.mayBeEmpty;
    if (!check && !isRequired) return [];
    const emptyIsAbsent = !field.pointer && !field.nullable && field.default === undefined;
    return [{ key, check, required: isRequired, immutable: field.immutable === true, comparesOld: hasImmutable(field), emptyIsAbsent }];
  });
  if (entries.length === 0) return undefined;
  return (value, old, run, depth) => {
    const fields = value as Readonly<Record<string, unknown>>;
    const before = old as Readonly<Record<string, unknown>> | undefined | null;
    for (const entry of entries) {
      const field = fields[entry.key];
      if (field === undefined) {
        if (entry.required || (entry.immutable && before)) checkAbsent(entry, before, run, depth);
        continue;
      }
      run.path[depth] = entry.key;
      if (entry.required && entry.emptyIsAbsent && isEmpty(field)) run.errors.push(required(placeOf(run, depth + 1)));
      else if (field !== null) entry.check?.(field, entry.comparesOld && before ? before[entry.key] : undefined, run, depth + 1);
    }
  };
}

function checkAbsent(entry: Entry, before: Readonly<Record<string, unknown>> | undefined | null, run: Run, depth: number): void {
  run.path[depth] = entry.key;
  if (entry.required) run.errors.push(required(placeOf(run, depth + 1)));
  else if (before?.[entry.key] !== undefined) run.errors.push(invalid(placeOf(run, depth + 1), undefined, IMMUTABLE));
}

const immutables = new WeakMap<SchemaNode, boolean>();

/** Whether anything at or below the node may not change; what refers to itself has nothing of the kind. */
function hasImmutable(node: SchemaNode): boolean {
  let known = immutables.get(node);
  if (known === undefined) {
    known = node.immutable === true || belowOf(node).some(hasImmutable);
    immutables.set(node, known);
  }
  return known;
}

function belowOf(node: SchemaNode): readonly SchemaNode[] {
  if (node.type === 'object') return Object.values(node.fields);
  if (node.type === 'list') return [node.items];
  return node.type === 'map' ? [node.values] : [];
}

const isEmpty = (value: unknown): boolean => value === '' || (Array.isArray(value) && value.length === 0);

function listCheck(node: ListNode): Check | undefined {
  const item = checkOf(node.items);
  const comparesOld = hasImmutable(node.items);
  const { minItems = 0, maxItems = Infinity } = node;
  if (!item && minItems === 0 && maxItems === Infinity && !node.unique) return undefined;
  return (value, old, run, depth) => {
    const list = value as readonly unknown[];
    if (list.length < minItems) run.errors.push(required(placeOf(run, depth)));
    if (list.length > maxItems) run.errors.push(tooMany(placeOf(run, depth), list.length, maxItems));
    const counterpart = comparesOld ? counterpartIn(node, old) : undefined;
    for (let position = 0; item && position < list.length; position++) {
      run.path[depth] = position;
      item(list[position], counterpart?.(list[position], position), run, depth + 1);
    }
    if (node.unique && list.length > 1) checkUnique(node, list, run, depth);
  };
}

/** Finds an item's former self: by its keys, else by position. */
function counterpartIn(node: ListNode, old: unknown): ((item: unknown, position: number) => unknown) | undefined {
  if (!Array.isArray(old)) return undefined;
  const former: readonly unknown[] = old;
  if (node.listType !== 'map') return (_, position) => former[position];
  const byKey = new Map(former.map((item) => [identity(node, item), item]));
  return (item) => byKey.get(identity(node, item));
}

/** What tells an item of a set or a keyed list from the others. */
function identity(node: ListNode, item: unknown): string {
  if (node.listType !== 'map') return JSON.stringify(item);
  return JSON.stringify(node.keys.map((key) => (item as Readonly<Record<string, unknown>>)[key] ?? null));
}

function checkUnique(node: ListNode, list: readonly unknown[], run: Run, depth: number): void {
  const seen = new Set<string>();
  for (const [position, item] of list.entries()) {
    const id = identity(node, item);
    if (!seen.has(id)) {
      seen.add(id);
      continue;
    }
    run.path[depth] = position;
    run.errors.push(duplicateItem(node, item, placeOf(run, depth + 1)));
  }
}

function duplicateItem(node: ListNode, item: unknown, at: FieldPath): FieldError {
  if (node.listType !== 'map') return duplicate(at, item);
  const [only, ...others] = node.keys;
  const fields = item as Readonly<Record<string, unknown>>;
  if (others.length === 0) return duplicate(at.child(only!), fields[only!]);
  return duplicate(at, Object.fromEntries(node.keys.map((key) => [key, fields[key]])));
}

function mapCheck(node: MapNode): Check | undefined {
  const entry = checkOf(node.values);
  return entry && ((value, old, run, depth) => {
    const before = old as Readonly<Record<string, unknown>> | undefined;
    for (const [key, part] of Object.entries(value as Readonly<Record<string, unknown>>)) {
      run.path[depth] = key;
      entry(part, before && Object.hasOwn(before, key) ? before[key] : undefined, run, depth + 1);
    }
  });
}

function scalarCheck(node: ScalarNode): Check | undefined {
  const { min, max, enum: values } = node;
  if (min === undefined && max === undefined && values === undefined) return undefined;
  return (value, _old, run, depth) => {
    if (values && typeof value === 'string' && !values.includes(value)) run.errors.push(notSupported(placeOf(run, depth), value, values));
    if (typeof value !== 'number') return;
    if (value < (min ?? -Infinity) || value > (max ?? Infinity)) run.errors.push(invalid(placeOf(run, depth), value, rangeText(min, max)));
  };
}

function rangeText(min: number | undefined, max: number | undefined): string {
  if (max === undefined) return `must be greater than or equal to ${min}`;
  return min === undefined ? `must be less than or equal to ${max}` : `must be between ${min} and ${max}, inclusive`;
}

/** The path of the value at `depth`; keys of maps stand in brackets, as positions do. */
function placeOf(run: Run, depth: number): FieldPath {
  let at = FieldPath.of();
  let node = resolved(run.schema);
  for (const step of run.path.slice(0, depth)) {
    if (typeof step === 'number') at = at.index(step);
    else at = node.type === 'map' ? at.key(step) : at.child(step);
    if (node.type === 'object') node = resolved(node.fields[step]!);
    else if (node.type === 'list') node = resolved(node.items);
    else if (node.type === 'map') node = resolved(node.values);
  }
  return at;
}
