import { pathText } from '../../../schema/apply/field-set.ts';
import { partsOf } from '../../../schema/apply/walk.ts';
import { resolved, type SchemaNode } from '../../../schema/node.ts';

/** Whether server-side apply takes a value of this schema as one. */
function isAtomic(node: ReturnType<typeof resolved>, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  switch (node.type) {
    case 'list':
      return node.listType === 'atomic';
    case 'object':
    case 'map':
      return node.atomic === true;
    default:
      return false;
  }
}

/** Where a partial object has lists, maps or structs that would replace what is there whole: what it leaves out would be lost. */
export function* atomicsIn(schema: SchemaNode, value: unknown, path: readonly string[] = []): Iterable<string> {
  const node = resolved(schema);
  if (isAtomic(node, value)) return void (yield pathText(path));
  for (const part of partsOf(schema, value)) yield* atomicsIn(part.schema, part.value, [...path, part.step]);
}
