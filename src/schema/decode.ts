import { messageOf } from '../base/message-of.ts';
import { badRequest } from '../meta/api-error.ts';
import type { AnyObject } from '../meta/object.ts';
import { isRecord, setOwn } from '../meta/own.ts';
import { apiVersionOf } from '../meta/resource.ts';
import { MAX_DEPTH, Mismatch, scalarDecoder } from './decode-scalar.ts';
import { fillDefaults } from './defaults.ts';
import { goType, jsonKind, mismatchMessage, pathText } from './go-type.ts';
import { isShed, shedsOf, type Sheds } from './omit-empty.ts';
import { pruneList, pruneMap, pruneObject, upTo } from './json/prune.ts';
import type { Kind } from './kind.ts';
import { keepSpec, knownSpec } from './shared-specs.ts';
import { resolved, type ListNode, type MapNode, type ObjectNode, type SchemaNode } from './node.ts';

/** More is not told of one body, as upstream's decoder does. */
export const MAX_PROBLEMS = 100;

/** A decoded object and what in the input nobody declared, as `unknown field "spec.foo"`. */
export interface Decoded<T> {
  readonly value: T;
  readonly problems: readonly string[];
}

/**
 * Reads untrusted JSON as an instance: checks types, drops what is unknown, brings quantities and times into canonical
 * form, drops what Go's `omitempty` would not serve, fills in defaults. What need not change is shared with `json`, which
 * nobody may change afterwards. Compiled from the schema on first use.
 * @param refuse words the failure otherwise
 * @throws ApiError BadRequest in upstream's words where a value has the wrong type.
 */
export function decodeObject<T = AnyObject>(kind: Kind, json: unknown, refuse?: (why: string) => Error): Decoded<T> {
  const spec = knownSpec(kind, json);
  const { value, problems } = decodeKind<AnyObject>(kind, spec ? { ...(json as object), spec: undefined } : json, { keepsEmpty: false, refuse });
  const filled = fillDefaults(kind.schema, value) as AnyObject;
  const whole = spec ? { ...filled, spec } : filled;
  const object = kind.defaults ? kind.defaults(whole) : whole;
  if (!spec && problems.length === 0) keepSpec(kind, json, object as AnyObject);
  return { value: object as unknown as T, problems };
}

/** As `decodeObject`, without defaults: what the caller said, and no more. */
export const decodeBare = <T = AnyObject>(kind: Kind, json: unknown): Decoded<T> => decodeKind(kind, json, { keepsEmpty: false });

/** As `decodeBare`, with every false, 0 and '' kept: server-side apply owns what the caller said, however empty. */
export const decodeApplied = (kind: Kind, json: unknown): Decoded<AnyObject> => decodeKind(kind, json, { keepsEmpty: true });

function decodeKind<T>(kind: Kind, json: unknown, how: { keepsEmpty: boolean; refuse?: ((why: string) => Error) | undefined }): Decoded<T> {
  const { value, problems } = run<AnyObject>(kind.schema, json, { keepsEmpty: how.keepsEmpty, refuse: how.refuse ?? ((why) => cannotBeHandled(kind, why)) });
  const typed = value.kind === kind.kind && value.apiVersion === apiVersionOf(kind) ? value : { ...value, apiVersion: apiVersionOf(kind), kind: kind.kind };
  return { value: typed as unknown as T, problems };
}

/** Reads untrusted JSON by any schema, defaults filled in. `refuse` words the failure. */
export function decode<T>(schema: SchemaNode, json: unknown, refuse: (why: string) => Error = badRequest): Decoded<T> {
  const { value, problems } = canonicalize(schema, json, refuse);
  return { value: fillDefaults(schema, value) as T, problems };
}

/** As `decode`, without defaults. */
export const canonicalize = <T>(schema: SchemaNode, json: unknown, refuse: (why: string) => Error = badRequest): Decoded<T> =>
  run(schema, json, { refuse, keepsEmpty: false });

function run<T>(schema: SchemaNode, json: unknown, { refuse, keepsEmpty }: { refuse: (why: string) => Error; keepsEmpty: boolean }): Decoded<T> {
  const state: Run = { path: [], depth: 0, unknown: [], keepsEmpty };
  try {
    const value = json === null || json === undefined ? zeroOf(schema, state, 0) : decoderOf(schema)(json, state, 0);
    return { value: value as T, problems: state.unknown };
  } catch (error) {
    throw refuse(refusalOf(error, schema, state));
  }
}

/** The decoded object with every default filled in: the schema's, then the kind's own. */
export function applyDefaults<T extends object>(kind: Kind, object: T): T {
  const filled = fillDefaults(kind.schema, object) as AnyObject;
  return (kind.defaults ? kind.defaults(filled) : filled) as unknown as T;
}

/** For `fieldValidation=Strict`. @param problems `unknown field "spec.foo"`, `duplicate field "spec.bar"` */
export const strictError = (kind: Kind, problems: readonly string[]): Error => cannotBeHandled(kind, `strict decoding error: ${problems.join(', ')}`);

const cannotBeHandled = (kind: Kind, why: string) =>
  badRequest(`${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: ${why}`);

function refusalOf(error: unknown, schema: SchemaNode, run: Run): string {
  if (error instanceof Mismatch) {
    if (error.goType !== undefined) return `json: cannot unmarshal ${jsonKind(error.value, error.goType)} into Go value of type ${error.goType}`;
    return mismatchMessage(schema, run.path.slice(0, run.depth), error.value);
  }
  return messageOf(error);
}

/** One decoding under way. `path` up to `depth` leads to the value in hand; what lies beyond is left from before. */
interface Run {
  readonly path: (string | number)[];
  depth: number;
  readonly unknown: string[];
  /** Nothing is shed. */
  readonly keepsEmpty: boolean;
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
  if (node.json) return pruner(node);
  if (node.type === 'object') return objectDecoder(node);
  if (node.type === 'list') return listDecoder(node);
  if (node.type === 'map') return mapDecoder(node);
  const scalar = scalarDecoder(node);
  return (value, run, depth) => {
    run.depth = depth;
    return scalar(value);
  };
}

const decodeBelow = (node: SchemaNode, value: unknown, run: Run, depth: number): unknown => decoderOf(node)(value, run, depth);

function pruner(node: Exclude<SchemaNode, { type: 'lazy' }>): Decoder {
  if (node.type === 'object') return pruneObject(node, decodeBelow, undeclared);
  if (node.type === 'list') return pruneList(node, decodeBelow);
  return node.type === 'map' ? pruneMap(node, decodeBelow) : (value) => value;
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
  return entry.sheds !== 'nothing' && !run.keepsEmpty && isShed(entry.sheds, after) ? undefined : after;
}

function undeclared(node: ObjectNode, value: unknown, run: Run, depth: number): unknown {
  if (node.preserveUnknown) return value;
  if (value !== undefined && run.unknown.length < MAX_PROBLEMS) run.unknown.push(`unknown field ${JSON.stringify(pathText(run.path.slice(0, depth + 1)))}`);
  return undefined;
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
    case 'time':
    case 'microTime':
    case 'any': return null;
    default:
      run.depth = depth;
      throw new Mismatch(null, goType(node));
  }
}
