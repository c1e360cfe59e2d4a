import { badRequest } from '../meta/api-error.ts';
import type { AnyObject } from '../meta/object.ts';
import { apiVersionOf } from '../meta/resource.ts';
import type { Kind } from './kind.ts';
import type { ListNode, MapNode, ObjectNode, ScalarNode, SchemaNode } from './node.ts';
import { firstMismatch, unknownFields } from './inspect.ts';
import { SCALARS } from './scalar.ts';

/** A decoded object and what in the input nobody declared, as `unknown field "spec.foo"`. */
export interface Decoded<T> {
  readonly value: T;
  readonly problems: readonly string[];
}

/**
 * Reads untrusted JSON as an instance: checks types, drops what is unknown, brings quantities and times into canonical
 * form, drops what Go's `omitempty` would not serve, fills in defaults. The result is fresh but for values of type `any`, and
 * immutable. Compiled from the schema on first use.
 * @throws ApiError BadRequest in upstream's words where a value has the wrong type.
 */
export function decodeObject<T = AnyObject>(kind: Kind, json: unknown): Decoded<T> {
  const { value, problems } = decode<AnyObject>(kind.schema, json, (why) => cannotBeHandled(kind, why));
  const typed = value.kind === kind.kind && value.apiVersion === apiVersionOf(kind) ? value : { ...value, apiVersion: apiVersionOf(kind), kind: kind.kind };
  const filled = kind.defaults ? kind.defaults(typed) : typed;
  return { value: filled as unknown as T, problems };
}

/** Reads untrusted JSON by any schema. `refuse` words the failure. */
export function decode<T>(node: SchemaNode, json: unknown, refuse: (why: string) => Error = badRequest): Decoded<T> {
  const state: State = { unknown: false };
  try {
    const value = decoderOf(node, false)(json ?? {}, state) as T;
    return { value, problems: state.unknown ? unknownFields(node, json).map((path) => `unknown field ${JSON.stringify(path)}`) : [] };
  } catch (error) {
    if (error !== MISMATCH) throw error;
    throw refuse(firstMismatch(node, json));
  }
}

/** The object with every default filled in: for objects that were made, not read. */
export function applyDefaults<T extends object>(kind: Kind, object: T): T {
  return decodeObject<T>(kind, object).value;
}

const cannotBeHandled = (kind: Kind, why: string) =>
  badRequest(`${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: ${why}`);

interface State {
  unknown: boolean;
}

/** Of a non-null value. undefined: dropped, as if absent. Throws MISMATCH on a wrong type; who, where and why is found out then. */
type Decoder = (value: unknown, state: State) => unknown;

const MISMATCH = Symbol('a value of the wrong type');
const strict = new WeakMap<SchemaNode, Decoder>();
const lenient = new WeakMap<SchemaNode, Decoder>();

/** @param zeros whether absent required scalars are filled with Go's zero values, as in `status`, which nobody validates. */
function decoderOf(node: SchemaNode, zeros: boolean): Decoder {
  const cache = zeros ? lenient : strict;
  const known = cache.get(node);
  if (known) return known;
  // Recursive schemas meet themselves while being compiled: they get this indirection.
  let made: Decoder | undefined;
  cache.set(node, (value, state) => made!(value, state));
  made = compile(node, zeros);
  cache.set(node, made);
  return made;
}

function compile(node: SchemaNode, zeros: boolean): Decoder {
  switch (node.type) {
    case 'object': return objectDecoder(node, zeros);
    case 'map': return mapDecoder(node, zeros);
    case 'list': return listDecoder(node, zeros);
    case 'lazy': {
      let inner: Decoder | undefined;
      return (value, state) => (inner ??= decoderOf(node.resolve(), zeros))(value, state);
    }
    default: return scalarDecoder(node);
  }
}

function scalarDecoder(node: ScalarNode): Decoder {
  const read = SCALARS[node.type];
  if (node.type === 'any') return read;
  const keepsZero = node.pointer === true || node.required === true;
  return (value) => {
    const scalar = read(value);
    if (scalar === undefined) throw MISMATCH;
    return !keepsZero && (scalar === '' || scalar === 0 || scalar === false) ? undefined : scalar;
  };
}

interface FieldPlan {
  readonly decode: Decoder;
  readonly nullable: boolean;
}

function objectDecoder(node: ObjectNode, zeros: boolean): Decoder {
  const fields = new Map<string, FieldPlan>();
  const fills: { readonly name: string; readonly value: () => unknown }[] = [];
  for (const [name, field] of Object.entries(node.fields)) {
    const zerosBelow = zeros || (name === 'status' && isWhole(node));
    fields.set(name, { decode: decoderOf(field, zerosBelow), nullable: field.nullable === true });
    const value = filling(field, zerosBelow);
    if (value) fills.push({ name, value });
  }
  const keepsUnknown = node.preserveUnknown === true;
  return (value, state) => {
    if (typeof value !== 'object' || Array.isArray(value)) throw MISMATCH;
    const out: Record<string, unknown> = {};
    for (const name in value) {
      const given = (value as Record<string, unknown>)[name];
      const field = fields.get(name);
      if (field === undefined) {
        if (keepsUnknown) setOwn(out, name, given);
        else if (given !== undefined) state.unknown = true;
        continue;
      }
      if (given === null) {
        if (field.nullable) out[name] = null;
        continue;
      }
      if (given === undefined) continue;
      const decoded = field.decode(given, state);
      if (decoded !== undefined) out[name] = decoded;
    }
    for (let at = 0; at < fills.length; at++) {
      const { name, value: fill } = fills[at]!;
      if (out[name] === undefined) out[name] = fill();
    }
    return out;
  };
}

/** A whole API object, whose status the server itself writes. */
const isWhole = (node: ObjectNode): boolean => 'apiVersion' in node.fields && 'metadata' in node.fields;

const ZEROS: Partial<Record<SchemaNode['type'], unknown>> = { string: '', int32: 0, int64: 0, double: 0, boolean: false };

/** What fills the field when it is absent, made once and shared, or undefined. */
function filling(field: SchemaNode, zeros: boolean): (() => unknown) | undefined {
  if (field.default === undefined) {
    const zero = zeros && field.required === true ? ZEROS[field.type] : undefined;
    return zero === undefined ? undefined : () => zero;
  }
  if (typeof field.default !== 'object') return () => field.default;
  let made: unknown;
  return () => (made ??= decoderOf(field, zeros)(field.default, { unknown: false }) ?? field.default);
}

function mapDecoder(node: MapNode, zeros: boolean): Decoder {
  // A map's values have no omitempty of their own: `{"a": ""}` keeps its empty string.
  const decode = decoderOf(withZero(node.values), zeros);
  const keepsEmpty = node.pointer === true;
  return (value, state) => {
    if (typeof value !== 'object' || Array.isArray(value)) throw MISMATCH;
    const out: Record<string, unknown> = {};
    let empty = true;
    for (const key in value) {
      const given = (value as Record<string, unknown>)[key];
      if (given === undefined) continue;
      const decoded = given === null ? zeroOf(node.values) : decode(given, state);
      setOwn(out, key, decoded);
      empty = false;
    }
    return empty && !keepsEmpty ? undefined : out;
  };
}

function listDecoder(node: ListNode, zeros: boolean): Decoder {
  const decode = decoderOf(withZero(node.items), zeros);
  const keepsEmpty = node.pointer === true;
  return (value, state) => {
    if (!Array.isArray(value)) throw MISMATCH;
    if (value.length === 0) return keepsEmpty ? [] : undefined;
    const out: unknown[] = [];
    for (let at = 0; at < value.length; at++) {
      const given: unknown = value[at];
      out.push(decode(given === null || given === undefined ? zeroOf(node.items) : given, state));
    }
    return out;
  };
}

const kept = new WeakMap<SchemaNode, SchemaNode>();

/** The same node, its zero values kept: inside lists and maps there is nothing to omit. */
function withZero(node: SchemaNode): SchemaNode {
  if (node.type === 'object' || node.type === 'lazy' || node.pointer === true || node.required === true) return node;
  let copy = kept.get(node);
  if (!copy) kept.set(node, (copy = { ...node, pointer: true }));
  return copy;
}

/** What Go has where JSON says null inside a list or map. */
function zeroOf(node: SchemaNode): unknown {
  if (node.type === 'lazy') return zeroOf(node.resolve());
  return node.type === 'list' ? [] : (ZEROS[node.type] ?? (node.type === 'quantity' ? '0' : {}));
}

/** Assigns without ever reaching a prototype. */
function setOwn(out: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(out, name, { value, enumerable: true, configurable: true, writable: true });
  else out[name] = value;
}
