import { ApiError, badRequest } from '../meta/api-error.ts';
import type { KubeObject } from '../meta/object.ts';
import { isRecord, setOwn } from '../meta/own.ts';
import { MAX_DEPTH, Mismatch, scalarDecoder } from './decode-scalar.ts';
import { goType, jsonKind, mismatchMessage, pathText, resolved } from './go-type.ts';
import type { Kind } from './kind.ts';
import type { ListNode, MapNode, ObjectNode, SchemaNode } from './node.ts';

export interface Decoded<T> {
  readonly value: T;
  /** Paths of fields nobody declared, dropped from the value, as strict decoding names them: `spec.containers[0].foo`. */
  readonly unknownFields: readonly string[];
}

/** The text Go's decoder would give, without saying what was decoded. */
export class DecodeError extends Error {}

/**
 * Takes parsed JSON to a value of the schema: types checked, quantities and times in canonical form, null and Go's empty values
 * absent, unknown fields dropped. What need not change is shared with `json`, which must not be changed afterwards.
 * @throws DecodeError
 */
export function decode(schema: SchemaNode, json: unknown): Decoded<unknown> {
  const run: Run = { path: [], depth: 0, unknown: [] };
  try {
    const value = json === null || json === undefined ? zeroOf(schema, run, 0) : decoderOf(schema)(json, run, 0);
    return { value, unknownFields: run.unknown };
  } catch (error) {
    throw new DecodeError(messageOf(error, schema, run), { cause: error });
  }
}

/** As `decode`, for a body that claims to be `kind`. @throws ApiError BadRequest in upstream's words */
export function decodeAs(schema: SchemaNode, json: unknown, kind: { readonly kind: string; readonly version: string }): Decoded<unknown> {
  try {
    return decode(schema, json);
  } catch (error) {
    if (error instanceof DecodeError) throw unhandled(kind, error.message);
    throw error;
  }
}

/** An object of this kind. @throws ApiError BadRequest in upstream's words */
export const decodeObject = <T extends KubeObject>(kind: Kind<T>, json: unknown): Decoded<T> =>
  decodeAs(kind.schema, json, kind) as Decoded<T>;

/** For `fieldValidation=Strict`. @param problems `unknown field "spec.foo"`, `duplicate field "spec.bar"` */
export const strictError = (kind: { readonly kind: string; readonly version: string }, problems: readonly string[]): ApiError =>
  unhandled(kind, `strict decoding error: ${problems.join(', ')}`);

export const unknownFieldProblem = (path: string): string => `unknown field ${JSON.stringify(path)}`;

const unhandled = ({ kind, version }: { readonly kind: string; readonly version: string }, why: string): ApiError =>
  badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${why}`);

function messageOf(error: unknown, schema: SchemaNode, run: Run): string {
  if (error instanceof Mismatch) {
    if (error.goType !== undefined) return `json: cannot unmarshal ${jsonKind(error.value, error.goType)} into Go value of type ${error.goType}`;
    return mismatchMessage(schema, run.path.slice(0, run.depth), error.value);
  }
  return error instanceof Error ? error.message : String(error);
}

/** One decoding under way. `path` up to `depth` leads to the value in hand; what lies beyond is left from before. */
interface Run {
  readonly path: (string | number)[];
  depth: number;
  readonly unknown: string[];
}

/** Returns its argument where nothing had to change. */
type Decoder = (value: unknown, run: Run, depth: number) => unknown;

const compiled = new WeakMap<SchemaNode, Decoder>();

function decoderOf(node: SchemaNode): Decoder {
  const known = compiled.get(node);
  if (known) return known;
  const made = compile(resolved(node));
  compiled.set(node, made);
  return made;
}

function compile(node: Exclude<SchemaNode, { type: 'lazy' }>): Decoder {
  if (node.type === 'object') return objectDecoder(node);
  if (node.type === 'list') return listDecoder(node);
  if (node.type === 'map') return mapDecoder(node);
  const scalar = scalarDecoder(node);
  return (value, run, depth) => {
    run.depth = depth;
    return scalar(value);
  };
}

/** What Go's omitempty leaves out, by how the field is held there. */
type Sheds = 'nothing' | 'zero' | 'emptyList' | 'emptyMap';

function shedsOf(node: SchemaNode): Sheds {
  if (node.required || node.pointer || node.nullable) return 'nothing';
  if (node.type === 'list') return 'emptyList';
  if (node.type === 'map') return 'emptyMap';
  return node.type === 'object' || node.type === 'lazy' || node.type === 'any' ? 'nothing' : 'zero';
}

function isShed(sheds: Sheds, value: unknown): boolean {
  switch (sheds) {
    case 'nothing': return false;
    case 'zero': return value === '' || value === 0 || value === false;
    case 'emptyList': return (value as readonly unknown[]).length === 0;
    case 'emptyMap':
      for (const _ in value as object) return false;
      return true;
  }
}

/** A declared field; its decoder is compiled when the field is first met. */
interface Entry {
  readonly node: SchemaNode;
  readonly nullable: boolean;
  readonly sheds: Sheds;
  decode: Decoder | undefined;
}

function objectDecoder(node: ObjectNode): Decoder {
  const entries = new Map<string, Entry>();
  for (const [name, field] of Object.entries(node.fields)) {
    entries.set(name, { node: field, nullable: field.nullable === true, sheds: shedsOf(field), decode: undefined });
  }
  return (value, run, depth) => {
    run.depth = depth;
    if (!isRecord(value)) throw new Mismatch(value);
    if (depth > MAX_DEPTH) throw new Error('exceeded max depth');
    let copy: Record<string, unknown> | undefined;
    for (const key in value) {
      const before = value[key];
      const entry = entries.get(key);
      run.path[depth] = key;
      const after = entry ? decodeField(entry, before, run, depth) : undeclared(node, before, run, depth);
      if (after !== before || after === undefined) copy ??= upTo(value, key);
      if (copy && after !== undefined) setOwn(copy, key, after);
    }
    return copy ?? value;
  };
}

function decodeField(entry: Entry, before: unknown, run: Run, depth: number): unknown {
  if (before === null || before === undefined) return entry.nullable && before === null ? null : undefined;
  const after = (entry.decode ??= decoderOf(entry.node))(before, run, depth + 1);
  return entry.sheds !== 'nothing' && isShed(entry.sheds, after) ? undefined : after;
}

function undeclared(node: ObjectNode, value: unknown, run: Run, depth: number): unknown {
  if (node.preserveUnknown) return value;
  if (value !== undefined) run.unknown.push(pathText(run.path.slice(0, depth + 1)));
  return undefined;
}

/** The fields that come before `end`, in a new object. */
function upTo(value: Readonly<Record<string, unknown>>, end: string): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key in value) {
    if (key === end) break;
    setOwn(copy, key, value[key]);
  }
  return copy;
}

function listDecoder(node: ListNode): Decoder {
  let decodeItem: Decoder | undefined;
  return (value, run, depth) => {
    run.depth = depth;
    if (!Array.isArray(value)) throw new Mismatch(value);
    const list: readonly unknown[] = value;
    decodeItem ??= decoderOf(node.items);
    let copy: unknown[] | undefined;
    for (let position = 0; position < list.length; position++) {
      const before = list[position];
      run.path[depth] = position;
      const after = before === null || before === undefined ? zeroOf(node.items, run, depth + 1) : decodeItem(before, run, depth + 1);
      if (after !== before) copy ??= list.slice();
      if (copy) copy[position] = after;
    }
    return copy ?? list;
  };
}

function mapDecoder(node: MapNode): Decoder {
  let decodeValue: Decoder | undefined;
  return (value, run, depth) => {
    run.depth = depth;
    if (!isRecord(value)) throw new Mismatch(value);
    decodeValue ??= decoderOf(node.values);
    let copy: Record<string, unknown> | undefined;
    for (const key in value) {
      const before = value[key];
      run.path[depth] = key;
      const after = before === undefined ? undefined : before === null ? zeroOf(node.values, run, depth + 1) : decodeValue(before, run, depth + 1);
      if (after !== before || after === undefined) copy ??= upTo(value, key);
      if (copy && after !== undefined) setOwn(copy, key, after);
    }
    return copy ?? value;
  };
}

/** What Go makes of null where a list or a map holds values, not pointers. */
function zeroOf(schema: SchemaNode, run: Run, depth: number): unknown {
  const node = resolved(schema);
  if (node.nullable) return null;
  switch (node.type) {
    case 'object': return decoderOf(schema)({}, run, depth);
    case 'map': return {};
    case 'list': return [];
    case 'string':
    case 'bytes': return '';
    case 'int32':
    case 'int64':
    case 'double':
    case 'intOrString': return 0;
    case 'boolean': return false;
    case 'quantity': return '0';
    case 'duration': return '0s';
    case 'any': return null;
    default: throw new Mismatch(null, goType(node));
  }
}
