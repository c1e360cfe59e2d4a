import { isRecord } from '../../meta/own.ts';
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
  const { properties, items, additionalProperties, ...rest } = schema;
  const inner = (one: JsonSchema): Json => published(one, dialect, common);
  const itemSchema = schemaIn(items);
  const valueSchema = schemaIn(additionalProperties);
  const whole: Record<string, unknown> = {
    ...rest,
    ...(properties ? { properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, inner(one)])) } : {}),
    ...(itemSchema ? { items: inner(itemSchema) } : items === undefined ? {} : { items }),
    ...(valueSchema ? { additionalProperties: inner(valueSchema) } : additionalProperties === undefined ? {} : { additionalProperties }),
  };
  const shown = dialect === 'v2' ? asSwagger(schema, whole) : whole;
  if (!schema['x-kubernetes-embedded-resource'] || (dialect === 'v2' && schema['x-kubernetes-preserve-unknown-fields'])) return shown;
  const needed = Array.isArray(shown['required']) ? (shown['required'] as readonly unknown[]) : [];
  return { ...withCommon(shown, common), required: [...new Set([...needed, 'kind', 'apiVersion'])] };
}

const NOT_IN_SWAGGER = ['allOf', 'anyOf', 'oneOf', 'not', 'nullable', 'default'];

function asSwagger(schema: JsonSchema, whole: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const shown: Record<string, unknown> = { ...whole };
  for (const name of NOT_IN_SWAGGER) delete shown[name];
  const keeps = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (schema.nullable || keeps) {
    delete shown['items'];
    delete shown['properties'];
  }
  if (schema.nullable || (keeps && schema.type === 'object') || (schema.type === 'array' && shown['items'] === undefined)) delete shown['type'];
  const values = schemaIn(schema.additionalProperties);
  const needed = values?.nullable ? [] : (schema.required ?? []).filter((name) => !isRecord(schema.properties) || !schema.properties[name]?.nullable);
  delete shown['required'];
  return needed.length > 0 ? { ...shown, required: needed } : shown;
}
