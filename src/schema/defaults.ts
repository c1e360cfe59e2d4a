import { isRecord, setOwn } from '../meta/own.ts';
import { resolved, type ObjectNode, type SchemaNode } from './node.ts';

/** Fills in the schema's defaults within `value`, which was decoded with it; shares what need not change. */
export const fillDefaults = (schema: SchemaNode, value: unknown): unknown => fillerOf(schema)?.(value) ?? value;

/** Returns its argument where nothing was missing. */
type Filler = (value: unknown) => unknown;
type Known = WeakMap<SchemaNode, { readonly fill: Filler | undefined }>;

const compiled: Known = new WeakMap();

/** undefined where nothing below has a default. */
function fillerOf(node: SchemaNode): Filler | undefined {
  const known = compiled.get(node);
  if (known) return known.fill;
  if (node.type === 'lazy') {
    // What refers to itself is compiled when a value is there to fill, else it would compile for ever.
    const fill: Filler = (value) => fillerOf(resolved(node))?.(value) ?? value;
    compiled.set(node, { fill });
    return fill;
  }
  const fill = guarded(node, compile(node));
  compiled.set(node, { fill });
  return fill;
}

/** What a CustomResourceDefinition declares has been decoded without a look at its type. */
function guarded(node: Exclude<SchemaNode, { type: 'lazy' }>, fill: Filler | undefined): Filler | undefined {
  if (!node.json || !fill) return fill;
  const fits = node.type === 'list' ? Array.isArray : isRecord;
  return (value) => (fits(value) ? fill(value) : value);
}

function compile(node: Exclude<SchemaNode, { type: 'lazy' }>): Filler | undefined {
  if (node.type === 'object') return objectFiller(node);
  if (node.type === 'list') {
    const item = fillerOf(node.items);
    return item && ((value) => mapItems(value as readonly unknown[], item));
  }
  if (node.type === 'map') {
    const entry = fillerOf(node.values);
    return entry && ((value) => mapEntries(value as Readonly<Record<string, unknown>>, entry));
  }
  return undefined;
}

interface Entry {
  readonly key: string;
  /** Fills what is there. */
  readonly fill: Filler | undefined;
  /** Makes what is not; undefined where the field may stay away. */
  readonly make: (() => unknown) | undefined;
}

function objectFiller(node: ObjectNode): Filler | undefined {
  const entries: Entry[] = [];
  for (const [key, field] of Object.entries(node.fields)) {
    const fill = fillerOf(field);
    const make = makerOf(field, fill);
    if (fill || make) entries.push({ key, fill, make });
  }
  if (entries.length === 0) return undefined;
  return (value) => {
    const before = value as Readonly<Record<string, unknown>>;
    let copy: Record<string, unknown> | undefined;
    for (const { key, fill, make } of entries) {
      const old = before[key];
      const now = old === undefined ? make?.() : fill && old !== null ? fill(old) : old;
      if (now === old) continue;
      copy ??= { ...before };
      copy[key] = now;
    }
    return copy ?? value;
  };
}

/** A whole API object, whose status the server itself writes. */

/** What Go holds and serves where a required field, or one that is always served, was left out; validation takes empty text and lists there as missing. */
const ZEROS: Partial<Record<SchemaNode['type'], unknown>> = { string: '', int32: 0, int64: 0, double: 0, boolean: false, intOrString: 0, list: [] };

function makerOf(field: SchemaNode, fill: Filler | undefined): (() => unknown) | undefined {
  if (field.orNull) return () => null;
  const made = field.default ?? ((field.required || field.always) && !field.pointer && !field.nullable ? ZEROS[field.type] : undefined);
  if (made === undefined) return undefined;
  if (typeof made === 'function') return () => filled(made(), fill);
  const shared = deepFreeze(filled(made, fill));
  return () => shared;
}

const filled = (value: unknown, fill: Filler | undefined): unknown => (fill && value !== null ? fill(value) : value);

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

function mapItems(list: readonly unknown[], fill: Filler): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let position = 0; position < list.length; position++) {
    const before = list[position];
    const after = before === null ? before : fill(before);
    if (after !== before) copy ??= list.slice();
    if (copy) copy[position] = after;
  }
  return copy ?? list;
}

function mapEntries(map: Readonly<Record<string, unknown>>, fill: Filler): Readonly<Record<string, unknown>> {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(map)) {
    const before = map[key];
    const after = before === null || before === undefined ? before : fill(before);
    if (after === before) continue;
    copy ??= { ...map };
    setOwn(copy, key, after);
  }
  return copy ?? map;
}
