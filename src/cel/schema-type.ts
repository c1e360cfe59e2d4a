import { type ObjectNode, resolved, type SchemaNode } from '../schema/node.ts';
import { escapeIdentifier } from './escape.ts';
import { BOOL, BYTES, type CelType, DOUBLE, DYN, type FieldType, INT, listOf, mapOf, type ObjectType, STRING, TIMESTAMP } from './types.ts';

const known = new WeakMap<object, CelType>();

/** The type of values that a schema describes; what it leaves open is `dyn`. */
export function typeOfSchema(schema: SchemaNode, name = 'object'): CelType {
  const node = resolved(schema);
  const before = known.get(node);
  if (before) return before;
  const type = typeOf(node, name);
  known.set(node, type);
  return type;
}

function typeOf(node: ReturnType<typeof resolved>, name: string): CelType {
  switch (node.type) {
    case 'object':
      return node.preserveUnknown && Object.keys(node.fields).length === 0 ? DYN : objectType(node, name);
    case 'map':
      return mapOf(STRING, typeOfSchema(node.values, `${name}.@values`));
    case 'list': {
      const list = listOf(typeOfSchema(node.items, `${name}.@items`));
      return node.maxItems === undefined ? list : { ...list, maxSize: node.maxItems };
    }
    case 'boolean':
      return BOOL;
    case 'int32':
    case 'int64':
      return INT;
    case 'double':
      return DOUBLE;
    case 'bytes':
      return BYTES;
    case 'time':
    case 'microTime':
      return TIMESTAMP;
    case 'string':
    case 'quantity':
    case 'duration':
      return STRING;
    default:
      return DYN;
  }
}

/** Its fields' types are found out when they are asked for: schemas contain themselves. */
function objectType(node: ObjectNode, name: string): ObjectType {
  let properties: ReadonlyMap<string, string> | undefined;
  const fields = new Map<string, FieldType | undefined>();
  const title = node.name ?? name;
  return {
    kind: 'object',
    name: title,
    field(field) {
      if (fields.has(field)) return fields.get(field);
      properties ??= new Map(Object.keys(node.fields).flatMap((property) => {
        const escaped = escapeIdentifier(property);
        return escaped === undefined ? [] : [[escaped, property] as const];
      }));
      const property = properties.get(field);
      const type = property === undefined ? undefined : { property, type: typeOfSchema(node.fields[property]!, `${title}.${property}`) };
      fields.set(field, type);
      return type;
    },
  };
}
