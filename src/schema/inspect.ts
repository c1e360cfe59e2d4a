import type { SchemaNode } from './node.ts';
import { GO_TYPES, parserComplaint, SCALARS } from './scalar.ts';

/** Walks a value beside its schema, slowly: only when a fast decoder has found that something is wrong. */

/** `spec.containers[0].foo` of everything that the schema does not declare, in the input's order. */
export function unknownFields(node: SchemaNode, value: unknown, path = ''): string[] {
  if (node.type === 'lazy') return unknownFields(node.resolve(), value, path);
  if (Array.isArray(value)) return node.type === 'list' ? value.flatMap((item, at) => unknownFields(node.items, item, `${path}[${at}]`)) : [];
  if (typeof value !== 'object' || value === null) return [];
  if (node.type === 'map') return Object.entries(value).flatMap(([key, item]) => unknownFields(node.values, item, join(path, key)));
  if (node.type !== 'object') return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const field = Object.hasOwn(node.fields, name) ? node.fields[name] : undefined;
    if (field) return unknownFields(field, item, join(path, name));
    return node.preserveUnknown ? [] : [join(path, name)];
  });
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** Go's complaint about the first value of the wrong type. */
export function firstMismatch(node: SchemaNode, value: unknown): string {
  return mismatch(node, value, { struct: '', path: '' }) ?? 'json: cannot unmarshal';
}

/** Where the walk is: the struct that holds the value, and the field names since the root, without list positions. */
interface Place {
  readonly struct: string;
  readonly path: string;
}

function mismatch(node: SchemaNode, value: unknown, place: Place): string | undefined {
  if (value === null || value === undefined) return undefined;
  switch (node.type) {
    case 'lazy': return mismatch(node.resolve(), value, place);
    case 'object': {
      if (typeof value !== 'object' || Array.isArray(value)) return complaint(node, value, place);
      const struct = goType(node).replace(/^.*\./, '');
      return first(Object.entries(value), ([name, item]) => {
        const field = Object.hasOwn(node.fields, name) ? node.fields[name] : undefined;
        return field && mismatch(field, item, { struct, path: join(place.path, name) });
      });
    }
    case 'map':
      if (typeof value !== 'object' || Array.isArray(value)) return complaint(node, value, place);
      return first(Object.values(value), (item) => mismatch(node.values, item, place));
    case 'list':
      if (!Array.isArray(value)) return complaint(node, value, place);
      return first(value, (item: unknown) => mismatch(node.items, item, place));
    default:
      if (SCALARS[node.type](value) !== undefined) return undefined;
      return parserComplaint(node.type, value) ?? complaint(node, value, place);
  }
}

function first<I>(items: readonly I[], look: (item: I) => string | undefined): string | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function complaint(node: SchemaNode, value: unknown, { struct, path }: Place): string {
  const where = path === '' ? 'Go value' : `Go struct field ${struct}.${path}`;
  return `json: cannot unmarshal ${jsonType(node, value)} into ${where} of type ${goType(node)}`;
}

function jsonType(node: SchemaNode, value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' && (node.type === 'int32' || node.type === 'int64' || node.type === 'intOrString')) return `number ${value}`;
  return typeof value;
}

function goType(node: SchemaNode): string {
  switch (node.type) {
    case 'lazy': return goType(node.resolve());
    case 'object': return node.name === undefined ? 'map[string]interface {}' : node.name.split('.').slice(-2).join('.');
    case 'map': return `map[string]${goType(node.values)}`;
    case 'list': return `[]${goType(node.items)}`;
    default: return GO_TYPES[node.type];
  }
}
