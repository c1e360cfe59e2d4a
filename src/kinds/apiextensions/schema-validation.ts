/** The schema of a custom resource's version, schema by schema; what its rules and defaults come to is looked at once it is sound. */
import { type FieldPath, forbidden, invalid, notSupported, required } from '../../meta/field-error.ts';
import type { Errors } from '../checks.ts';
import type { JSONSchemaProps, ValidationRule } from './json-schema-props.ts';
import { asSchema, findField, type Survey, surveyOf } from './schema-walk.ts';

/** What holds at a place in the schema because of what lies above. */
interface Place {
  readonly isRoot: boolean;
  /** Within apiVersion, kind or metadata of the resource or of one embedded. */
  readonly insideMeta: boolean;
  /** Why no defaults are allowed, if they are not. */
  readonly noDefaults?: string;
  readonly survey: Survey;
}

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const META = ['metadata', 'kind', 'apiVersion'];

export function schemaErrors(schema: JSONSchemaProps, at: FieldPath): Errors {
  return walk(schema, { isRoot: true, insideMeta: false, survey: surveyOf(schema) }, at);
}

function* walk(schema: JSONSchemaProps, place: Place, at: FieldPath): Errors {
  const { survey } = place;
  const isUnusual = place.isRoot || survey.has(schema, 'unusual');
  if (isUnusual) yield* unsupportedErrors(schema, place, at);
  if (schema.uniqueItems) yield forbidden(at.child('uniqueItems'), 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic');
  yield* fieldErrors(schema, place, at);
  const within = place.isRoot ? { ...place, isRoot: false } : place;
  const items = asSchema(schema.items);
  if (isUnusual) yield* junctorErrors(schema, within, at);
  if (items && survey.leads(items, 'unusual')) yield* walk(items, within, at.child('items'));
  if (!isUnusual) return;
  if (Array.isArray(schema.items)) for (const [index, one] of schema.items.entries()) yield* walk((asSchema(one) ?? {}), within, at.child('items').index(index));
  for (const [name, one] of Object.entries(schema.dependencies ?? {})) if (asSchema(one)) yield* walk(asSchema(one)!, within, at.child('dependencies').key(name));
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) yield invalid(at.child('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined');
  yield* mapErrors(schema, at);
  yield* listErrors(schema, at);
  yield* rulesErrors(schema, at);
}

function* junctorErrors(schema: JSONSchemaProps, within: Place, at: FieldPath): Errors {
  if (schema.not) yield* walk(schema.not, within, at.child('not'));
  for (const junctor of ['allOf', 'oneOf', 'anyOf'] as const) {
    for (const [index, one] of (schema[junctor] ?? []).entries()) yield* walk(one, within, at.child(junctor).index(index));
  }
  for (const [name, one] of Object.entries(schema.definitions ?? {})) yield* walk(one, within, at.child('definitions').key(name));
}

/** Fields by name, or any of one schema. */
function* fieldErrors(schema: JSONSchemaProps, place: Place, at: FieldPath): Errors {
  const { properties, additionalProperties } = schema;
  if (additionalProperties !== undefined) {
    const here = at.child('additionalProperties');
    if (properties && Object.keys(properties).length > 0 && additionalProperties !== true) yield forbidden(here, 'additionalProperties and properties are mutual exclusive');
    const values = asSchema(additionalProperties);
    const noDefaults = place.insideMeta ? { noDefaults: 'inside additionalProperties applying to object metadata' } : {};
    if (values && place.survey.leads(values, 'unusual')) yield* walk(values, { ...place, ...noDefaults, isRoot: false }, here);
  }
  const within = place.isRoot ? { ...place, isRoot: false } : place;
  const hasMeta = place.isRoot || schema['x-kubernetes-embedded-resource'] === true;
  for (const name in properties) {
    const property = properties[name]!;
    if (!place.survey.leads(property, 'unusual')) continue;
    const meta = hasMeta && META.includes(name) ? { ...within, insideMeta: true, ...(place.isRoot ? { noDefaults: `in top-level ${name}` } : {}) } : within;
    yield* walk(property, meta, at.child('properties').key(name));
  }
}

function* unsupportedErrors(schema: JSONSchemaProps, { insideMeta, noDefaults }: Place, at: FieldPath): Errors {
  const { type } = schema;
  if (type && !TYPES.includes(type)) yield notSupported(at.child('type'), type, TYPES);
  if (schema.default !== undefined && noDefaults) yield forbidden(at.child('default'), `must not be set ${noDefaults}`);
  const unsupported = (field: string) => forbidden(at.child(field), `${field} is not supported`);
  if (schema.id) yield unsupported('id');
  if (schema.additionalItems !== undefined) yield unsupported('additionalItems');
  if (Object.keys(schema.patternProperties ?? {}).length > 0) yield unsupported('patternProperties');
  if (Object.keys(schema.definitions ?? {}).length > 0) yield unsupported('definitions');
  if (schema.dependencies !== undefined) yield unsupported('dependencies');
  if (schema.$ref !== undefined) yield unsupported('$ref');
  if (type === 'null') yield forbidden(at.child('type'), 'type cannot be set to null, use nullable as an alternative');
  if (Array.isArray(schema.items) && schema.items.length > 0) yield forbidden(at.child('items'), 'items must be a schema object and not an array');
  if (insideMeta && schema['x-kubernetes-embedded-resource']) yield forbidden(at.child('x-kubernetes-embedded-resource'), 'must not be used inside of resource meta');
}

const MAP_TYPE = 'x-kubernetes-map-type';
const LIST_TYPE = 'x-kubernetes-list-type';
const LIST_KEYS = 'x-kubernetes-list-map-keys';

function* mapErrors({ type = '', [MAP_TYPE]: mapType }: JSONSchemaProps, at: FieldPath): Errors {
  if (mapType === undefined) return;
  const detail = 'must be object if x-kubernetes-map-type is specified';
  if (type !== 'object') yield type === '' ? required(at.child('type'), detail) : invalid(at.child('type'), type, detail);
  if (mapType !== 'atomic' && mapType !== 'granular') yield notSupported(at.child(MAP_TYPE), mapType, ['atomic', 'granular']);
}

function* listErrors(schema: JSONSchemaProps, at: FieldPath): Errors {
  const { type = '', [LIST_TYPE]: listType, [LIST_KEYS]: keys = [] } = schema;
  const items = asSchema(schema.items);
  const detail = 'must be array if x-kubernetes-list-type is specified';
  if (listType !== undefined && type !== 'array') yield type === '' ? required(at.child('type'), detail) : invalid(at.child('type'), type, detail);
  else if (listType === 'set' && items) yield* setErrors(items, at.child('items'));
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType)) yield notSupported(at.child(LIST_TYPE), listType, ['atomic', 'set', 'map']);
  if (keys.length > 0 && listType !== 'map') {
    const why = 'must be map if x-kubernetes-list-map-keys is non-empty';
    yield listType === undefined ? required(at.child(LIST_TYPE), why) : invalid(at.child(LIST_TYPE), listType, why);
  }
  if (listType === 'map') yield* keyedListErrors(schema, keys, at);
  if (items && (listType === 'set' || listType === 'map')) {
    if (items.nullable) yield forbidden(at.child('items').child('nullable'), `cannot be nullable when x-kubernetes-list-type is ${listType}`);
    if (listType === 'map') yield* keyErrors(items, keys, at.child('items').child('properties'));
  }
}

function* setErrors(items: JSONSchemaProps, at: FieldPath): Errors {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const [listType, mapType] = [items[LIST_TYPE], items[MAP_TYPE]];
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic') yield invalid(at.child(LIST_TYPE), listType, detail);
  if (items.type === 'object' && mapType !== 'atomic') yield invalid(at.child(MAP_TYPE), listType, detail);
}

function* keyedListErrors(schema: JSONSchemaProps, keys: readonly string[], at: FieldPath): Errors {
  const here = at.child('items');
  const items = asSchema(schema.items);
  if (keys.length === 0) yield required(at.child(LIST_KEYS), 'must not be empty if x-kubernetes-list-type is map');
  if (schema.items === undefined) yield required(here, 'must have a schema if x-kubernetes-list-type is map');
  else if (!items) yield invalid(here, schema.items, 'must only have a single schema if x-kubernetes-list-type is map');
  if (!items) return;
  if (items.type !== 'object') return void (yield invalid(here.child('type'), items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map"));
  for (const [index, key] of keys.entries()) {
    const property = items.properties && Object.hasOwn(items.properties, key) ? items.properties[key] : undefined;
    if (!property) yield invalid(at.child(LIST_KEYS), keys, 'entries must all be names of item properties');
    else if (property.type === 'array' || property.type === 'object') {
      yield invalid(here.child('properties').key(key).child('type'), items.type, "must be a scalar type if parent array's x-kubernetes-list-type is map");
    }
    if (keys.indexOf(key) < index) yield invalid(at.child(LIST_KEYS), keys, 'must not contain duplicate entries');
  }
}

/** What identifies an item is always there. */
function* keyErrors({ properties = {}, required: needed = [] }: JSONSchemaProps, keys: readonly string[], at: FieldPath): Errors {
  for (const key of keys) {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (!property) continue;
    if (!needed.includes(key) && property.default === undefined) {
      yield required(at.key(key).child('default'), 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property');
    }
    if (property.nullable) yield forbidden(at.key(key).child('nullable'), 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable');
  }
}

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const LINE_BREAK = /[\n\r]/;

function* rulesErrors(schema: JSONSchemaProps, at: FieldPath): Errors {
  for (const [index, rule] of (schema['x-kubernetes-validations'] ?? []).entries()) {
    const here = at.child('x-kubernetes-validations').index(index);
    yield* wordErrors(rule, here);
    const { messageExpression = '', reason, fieldPath = '' } = rule;
    if (messageExpression !== '' && messageExpression.trim() === '') yield required(here.child('messageExpression'), 'messageExpression must be non-empty if specified');
    if (reason !== undefined && !REASONS.includes(reason)) yield notSupported(here.child('reason'), reason, REASONS);
    if (fieldPath === '') continue;
    if (fieldPath.trim() === '') yield invalid(here.child('fieldPath'), fieldPath, 'fieldPath must be non-empty if specified');
    if (LINE_BREAK.test(fieldPath)) yield invalid(here.child('fieldPath'), fieldPath, 'fieldPath must not contain line breaks');
    if ('problem' in findField(fieldPath, schema)) yield invalid(here.child('fieldPath'), fieldPath, 'fieldPath must be a valid path');
  }
}

function* wordErrors({ rule, message = '' }: ValidationRule, at: FieldPath): Errors {
  const [text, words] = [rule.trim(), message.trim()];
  if (text === '') yield required(at.child('rule'), 'rule is not specified');
  else if (message !== '' && words === '') yield invalid(at.child('message'), message, 'message must be non-empty if specified');
  else if (LINE_BREAK.test(words)) yield invalid(at.child('message'), message, 'message must not contain line breaks');
  else if (LINE_BREAK.test(text) && words === '') yield required(at.child('message'), 'message must be specified if rule contains line breaks');
}
