/**
 * Structural schemas: every value's type is said once, outside allOf, anyOf, oneOf and not, which may only restrict what is
 * specified beside them (KEP-1152). Pruning and defaulting count on it.
 */
import { type FieldError, type FieldPath, forbidden, invalid, required } from '../../meta/field-error.ts';
import { deepEqual } from '../../base/deep-equal.ts';
import { patternProblem } from '../../schema/json/pattern.ts';
import type { Errors } from '../checks.ts';
import type { JSONSchemaProps } from './json-schema-props.ts';
import { asSchema, type Survey, surveyOf } from './schema-walk.ts';

type Level = 'root' | 'item' | 'field';

const MISSING_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root', item: 'must not be empty for specified array items', field: 'must not be empty for specified object fields',
};
const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];

/** Found to be structural before: schemas are immutable, and large ones are asked about more than once. */
const sound = new WeakSet<JSONSchemaProps>();

/** In the order of their texts, for upstream's maps have none. */
export function structuralErrors(schema: JSONSchemaProps, at: FieldPath): readonly FieldError[] {
  if (sound.has(schema)) return [];
  const text = ({ field, message }: FieldError): string => `${field}: ${message}`;
  const errors = [...invariantErrors(schema, { level: 'root', survey: surveyOf(schema) }, at), ...completenessErrors(schema, schema, { schemaAt: at, at })].toSorted((a, b) => (text(a) < text(b) ? -1 : 1));
  if (errors.length === 0) sound.add(schema);
  return errors;
}

const preserves = (schema: JSONSchemaProps): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true;
const embeds = (schema: JSONSchemaProps): boolean => schema['x-kubernetes-embedded-resource'] === true;
const isIntOrString = (schema: JSONSchemaProps): boolean => schema['x-kubernetes-int-or-string'] === true;

function* invariantErrors(schema: JSONSchemaProps, { level, survey }: { readonly level: Level; readonly survey: Survey }, at: FieldPath): Errors {
  const { type = '', properties = {}, additionalProperties } = schema;
  const items = asSchema(schema.items);
  if (type === 'array' && !items) yield required(at.child('items'), 'must be specified');
  if (items && survey.leads(items, 'unusual')) yield* invariantErrors(items, { level: 'item', survey }, at.child('items'));
  for (const name in properties) {
    const property = properties[name]!;
    if (survey.leads(property, 'unusual')) yield* invariantErrors(property, { level: 'field', survey }, at.child('properties').key(name));
  }
  if (additionalProperties !== undefined) {
    const here = at.child('additionalProperties');
    if (level === 'root') yield forbidden(here, 'must not be used at the root');
    const values = asSchema(additionalProperties);
    if (values && survey.leads(values, 'unusual')) yield* invariantErrors(values, { level: 'field', survey }, here);
  }
  if (level !== 'root' && !survey.has(schema, 'unusual')) return;
  yield* extensionErrors(schema, at);
  yield* restrictionErrors(schema, { anyOf: deepEqual(schema.anyOf, INT_OR_STRING), allOf: deepEqual(schema.allOf?.[0]?.anyOf, INT_OR_STRING) }, at);
  yield* typeErrors(schema, level, at);
  if (level === 'root' || embeds(schema)) {
    for (const name of ['kind', 'apiVersion']) {
      if (properties[name] && properties[name].type !== 'string') yield invalid(at.child('properties').key(name).child('type'), properties[name].type ?? '', 'must be string');
    }
  }
  if (properties['metadata']) yield* metadataErrors(properties['metadata'], { level, checked: level === 'root' || embeds(schema) }, at.child('properties').key('metadata'));
  if (embeds(schema) && !preserves(schema) && Object.keys(properties).length === 0) {
    yield required(at.child('properties'), 'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields');
  }
}

function* typeErrors(schema: JSONSchemaProps, level: Level, at: FieldPath): Errors {
  const { type = '', additionalProperties } = schema;
  const embedded = 'must be object if x-kubernetes-embedded-resource is true';
  if (embeds(schema) && type !== 'object') yield type === '' ? required(at.child('type'), embedded) : invalid(at.child('type'), type, embedded);
  else if (type === '' && !isIntOrString(schema) && !preserves(schema)) yield required(at.child('type'), MISSING_TYPE[level]);
  if (embeds(schema) && additionalProperties !== undefined) yield forbidden(at.child('additionalProperties'), 'must not be used if x-kubernetes-embedded-resource is set');
  if (level === 'root' && type !== '' && type !== 'object') yield invalid(at.child('type'), type, 'must be object at the root');
}

function* extensionErrors(schema: JSONSchemaProps, at: FieldPath): Errors {
  if (!isIntOrString(schema)) return;
  const detail = 'must be false if x-kubernetes-int-or-string is true';
  if (preserves(schema)) yield invalid(at.child('x-kubernetes-preserve-unknown-fields'), true, detail);
  if (embeds(schema)) yield invalid(at.child('x-kubernetes-embedded-resource'), true, detail);
}

/** Metadata is everybody's: a schema may speak of the name alone. */
function* metadataErrors(schema: JSONSchemaProps, { level, checked }: { readonly level: Level; readonly checked: boolean }, at: FieldPath): Errors {
  if (checked && schema.type !== 'object') yield invalid(at.child('type'), schema.type ?? '', 'must be object');
  if (level !== 'root') return;
  const { type: _type, default: _default, properties, ...rest } = schema;
  const others = Object.keys(properties ?? {}).filter((name) => name !== 'name' && name !== 'generateName');
  if (others.length > 0 || Object.keys(rest).length > 0) yield forbidden(at, 'must not specify anything other than name and generateName, but metadata is implicitly specified');
}

/** Int-or-string is the one type that anyOf may say, on its own or first in allOf. */
interface Excused {
  readonly anyOf: boolean;
  readonly allOf: boolean;
}
const NOTHING: Excused = { anyOf: false, allOf: false };

function* restrictionErrors({ anyOf = [], allOf = [], oneOf = [], not, pattern }: JSONSchemaProps, excused: Excused, at: FieldPath): Errors {
  if (!excused.anyOf) for (const [index, one] of anyOf.entries()) yield* nestedErrors(one, NOTHING, at.child('anyOf').index(index));
  for (const [index, one] of allOf.entries()) yield* nestedErrors(one, { anyOf: excused.allOf && index === 0, allOf: false }, at.child('allOf').index(index));
  for (const [index, one] of oneOf.entries()) yield* nestedErrors(one, NOTHING, at.child('oneOf').index(index));
  if (not) yield* nestedErrors(not, NOTHING, at.child('not'));
  const problem = pattern ? patternProblem(pattern) : undefined;
  if (problem) yield invalid(at.child('pattern'), pattern, `must be a valid regular expression, but isn't: ${problem}`);
}

const MUST_BE_ABSENT: readonly (readonly [keyof JSONSchemaProps, string])[] = [
  ['type', 'empty'], ['additionalProperties', 'undefined'], ['default', 'undefined'], ['title', 'empty'], ['description', 'empty'], ['nullable', 'false'],
  ['x-kubernetes-preserve-unknown-fields', 'false'], ['x-kubernetes-embedded-resource', 'false'], ['x-kubernetes-int-or-string', 'false'],
  ['x-kubernetes-list-map-keys', 'empty'], ['x-kubernetes-list-type', 'undefined'], ['x-kubernetes-map-type', 'undefined'], ['x-kubernetes-validations', 'empty'],
];

const isSet = (value: unknown): boolean => value !== undefined && value !== false && value !== '' && !(Array.isArray(value) && value.length === 0);

function* nestedErrors(schema: JSONSchemaProps, excused: Excused, at: FieldPath): Errors {
  yield* restrictionErrors(schema, excused, at);
  const items = asSchema(schema.items);
  if (items) yield* nestedErrors(items, NOTHING, at.child('items'));
  for (const [name, property] of Object.entries(schema.properties ?? {})) yield* nestedErrors(property, NOTHING, at.child('properties').key(name));
  for (const [field, what] of MUST_BE_ABSENT) {
    if (isSet(schema[field])) yield forbidden(at.child(field), `must be ${what} to be structural`);
  }
  if (schema.properties?.['metadata']) yield forbidden(at.child('properties').key('metadata'), 'must not be specified in a nested context');
}

interface Places {
  readonly schemaAt: FieldPath;
  readonly at: FieldPath;
}

/** Whatever a restriction speaks of must be specified beside it. */
function* completenessErrors(restriction: JSONSchemaProps, schema: JSONSchemaProps | undefined, { schemaAt, at }: Places): Errors {
  if (!schema) return void (yield required(schemaAt, `because it is defined in ${at.toString()}`));
  if (restriction.not) yield* nestedCompleteness(restriction.not, schema, { schemaAt, at: at.child('not') });
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [index, one] of (restriction[junctor] ?? []).entries()) yield* nestedCompleteness(one, schema, { schemaAt, at: at.child(junctor).index(index) });
  }
}

function* nestedCompleteness(restriction: JSONSchemaProps, schema: JSONSchemaProps | undefined, { schemaAt, at }: Places): Errors {
  if (!schema) return void (yield required(schemaAt, `because it is defined in ${at.toString()}`));
  yield* completenessErrors(restriction, schema, { schemaAt, at });
  const items = asSchema(restriction.items);
  if (items) yield* nestedCompleteness(items, asSchema(schema.items), { schemaAt: schemaAt.child('items'), at: at.child('items') });
  for (const [name, property] of Object.entries(restriction.properties ?? {})) {
    const places = { schemaAt: schemaAt.child('properties').key(name), at: at.child('properties').key(name) };
    const counterpart = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    yield* nestedCompleteness(property, counterpart, places);
  }
}
