import { ProtobufWriter } from '../../base/protobuf-writer.ts';
import { resolved, type ListNode, type MapNode, type ObjectNode, type ScalarNode, type SchemaNode } from '../node.ts';
import { slotsOf, type Slot } from './plan.ts';
import { unionOf } from './unions.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * A decoded value as the protobuf message Go writes for it: fields in order of their numbers, maps in order of their keys, zero values
 * where Go holds no pointer.
 */
export function encodeMessage(node: ObjectNode, value: unknown): Uint8Array {
  const writer = new ProtobufWriter();
  writeMessage(writer, node, value as Json);
  return writer.finish();
}

function writeMessage(writer: ProtobufWriter, node: ObjectNode, value: Json): void {
  for (const slot of slotsOf(node)) writeSlot(writer, slot, { value, owner: node });
}

interface Held {
  readonly value: Json;
  /** The object that declares the field: what JSONSchemaProps' unions refer back to. */
  readonly owner: ObjectNode;
}

function writeSlot(writer: ProtobufWriter, slot: Slot, held: Held): void {
  if (slot.type === 'field') return writeField(writer, { tag: slot.tag, node: resolved(slot.node), owner: held.owner }, held.value[slot.name]);
  if (slot.slots.every((inner) => isAbsent(inner, held.value)) && !slot.slots.some(writesZero)) return;
  writer.message(slot.tag, (inner) => {
    for (const below of slot.slots) writeSlot(inner, below, held);
  });
}

const isAbsent = (slot: Slot, value: Json): boolean =>
  slot.type === 'field' ? value[slot.name] === undefined : slot.slots.every((inner) => isAbsent(inner, value));

const writesZero = (slot: Slot): boolean =>
  slot.type === 'field' ? zeroOf(resolved(slot.node)) !== undefined : slot.slots.some(writesZero);

interface Field {
  readonly tag: number;
  readonly node: Exclude<SchemaNode, { type: 'lazy' }>;
  readonly owner: ObjectNode;
}

const ZEROS: Partial<Record<SchemaNode['type'], unknown>> = { string: '', int32: 0, int64: 0, double: 0, boolean: false };

/** What Go writes for an absent scalar it holds no pointer to. */
const zeroOf = (node: SchemaNode): unknown => (node.pointer ? undefined : ZEROS[node.type]);

function writeField(writer: ProtobufWriter, field: Field, value: unknown): void {
  const present = value ?? zeroOf(field.node);
  if (present === undefined || present === null) return;
  switch (field.node.type) {
    case 'object': return void writer.message(field.tag, (inner) => writeMessage(inner, field.node as ObjectNode, present as Json));
    case 'list': return writeList(writer, { ...field, node: field.node }, present as readonly unknown[]);
    case 'map': return writeMap(writer, { ...field, node: field.node }, present as Json);
    default: return writeScalar(writer, { ...field, node: field.node }, present);
  }
}

function writeList(writer: ProtobufWriter, { tag, node, owner }: Field & { node: ListNode }, items: readonly unknown[]): void {
  const item = resolved(node.items);
  for (const value of items) writeItem(writer, { tag, node: item, owner }, value);
}

/** A list within a list or map is a message of its own with the items in field 1 (authentication's ExtraValue). */
function writeItem(writer: ProtobufWriter, field: Field, value: unknown): void {
  const { tag, node, owner } = field;
  if (value === null && (node.type === 'time' || node.type === 'microTime')) return void writer.message(tag, () => {}); // Go's zero time
  if (node.type !== 'list') return writeField(writer, field, value);
  writer.message(tag, (inner) => writeList(inner, { tag: 1, node, owner }, value as readonly unknown[]));
}

function writeMap(writer: ProtobufWriter, { tag, node, owner }: Field & { node: MapNode }, entries: Json): void {
  const values = resolved(node.values);
  for (const key of Object.keys(entries).toSorted()) {
    writer.message(tag, (entry) => {
      entry.string(1, key);
      writeItem(entry, { tag: 2, node: values, owner }, entries[key]);
    });
  }
}

function writeScalar(writer: ProtobufWriter, { tag, node, owner }: Field & { node: ScalarNode }, value: unknown): void {
  switch (node.type) {
    case 'string': return void writer.string(tag, value as string);
    case 'int32':
    case 'int64': return void writer.int(tag, value as number);
    case 'double': return void writer.double(tag, value as number);
    case 'boolean': return void writer.uint(tag, value as boolean);
    case 'bytes': return void writer.bytes(tag, fromBase64(value as string));
    case 'quantity': return void writer.message(tag, (inner) => inner.string(1, value as string));
    case 'intOrString': return void writer.message(tag, (inner) => writeIntOrString(inner, value as number | string));
    case 'time':
    case 'microTime': return void writer.message(tag, (inner) => writeTime(inner, value as string));
    case 'duration': return void writer.string(tag, value as string);
    case 'any': {
      const union = unionOf(node.name);
      return void writer.message(tag, (inner) => {
        if (!union) inner.bytes(1, encoder.encode(JSON.stringify(value)));
        else if (Array.isArray(value) && union === 'array') for (const item of value) inner.message(2, (one) => writeMessage(one, owner, item as Json));
        else if (Array.isArray(value)) for (const item of value) inner.string(2, item as string);
        else if (typeof value === 'boolean') inner.uint(1, value);
        else writeUnionSchema(inner, union, { value: value as Json, owner });
      });
    }
  }
}

function writeUnionSchema(writer: ProtobufWriter, union: 'array' | 'bool' | 'strings', { value, owner }: Held): void {
  if (union === 'bool') writer.uint(1, true);
  writer.message(union === 'bool' ? 2 : 1, (inner) => writeMessage(inner, owner, value));
}

const encoder = new TextEncoder();

function writeIntOrString(writer: ProtobufWriter, value: number | string): void {
  const isText = typeof value === 'string';
  writer.uint(1, isText ? 1 : 0).int(2, isText ? 0 : value).string(3, isText ? value : '');
}

function writeTime(writer: ProtobufWriter, text: string): void {
  const nanos = Number((/\.(\d+)/.exec(text)?.[1] ?? '').padEnd(9, '0').slice(0, 9));
  writer.int(1, Math.floor(Date.parse(text) / 1000)).int(2, nanos);
}

/** Bytes of canonical base64. */
export function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
