import type { ListNode, ObjectNode, ScalarNode, SchemaNode } from '../node.ts';
import { objectMeta } from '../object-meta.ts';
import { type JsonSchema, schemaIn } from './json-schema.ts';

/**
 * A structural schema as the runtime form that built-in kinds have too. The root's apiVersion, kind and metadata are the caller's to add.
 * See https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export function compileStructural(schema: JsonSchema): SchemaNode {
  const { type, description } = schema;
  const common = {
    json: schema,
    ...(schema.default === undefined || schema.default === null ? {} : { default: schema.default }),
    ...(schema.nullable ? { nullable: true } : {}),
    ...(description === undefined ? {} : { description }),
  };
  if (schema['x-kubernetes-int-or-string']) return { ...common, type: 'intOrString' };
  if (type === 'array') return { ...common, ...listOf(schema) };
  if (type === 'object' || schema.properties) return { ...common, ...fieldsOf(schema) };
  if (type === undefined || type === '') return { ...common, type: 'any', deduced: true };
  return { ...common, type: SCALARS[type] ?? 'any' };
}

const SCALARS: Readonly<Record<string, ScalarNode['type']>> = { string: 'string', integer: 'int64', number: 'double', boolean: 'boolean' };
const ANYTHING: SchemaNode = { type: 'any', deduced: true, json: {} };

function listOf(schema: JsonSchema): ListNode {
  const items = schemaIn(schema.items);
  const listType = schema['x-kubernetes-list-type'];
  return {
    type: 'list', items: items ? compileStructural(items) : ANYTHING,
    listType: listType === 'map' || listType === 'set' ? listType : 'atomic',
    keys: schema['x-kubernetes-list-map-keys'] ?? [],
  };
}

function fieldsOf(schema: JsonSchema): SchemaNode {
  const { properties = {}, additionalProperties } = schema;
  const atomic = schema['x-kubernetes-map-type'] === 'atomic' ? { atomic: true } : {};
  const names = Object.keys(properties);
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  const values = schemaIn(additionalProperties);
  if (names.length === 0 && values && !isEmbedded) return { type: 'map', values: compileStructural(values), ...atomic };
  const fields = Object.fromEntries(names.map((name) => [name, compileStructural(properties[name]!)]));
  const keepsAll = schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true;
  const node: ObjectNode = { type: 'object', fields, ...(keepsAll ? { preserveUnknown: true } : {}), ...atomic };
  return isEmbedded ? { ...node, fields: { ...fields, ...EMBEDDED } } : node;
}

/** What every object has is an embedded one's too, whatever its schema says of it. */
const EMBEDDED: Readonly<Record<string, SchemaNode>> = {
  apiVersion: { type: 'string', json: { type: 'string' } },
  kind: { type: 'string', json: { type: 'string' } },
  metadata: objectMeta().node,
};
