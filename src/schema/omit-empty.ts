import type { SchemaNode } from './node.ts';

/** What Go's omitempty leaves out, by how the field is held there. */
export type Sheds = 'nothing' | 'zero' | 'emptyList' | 'emptyMap';

export function shedsOf(node: SchemaNode): Sheds {
  if (node.pointer || node.nullable || node.json) return 'nothing';
  if (node.type === 'list') return keepsEmpty(node) ? 'nothing' : 'emptyList';
  if (node.type === 'map') return keepsEmpty(node) ? 'nothing' : 'emptyMap';
  return node.required || node.always || node.type === 'object' || node.type === 'lazy' || node.type === 'any' ? 'nothing' : 'zero';
}

/** An empty list or map stands where it is also the default, and so always served. */
const keepsEmpty = ({ default: made }: SchemaNode): boolean => typeof made === 'object' && made !== null && Object.keys(made).length === 0;

export function isShed(sheds: Sheds, value: unknown): boolean {
  switch (sheds) {
    case 'nothing': return false;
    case 'zero': return value === '' || value === 0 || value === false;
    case 'emptyList': return (value as readonly unknown[]).length === 0;
    case 'emptyMap':
      for (const _ in value as object) return false;
      return true;
  }
}
