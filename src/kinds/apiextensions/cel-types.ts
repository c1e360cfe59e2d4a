/** The types that x-kubernetes-validations see a schema's values by, with the sizes that cost estimates count on. */
import { escapeIdentifier } from '../../cel/escape.ts';
import { BOOL, bounded, BYTES, type CelType, type FieldType, type ListType, DOUBLE, DURATION, DYN, INT, listOf, mapOf, type ObjectType, STRING, TIMESTAMP } from '../../cel/types.ts';
import type { JSONSchemaProps } from './json-schema-props.ts';
import { asSchema } from './schema-walk.ts';

/** What fits into one request, in bytes. */
const MAX_REQUEST = 3 * 1024 * 1024;
/** As JSON, quotes included. */
const MIN_TEXT = 2;
const FORMATS: Readonly<Record<string, { readonly type: CelType; readonly minSize: number; readonly maxSize: number }>> = {
  duration: { type: DURATION, minSize: 3, maxSize: 32 },
  date: { type: TIMESTAMP, minSize: 12, maxSize: 12 },
  'date-time': { type: TIMESTAMP, minSize: 22, maxSize: 37 },
};

export interface Declared {
  readonly type: CelType;
  /** Bytes of the smallest value there can be. */
  readonly minSize: number;
}

/** How often a value of this size can stand in one request. */
export const maxCardinality = ({ minSize }: Declared): number => Math.floor(MAX_REQUEST / (minSize + 1));

/** undefined for what expressions do not see: values nobody described. `isResource`: it has apiVersion, kind and metadata. */
export function declare(schema: JSONSchemaProps, isResource: boolean, name = 'selfType'): Declared | undefined {
  const known = (isResource ? resources : values).get(schema);
  if (known) return known.declared;
  const declared = declareNew(schema, isResource, name);
  (isResource ? resources : values).set(schema, { declared });
  return declared;
}

type Known = WeakMap<JSONSchemaProps, { readonly declared: Declared | undefined }>;
const resources: Known = new WeakMap();
const values: Known = new WeakMap();

function declareNew(schema: JSONSchemaProps, isResource: boolean, name: string): Declared | undefined {
  if (schema['x-kubernetes-int-or-string']) return { type: bounded(DYN, schema.maxLength === undefined ? MAX_REQUEST - 2 : schema.maxLength * 4), minSize: 1 };
  switch (schema.type) {
    case 'array': return declareList(schema, name);
    case 'object': return declareObject(schema, isResource, name);
    case 'string': return declareText(schema);
    case 'boolean': return { type: BOOL, minSize: 4 };
    case 'number': return { type: DOUBLE, minSize: 1 };
    case 'integer': return { type: INT, minSize: 1 };
    default: return undefined;
  }
}

const embeds = (schema: JSONSchemaProps): boolean => schema['x-kubernetes-embedded-resource'] === true;

/** In what way a list is more than one, and whether order counts for all that is in it. */
function keysOf({ 'x-kubernetes-list-type': type, 'x-kubernetes-list-map-keys': keys = [] }: JSONSchemaProps, items: CelType): Pick<ListType, 'keyed' | 'unordered'> {
  if (type === 'set') return { keyed: 'itself', unordered: true };
  if (type === 'map') return { keyed: keys, unordered: true };
  return loose(items);
}

const loose = ({ unordered: is }: CelType): { readonly unordered?: true } => (is ? { unordered: is } : {});

function declareList(schema: JSONSchemaProps, name: string): Declared | undefined {
  const itemSchema = asSchema(schema.items);
  const items = itemSchema && declare(itemSchema, embeds(itemSchema), `${name}.@idx`);
  if (!items) return undefined;
  const most = schema.maxItems ?? Math.floor((MAX_REQUEST - 2) / (items.minSize + 1));
  return { type: { ...bounded(listOf(items.type), Math.max(most, 0)), ...keysOf(schema, items.type) }, minSize: 2 };
}

function declareObject(schema: JSONSchemaProps, isResource: boolean, name: string): Declared | undefined {
  const valueSchema = asSchema(schema.additionalProperties);
  if (valueSchema) {
    const entries = declare(valueSchema, embeds(valueSchema), `${name}.@elem`);
    if (!entries) return undefined;
    const most = schema.maxProperties ?? Math.floor((MAX_REQUEST - 2) / (entries.minSize + 6));
    // Upstream counts keys as if they took no room.
    return { type: { ...bounded(mapOf(bounded(STRING, 0), entries.type), Math.max(most, 0)), ...loose(entries.type) }, minSize: 2 };
  }
  const properties = isResource ? { ...schema.properties, ...IDENTITY } : schema.properties ?? {};
  let minSize: number | undefined;
  return {
    type: { ...lateObject(name, properties), ...(isUnordered(schema) ? { unordered: true } : {}) },
    get minSize() {
      return (minSize ??= smallest(name, properties, schema.required));
    },
  };
}

type Properties = Readonly<Record<string, JSONSchemaProps>>;

const fieldOf = (name: string, property: string, schema: JSONSchemaProps): FieldType | undefined => {
  const declared = escapeIdentifier(property) === undefined ? undefined : declare(schema, embeds(schema), `${name}.${property}`);
  return declared && { property, type: declared.type };
};

/** Its fields are declared as they are asked for: rules speak of few of them. */
function lateObject(name: string, properties: Properties): ObjectType {
  let escaped: ReadonlyMap<string, string> | undefined;
  const known = new Map<string, FieldType | undefined>();
  return {
    kind: 'object', name,
    field(field) {
      if (known.has(field)) return known.get(field);
      escaped ??= new Map(Object.keys(properties).map((property) => [escapeIdentifier(property) ?? '', property]));
      const property = escaped.get(field);
      const found = property === undefined ? undefined : fieldOf(name, property, properties[property]!);
      known.set(field, found);
      return found;
    },
  };
}

function smallest(name: string, properties: Properties, needed: readonly string[] = []): number {
  let size = 2;
  for (const property of new Set(needed)) {
    const schema = Object.hasOwn(properties, property) ? properties[property] : undefined;
    const declared = schema && schema.default === undefined ? declare(schema, embeds(schema), `${name}.${property}`) : undefined;
    if (declared) size += property.length + declared.minSize + 4;
  }
  return size;
}

/** Whether order does not count for all that is in it: told from the schema, so that no type need be made for it. */
function isUnordered(schema: JSONSchemaProps): boolean {
  const known = unordered.get(schema);
  if (known !== undefined) return known;
  const below = asSchema(schema.type === 'array' ? schema.items : schema.additionalProperties);
  let is = false;
  if (schema['x-kubernetes-int-or-string']) is = false;
  else if (schema.type === 'array') is = below !== undefined && isDeclared(below) && (isSetOrMap(schema) || isUnordered(below));
  else if (schema.type === 'object' && below) is = isUnordered(below);
  else if (schema.type === 'object') for (const name in schema.properties) is ||= isUnordered(schema.properties[name]!) && escapeIdentifier(name) !== undefined;
  unordered.set(schema, is);
  return is;
}

const isSetOrMap = ({ 'x-kubernetes-list-type': type }: JSONSchemaProps): boolean => type === 'set' || type === 'map';

/** Whether expressions see it. */
function isDeclared(schema: JSONSchemaProps): boolean {
  if (schema['x-kubernetes-int-or-string']) return true;
  if (schema.type !== 'array' && schema.type !== 'object') return ['string', 'boolean', 'number', 'integer'].includes(schema.type ?? '');
  const below = asSchema(schema.type === 'array' ? schema.items : schema.additionalProperties);
  return below ? isDeclared(below) : schema.type === 'object';
}

const unordered = new WeakMap<JSONSchemaProps, boolean>();

const TEXT: JSONSchemaProps = { type: 'string' };
/** Of every resource, whatever its schema says. */
const IDENTITY: Readonly<Record<string, JSONSchemaProps>> = {
  apiVersion: TEXT, kind: TEXT, metadata: { type: 'object', properties: { name: TEXT, generateName: TEXT } },
};

function declareText({ format = '', maxLength, enum: allowed }: JSONSchemaProps): Declared {
  if (format === 'byte') return { type: bounded(BYTES, Math.max(maxLength ?? MAX_REQUEST - 2, 0)), minSize: MIN_TEXT };
  const known = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (known) return { type: bounded(known.type, known.maxSize), minSize: known.minSize };
  const longest = allowed?.length ? Math.max(0, ...allowed.map((value) => (typeof value === 'string' ? value.length : 0))) : MAX_REQUEST - 2;
  return { type: bounded(STRING, maxLength === undefined ? longest : Math.max(maxLength, 0) * 4), minSize: MIN_TEXT };
}
