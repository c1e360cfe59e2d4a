import { duplicate, type FieldError, FieldPath, invalid } from '../../meta/field-error.ts';
import { isRecord } from '../../meta/own.ts';
import { type JsonSchema, schemaIn } from './json-schema.ts';

/** Items of a set, and of a list with keys, are told apart: what stands there twice. */
export function listErrors(schema: JsonSchema, value: unknown): readonly FieldError[] {
  if (!hasLists(schema)) return [];
  const errors: FieldError[] = [];
  walk(schema, value, FieldPath.of(), errors);
  return errors;
}

const known = new WeakMap<JsonSchema, boolean>();

/** Whether anything at or below is a set or has keys: most schemas have nothing of the kind. */
function hasLists(schema: JsonSchema): boolean {
  let has = known.get(schema);
  if (has === undefined) {
    const listType = schema['x-kubernetes-list-type'];
    const below = [...Object.values(schema.properties ?? {}), schemaIn(schema.items), schemaIn(schema.additionalProperties)];
    has = listType === 'set' || listType === 'map' || below.some((one) => one !== undefined && hasLists(one));
    known.set(schema, has);
  }
  return has;
}

function walk(schema: JsonSchema, value: unknown, at: FieldPath, errors: FieldError[]): void {
  if (!hasLists(schema)) return;
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    if (schema['x-kubernetes-list-type'] === 'set') errors.push(...repeated(list, (item) => item).map(([position, item]) => duplicate(at.index(position), item)));
    if (schema['x-kubernetes-list-type'] === 'map') errors.push(...keyErrors(schema, list, at));
    const items = schemaIn(schema.items);
    if (items) for (const [position, item] of list.entries()) walk(items, item, at.index(position), errors);
    return;
  }
  if (!isRecord(value)) return;
  const values = schemaIn(schema.additionalProperties);
  for (const [key, part] of Object.entries(value)) {
    const property = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    if (property) walk(property, part, at.child(key), errors);
    else if (values) walk(values, part, at.key(key), errors);
  }
}

function keyErrors(schema: JsonSchema, list: readonly unknown[], at: FieldPath): readonly FieldError[] {
  const stray = list.findIndex((item) => item !== null && !isRecord(item));
  if (stray >= 0) return [invalid(at.index(stray), list[stray], 'must be an object for an array of list-type map')];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const keyOf = (item: unknown): object => Object.fromEntries(keys.filter((key) => isRecord(item) && item[key] !== undefined).map((key) => [key, (item as Readonly<Record<string, unknown>>)[key]]));
  return repeated(list, keyOf).map(([position, key]) => duplicate(at.index(position), key));
}

/** The second of each that stands there more than once. */
function repeated(list: readonly unknown[], identity: (item: unknown) => unknown): readonly (readonly [position: number, identity: unknown])[] {
  const times = new Map<string, number>();
  return list.flatMap((item, position) => {
    const id = identity(item);
    const text = stable(id);
    times.set(text, (times.get(text) ?? 0) + 1);
    return times.get(text) === 2 ? [[position, id] as const] : [];
  });
}

/** The same text for the same value, in whatever order its fields stand. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (isRecord(part) ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))) : part));
}
