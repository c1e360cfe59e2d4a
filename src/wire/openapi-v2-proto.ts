/**
 * A Swagger 2.0 document as protobuf, the only form of `/openapi/v2` that kubectl before 1.27 accepts. Message and field numbers:
 * gnostic's OpenAPIv2.proto. Each message below is a table from JSON property to field number and type.
 */
import { joinBytes } from '../base/join-bytes.ts';
import { ProtobufWriter } from '../base/protobuf-writer.ts';

type Json = Readonly<Record<string, unknown>>;
type Write = (writer: ProtobufWriter, field: number, value: unknown) => void;
type Message = Readonly<Record<string, readonly [number: number, write: Write]>> & { readonly [EXTENSIONS]?: number };

/** The field that takes every `x-…` property. */
const EXTENSIONS = Symbol('vendor extensions');

/** The document's maps, each written entry by entry. */
export type Section = 'paths' | 'definitions' | 'parameters';

/** The document around the entries of its maps, all of which {@link encodeEntry} wrote. */
export function encodeOpenApiV2(head: unknown, sections: Readonly<Record<Section, readonly Uint8Array[]>>): Uint8Array {
  const writer = new ProtobufWriter();
  writeFields(writer, head as Json, HEAD);
  for (const [name, entries] of Object.entries(sections)) writer.bytes(SECTIONS[name as Section].field, joinBytes(entries));
  return writer.finish();
}

/** One path, definition or parameter under its name. */
export function encodeEntry(section: Section, name: string, value: unknown): Uint8Array {
  const { entries, write } = SECTIONS[section];
  const writer = new ProtobufWriter();
  writeNamed(writer, entries, name, (entry) => write(entry, 2, value));
  return writer.finish();
}

function writeFields(writer: ProtobufWriter, object: Json, message: Message): void {
  for (const [name, value] of Object.entries(object)) {
    const known = Object.hasOwn(message, name) ? message[name] : undefined;
    if (known) known[1](writer, known[0], value);
    else if (name.startsWith('x-') && message[EXTENSIONS] !== undefined) writeNamed(writer, message[EXTENSIONS], name, (inner) => any(inner, 2, value));
  }
}

function writeNamed(writer: ProtobufWriter, field: number, name: string, value: (inner: ProtobufWriter) => void): void {
  writer.message(field, (inner) => {
    inner.string(1, name);
    value(inner);
  });
}

const text: Write = (writer, field, value) => void (value !== '' && writer.string(field, value as string));
const flag: Write = (writer, field, value) => void (value === true && writer.uint(field, true));
const whole: Write = (writer, field, value) => void writer.uint(field, value as number);
const real: Write = (writer, field, value) => void writer.double(field, value as number);
/** YAML text; JSON is YAML. */
const any: Write = (writer, field, value) => void writer.message(field, (inner) => inner.string(2, `${JSON.stringify(value)}\n`));
const each = (write: Write): Write => (writer, field, value) => {
  for (const item of value as readonly unknown[]) write(writer, field, item);
};
const nested = (message: () => Message): Write => (writer, field, value) =>
  void writer.message(field, (inner) => writeFields(inner, value as Json, message()));
/** A map, as a message that repeats named values. */
const named = (write: Write): Write => (writer, field, value) =>
  void writer.message(field, (inner) => {
    for (const [name, item] of Object.entries(value as Json)) writeNamed(inner, 1, name, (entry) => write(entry, 2, item));
  });

const schema = nested(() => SCHEMA);

/** `additionalProperties`: a schema or a boolean. */
const additional: Write = (writer, field, value) =>
  void writer.message(field, (inner) => (typeof value === 'boolean' ? inner.uint(2, value) : schema(inner, 1, value)));
const typeItem: Write = (writer, field, value) => void writer.message(field, (inner) => each(text)(inner, 1, [value].flat()));
const itemsItem: Write = (writer, field, value) => void writer.message(field, (inner) => each(schema)(inner, 1, [value].flat()));
const schemaItem: Write = (writer, field, value) => void writer.message(field, (inner) => schema(inner, 1, value));

const SCHEMA: Message = {
  $ref: [1, text], format: [2, text], title: [3, text], description: [4, text], default: [5, any], maximum: [7, real], minimum: [9, real],
  maxLength: [11, whole], minLength: [12, whole], pattern: [13, text], maxItems: [14, whole], minItems: [15, whole], uniqueItems: [16, flag],
  required: [19, each(text)], enum: [20, each(any)], additionalProperties: [21, additional], type: [22, typeItem], items: [23, itemsItem],
  allOf: [24, each(schema)], properties: [25, named(schema)], [EXTENSIONS]: 31,
};

const BODY_PARAMETER: Message = { description: [1, text], name: [2, text], in: [3, text], required: [4, flag], schema: [5, schema] };
const QUERY_PARAMETER: Message = { required: [1, flag], in: [2, text], description: [3, text], name: [4, text], type: [6, text], format: [7, text], uniqueItems: [20, flag] };
const PATH_PARAMETER: Message = { required: [1, flag], in: [2, text], description: [3, text], name: [4, text], type: [5, text], format: [6, text], uniqueItems: [19, flag] };

/** Parameter → body or NonBodyParameter → query or path: each a choice in a message of its own. */
const definedParameter: Write = (writer, field, value) =>
  void writer.message(field, (choice) => {
    const at = (value as Json).in;
    if (at === 'body') return void choice.message(1, (inner) => writeFields(inner, value as Json, BODY_PARAMETER));
    choice.message(2, (other) => other.message(at === 'path' ? 4 : 3, (inner) => writeFields(inner, value as Json, at === 'path' ? PATH_PARAMETER : QUERY_PARAMETER)));
  });
/** ParametersItem: a parameter, or a reference to one. */
const parameter: Write = (writer, field, value) =>
  void writer.message(field, (item) => {
    const { $ref } = value as { readonly $ref?: string };
    if ($ref === undefined) definedParameter(item, 1, value);
    else item.message(2, (reference) => reference.string(1, $ref));
  });

const RESPONSE: Message = { description: [1, text], schema: [2, schemaItem] };
const responseValue: Write = (writer, field, value) => void writer.message(field, (inner) => nested(() => RESPONSE)(inner, 1, value));

const OPERATION: Message = {
  tags: [1, each(text)], summary: [2, text], description: [3, text], operationId: [5, text], produces: [6, each(text)], consumes: [7, each(text)],
  parameters: [8, each(parameter)], responses: [9, named(responseValue)], schemes: [10, each(text)], [EXTENSIONS]: 13,
};
const operation = nested(() => OPERATION);

const PATH_ITEM: Message = {
  get: [2, operation], put: [3, operation], post: [4, operation], delete: [5, operation], options: [6, operation], head: [7, operation], patch: [8, operation],
  parameters: [9, each(parameter)], [EXTENSIONS]: 10,
};

const INFO: Message = { title: [1, text], version: [2, text], description: [3, text] };
const API_KEY: Message = { type: [1, text], name: [2, text], in: [3, text], description: [4, text] };
/** SecurityDefinitionsItem: apiKey is its second choice. */
const securityDefinition: Write = (writer, field, value) => void writer.message(field, (inner) => nested(() => API_KEY)(inner, 2, value));
/** A requirement names a definition and its scopes: a map of string lists. */
const requirement = named((writer, field, value) => void writer.message(field, (inner) => each(text)(inner, 1, value)));

const HEAD: Message = { swagger: [1, text], info: [2, nested(() => INFO)], security: [12, each(requirement)], securityDefinitions: [13, named(securityDefinition)], [EXTENSIONS]: 16 };
const SECTIONS: Readonly<Record<Section, { readonly field: number; readonly entries: number; readonly write: Write }>> = {
  paths: { field: 8, entries: 2, write: nested(() => PATH_ITEM) },
  definitions: { field: 9, entries: 1, write: schema },
  parameters: { field: 10, entries: 1, write: definedParameter },
};
