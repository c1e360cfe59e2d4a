import { isRecord, setOwn } from '../../meta/own.ts';
import { type JsonSchema, schemaIn } from '../json/json-schema.ts';
import type { Dialect, Json } from './definitions.ts';

/** What every object has, as documents tell of it. */
export interface CommonFields {
  readonly apiVersion: Json;
  readonly kind: Json;
  readonly metadata: Json;
}

/**
 * The definition of a custom resource from its declared schema: as it is in v3; in v2 without what Swagger 2.0 cannot say, or what makes
 * kubectl refuse fields that the server takes.
 */
export function customDefinition(schema: JsonSchema, dialect: Dialect, common: CommonFields): Json {
  // Whoever lists any field seems to forbid all others.
  if (!schema.properties || (dialect === 'v2' && schema['x-kubernetes-preserve-unknown-fields'])) {
    const { description } = schema;
    return schema.properties || dialect === 'v2' ? { type: 'object', ...(description ? { description } : {}) } : { ...withCommon(published(schema, dialect, common), common), type: 'object' };
  }
  return withCommon(published(schema, dialect, common), common);
}

const withCommon = (schema: Json, common: CommonFields): Json => ({ ...schema, properties: { ...(schema['properties'] as Json | undefined), ...common } });

function published(schema: JsonSchema, dialect: Dialect, common: CommonFields): Json {
  const whole = dialect === 'v2' ? asSwagger(schema, common) : asItIs(schema, common);
  if (!schema['x-kubernetes-embedded-resource'] || (dialect === 'v2' && schema['x-kubernetes-preserve-unknown-fields'])) return whole;
  const needed = Array.isArray(whole['required']) ? (whole['required'] as readonly unknown[]) : [];
  return { ...withCommon(whole, common), required: [...new Set([...needed, 'kind', 'apiVersion'])] };
}

const below = (part: unknown, dialect: Dialect, common: CommonFields): unknown => (schemaIn(part) ? published(schemaIn(part)!, dialect, common) : part);

function fieldsOf({ properties = {} }: JsonSchema, dialect: Dialect, common: CommonFields): Json {
  const fields: Record<string, unknown> = {};
  for (const name in properties) setOwn(fields, name, published(properties[name]!, dialect, common));
  return fields;
}

function asItIs(schema: JsonSchema, common: CommonFields): Json {
  const whole: Record<string, unknown> = {};
  for (const key in schema) {
    const value = schema[key as keyof JsonSchema];
    whole[key] = key === 'properties' ? fieldsOf(schema, 'v3', common) : key === 'items' || key === 'additionalProperties' ? below(value, 'v3', common) : value;
  }
  return whole;
}

function asSwagger(schema: JsonSchema, common: CommonFields): Json {
  const keeps = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const isOpen = keeps || schema.nullable === true;
  const isUntyped = schema.nullable === true || (keeps && schema.type === 'object') || (schema.type === 'array' && (isOpen || schema.items === undefined));
  const whole: Record<string, unknown> = {};
  for (const key in schema) {
    const value = schema[key as keyof JsonSchema];
    switch (key) {
      case 'allOf': case 'anyOf': case 'oneOf': case 'not': case 'nullable': case 'default':
        break;
      case 'type':
        if (!isUntyped) whole[key] = value;
        break;
      case 'properties':
        if (!isOpen) whole[key] = fieldsOf(schema, 'v2', common);
        break;
      case 'items':
        if (!isOpen) whole[key] = below(value, 'v2', common);
        break;
      case 'additionalProperties':
        whole[key] = below(value, 'v2', common);
        break;
      case 'required': {
        const needed = neededOf(schema);
        if (needed.length > 0) whole[key] = needed;
        break;
      }
      default:
        whole[key] = value;
    }
  }
  return whole;
}

/** What may be null need not be there, as Swagger 2.0 sees it. */
const neededOf = ({ required = [], properties, additionalProperties }: JsonSchema): readonly string[] =>
  schemaIn(additionalProperties)?.nullable ? [] : required.filter((name) => !isRecord(properties) || !properties[name]?.nullable);
