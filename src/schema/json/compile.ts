import type { ListNode, ObjectNode, ScalarNode, SchemaNode } from '../node.ts';
import { objectMeta } from '../object-meta.ts';
import { type JsonSchema, schemaIn } from './json-schema.ts';

/**
 * A structural schema as the runtime form that built-in kinds have too. The root's apiVersion, kind and metadata are the caller's to add.
 * See https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export function compileStructural(schema: JsonSchema): SchemaNode {
  const { type, description } = schema;
  const common: Common = {
    json: schema,
    ...(schema.default === undefined || schema.default === null ? {} : { default: schema.default }),
    ...(schema.nullable ? { nullable: true } : {}),
    ...(description === undefined ? {} : { description }),
  };
  if (schema['x-kubernetes-int-or-string']) return { ...common, type: 'intOrString' };
  if (type === 'array') return listOf(schema, common);
  if (type === 'object' || schema.properties) return fieldsOf(schema, common);
  if (type === undefined || type === '') return { ...common, type: 'any', deduced: true };
  return { ...common, type: SCALARS[type] ?? 'any' };
}

type Common = Pick<SchemaNode, 'json' | 'default' | 'nullable' | 'description'>;
const SCALARS: Readonly<Record<string, ScalarNode['type']>> = { string: 'string', integer: 'int64', number: 'double', boolean: 'boolean' };
const ANYTHING: SchemaNode = { type: 'any', deduced: true, json: {} };

/** What lies below is compiled when it is first asked for: of large definitions most is never met. */
function listOf(schema: JsonSchema, common: Common): ListNode {
  const items = schemaIn(schema.items);
  const listType = schema['x-kubernetes-list-type'];
  let compiled: SchemaNode | undefined;
  return {
    ...common, type: 'list', listType: listType === 'map' || listType === 'set' ? listType : 'atomic', keys: schema['x-kubernetes-list-map-keys'] ?? [],
    get items() {
      return (compiled ??= items ? compileStructural(items) : ANYTHING);
    },
  };
}

function fieldsOf(schema: JsonSchema, common: Common): SchemaNode {
  const { properties = {}, additionalProperties } = schema;
  const atomic = schema['x-kubernetes-map-type'] === 'atomic' ? { atomic: true } : {};
  const names = Object.keys(properties);
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  const values = schemaIn(additionalProperties);
  let compiledValues: SchemaNode | undefined;
  let compiled: ObjectNode['fields'] | undefined;
  if (names.length === 0 && values && !isEmbedded) {
    return {
      ...common, type: 'map', ...atomic,
      get values() {
        return (compiledValues ??= compileStructural(values));
      },
    };
  }
  const keepsAll = schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true;
  return {
    ...common, type: 'object', ...(keepsAll ? { preserveUnknown: true } : {}), ...atomic,
    get fields() {
      return (compiled ??= { ...Object.fromEntries(names.map((name) => [name, compileStructural(properties[name]!)])), ...(isEmbedded ? EMBEDDED : {}) });
    },
  };
}

/** What every object has is an embedded one's too, whatever its schema says of it. */
const EMBEDDED: Readonly<Record<string, SchemaNode>> = {
  apiVersion: { type: 'string', json: { type: 'string' } },
  kind: { type: 'string', json: { type: 'string' } },
  metadata: objectMeta().node,
};
