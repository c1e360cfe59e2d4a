import { MalformedProtobuf, readFields, type WireField } from '../../base/protobuf-reader.ts';
import { setOwn } from '../../meta/own.ts';
import { resolved, type ObjectNode, type ScalarNode, type SchemaNode } from '../node.ts';
import { slotsOf, type Slot } from './plan.ts';
import { unionOf } from './unions.ts';

const MAX_DEPTH = 200;

/**
 * A message as the JSON it stands for, to be decoded like any other JSON. Fields the schema does not number are passed over.
 * @throws MalformedProtobuf
 */
export function decodeMessage(node: ObjectNode, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  return readMessage(node, bytes, 0);
}

type Out = Record<string, unknown>;

function readMessage(node: ObjectNode, bytes: Uint8Array, depth: number): Out {
  const out: Out = {};
  readSlots({ out, owner: node, depth }, slotsOf(node), bytes);
  return out;
}

interface Target {
  readonly out: Out;
  readonly owner: ObjectNode;
  readonly depth: number;
}

const byTag = new WeakMap<readonly Slot[], ReadonlyMap<number, Slot>>();

function tagged(slots: readonly Slot[]): ReadonlyMap<number, Slot> {
  let map = byTag.get(slots);
  if (!map) byTag.set(slots, (map = new Map(slots.map((slot) => [slot.tag, slot]))));
  return map;
}

function readSlots(target: Target, slots: readonly Slot[], bytes: Uint8Array): void {
  if (target.depth > MAX_DEPTH) throw new MalformedProtobuf('proto: exceeded max depth');
  const known = tagged(slots);
  for (const wire of readFields(bytes)) {
    const slot = known.get(wire.number);
    if (!slot) continue;
    if (slot.type === 'embedded') readSlots(target, slot.slots, bytesOf(wire));
    else readInto(target, { name: slot.name, node: resolved(slot.node) }, wire);
  }
}

type Node = Exclude<SchemaNode, { type: 'lazy' }>;

function readInto({ out, owner, depth }: Target, { name, node }: { name: string; node: Node }, wire: WireField): void {
  if (node.type === 'list') {
    const item = readValue(resolved(node.items), wire, { owner, depth, wrapped: true });
    ((out[name] ??= []) as unknown[]).push(item);
  } else if (node.type === 'map') {
    const { key, value } = readEntry(resolved(node.values), bytesOf(wire), { owner, depth });
      setOwn((out[name] ??= {}) as Out, key, value ?? null);
  } else {
    out[name] = readValue(node, wire, { owner, depth, wrapped: false });
  }
}

interface Place {
  readonly owner: ObjectNode;
  readonly depth: number;
}

function readEntry(values: Node, bytes: Uint8Array, place: Place): { key: string; value: unknown } {
  let key = '';
  let value: unknown = emptyOf(values);
  for (const wire of readFields(bytes)) {
    if (wire.number === 1) key = textOf(wire);
    else if (wire.number === 2) value = readValue(values, wire, { ...place, wrapped: true });
  }
  return { key, value };
}

const emptyOf = (node: Node): unknown => (node.type === 'string' || node.type === 'bytes' ? '' : node.type === 'list' ? [] : node.type === 'boolean' ? false : {});

/** `wrapped`: the value stands in a list or map, where a list is a message with its items in field 1. */
function readValue(node: Node, wire: WireField, place: Place & { readonly wrapped: boolean }): unknown {
  switch (node.type) {
    case 'object': return readMessage(node, bytesOf(wire), place.depth + 1);
    case 'list':
      return [...readFields(bytesOf(wire))].filter(({ number }) => number === 1).map((item) => readValue(resolved(node.items), item, { ...place, wrapped: true }));
    case 'map': throw new MalformedProtobuf('proto: a map within a list or map');
    default: return readScalar(node, wire, place);
  }
}

function readScalar(node: ScalarNode, wire: WireField, place: Place): unknown {
  switch (node.type) {
    case 'string':
    case 'duration': return textOf(wire);
    case 'int32':
    case 'int64':
    case 'double': return numberOf(wire);
    case 'boolean': return numberOf(wire) !== 0;
    case 'bytes': return toBase64(bytesOf(wire));
    case 'quantity': return textIn(bytesOf(wire), 1) || '0';
    case 'intOrString': return readIntOrString(bytesOf(wire));
    case 'time':
    case 'microTime': return readTime(bytesOf(wire), node.type);
    case 'any': return readAny(node, bytesOf(wire), place);
  }
}

function readAny(node: ScalarNode, bytes: Uint8Array, { owner, depth }: Place): unknown {
  const union = unionOf(node.name);
  if (!union) {
    const raw = [...readFields(bytes)].findLast(({ number }) => number === 1);
    return raw === undefined ? undefined : parseJson(textOf(raw));
  }
  const fields = [...readFields(bytes)];
  const schemas = (number: number) => fields.filter((one) => one.number === number).map((one) => readMessage(owner, bytesOf(one), depth + 1));
  if (union === 'bool') return schemas(2)[0] ?? fields.some((one) => one.number === 1 && numberOf(one) !== 0);
  const [schema] = schemas(1);
  if (schema) return schema;
  return union === 'array' ? schemas(2) : fields.filter(({ number }) => number === 2).map(textOf);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MalformedProtobuf('proto: raw JSON cannot be parsed', { cause });
  }
}

function readIntOrString(bytes: Uint8Array): number | string {
  const fields = [...readFields(bytes)];
  const last = (number: number) => fields.findLast((one) => one.number === number);
  const [type, whole, text] = [last(1), last(2), last(3)];
  if (type && numberOf(type) === 1) return text ? textOf(text) : '';
  return whole ? numberOf(whole) : 0;
}

/** An empty message is Go's zero time: absent. */
function readTime(bytes: Uint8Array, type: 'time' | 'microTime'): string | undefined {
  if (bytes.length === 0) return undefined;
  let seconds = 0;
  let nanos = 0;
  for (const wire of readFields(bytes)) {
    if (wire.number === 1) seconds = numberOf(wire);
    else if (wire.number === 2) nanos = numberOf(wire);
  }
  const at = new Date(seconds * 1000);
  if (Number.isNaN(at.getTime())) throw new MalformedProtobuf('proto: a time out of range');
  const text = at.toISOString().slice(0, 19);
  return type === 'time' ? `${text}Z` : `${text}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`;
}

function textIn(bytes: Uint8Array, number: number): string {
  const found = [...readFields(bytes)].findLast((one) => one.number === number);
  return found ? textOf(found) : '';
}

function bytesOf(wire: WireField): Uint8Array {
  if (wire.type !== 'bytes') throw new MalformedProtobuf(`proto: wrong wireType = ${wire.type === 'varint' ? 0 : 1} for field ${wire.number}`);
  return wire.value;
}

function numberOf(wire: WireField): number {
  if (wire.type === 'bytes') throw new MalformedProtobuf(`proto: wrong wireType = 2 for field ${wire.number}`);
  return wire.value;
}

const utf8 = new TextDecoder();
const textOf = (wire: WireField): string => utf8.decode(bytesOf(wire));

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}
