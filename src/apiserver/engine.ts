import type { FieldError } from '../meta/field-error.ts';
import type { AnyObject } from '../meta/object.ts';
import { apiVersionOf } from '../meta/resource.ts';
import type { Kind } from '../schema/kind.ts';
import type { SchemaNode } from '../schema/node.ts';

/** What the pipeline needs of the schema engine, in one place. */
export interface Decoded {
  readonly object: AnyObject;
  /** `unknown field "spec.foo"`, for warnings or strict refusal. */
  readonly problems: readonly string[];
}

export function decodeObject(kind: Kind, body: Readonly<Record<string, unknown>>): Decoded {
  const object = { ...body, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: body['metadata'] ?? {} };
  return { object: withDefaults(kind, object as unknown as AnyObject), problems: [] };
}

export function withDefaults(kind: Kind, object: AnyObject): AnyObject {
  const filled = fill(kind.schema, object) as AnyObject;
  return kind.defaults ? (kind.defaults(filled) as AnyObject) : filled;
}

function fill(node: SchemaNode, value: unknown): unknown {
  if (node.type === 'object' && typeof value === 'object' && value !== null) {
    const out: Record<string, unknown> = { ...value };
    for (const [name, field] of Object.entries(node.fields)) {
      const given = out[name] ?? field.default;
      if (given !== undefined) out[name] = fill(field, given);
    }
    return out;
  }
  if (node.type === 'list' && Array.isArray(value)) return value.map((item) => fill(node.items, item));
  return value;
}

export function validateObject(_kind: Kind, _object: AnyObject, _old?: AnyObject, _scope?: string): readonly FieldError[] {
  return [];
}

export interface TableData {
  readonly columnDefinitions: readonly unknown[];
  readonly rows: readonly { readonly cells: readonly unknown[] }[];
}

export function tableOf(_kind: Kind, objects: readonly AnyObject[], _now: number): TableData {
  return {
    columnDefinitions: [{ name: 'Name', type: 'string', format: 'name', description: '', priority: 0 }],
    rows: objects.map(({ metadata }) => ({ cells: [metadata.name] })),
  };
}
