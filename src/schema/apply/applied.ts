import { ApiError, badRequest } from '../../meta/api-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import { decodeApplied } from '../decode.ts';
import type { Kind } from '../kind.ts';
import { isRecord } from '../../meta/own.ts';
import { resolved, type ListNode, type SchemaNode } from '../node.ts';
import { goMap } from '../strategic-merge.ts';
import { pathText } from './field-set.ts';
import { itemStep, partsOf } from './walk.ts';

/** Reads an applied configuration. @throws ApiError in upstream's words where it cannot be one of this kind */
export function readApplied(kind: Kind, json: Readonly<Record<string, unknown>>): AnyObject {
  const { apiVersion, metadata } = json;
  if (apiVersion !== apiVersionOf(kind)) {
    throw badRequest(`Incorrect version specified in apply patch. Specified patch version: ${String(apiVersion ?? '')}, expected: ${apiVersionOf(kind)}`);
  }
  if ((metadata as { managedFields?: unknown } | undefined)?.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  const faults = [...faultsOf(kind.schema, json, [])];
  if (faults.length > 0) throw untypable(kind, json, faults);
  return decodeApplied(kind, json).value;
}

function untypable(kind: Kind, json: Readonly<Record<string, unknown>>, faults: readonly string[]): ApiError {
  const { name = '', namespace = '' } = (json.metadata ?? {}) as { name?: string; namespace?: string };
  const what = faults.length === 1 ? faults[0]! : ['errors:', ...faults.map((fault) => `  ${fault}`)].join('\n');
  const id = `${namespace}/${name}; ${apiVersionOf(kind)}, Kind=${kind.kind}`;
  // Upstream gives no reason, and answers 500 where it is the caller who is wrong.
  return new ApiError('', `failed to create typed patch object (${id}): ${what}`, { code: 400 });
}

/**
 * What keeps a configuration from being merged by the schema: values of another type, undeclared fields, list items that are not told
 * apart. Null is a value of every type.
 */
function* faultsOf(schema: SchemaNode, value: unknown, path: readonly string[]): Iterable<string> {
  if (value === null || value === undefined) return;
  const node = resolved(schema);
  const wrong = mismatch(node, value);
  if (wrong !== undefined) yield `${pathText(path)}: ${wrong}`;
  else if (node.type === 'list') yield* listFaults(node, value as readonly unknown[], path);
  else if (node.type === 'map' || (node.type === 'object' && !node.preserveUnknown)) {
    for (const part of partsOf(node, value)) {
      const below = [...path, part.step];
      if (node.type === 'object' && !Object.hasOwn(node.fields, part.step.slice(2))) yield `${pathText(below)}: field not declared in schema`;
      else yield* faultsOf(part.schema, part.value, below);
    }
  }
}

function* listFaults(node: ListNode, items: readonly unknown[], path: readonly string[]): Iterable<string> {
  const seen = new Set<string>();
  for (const [position, item] of items.entries()) {
    const step = node.listType === 'atomic' ? `i:${position}` : itemStep(node, item);
    const unplaced = unplacedFault(node, item, step);
    // Who cannot be addressed is not looked into, nor is who follows.
    if (unplaced !== undefined) return void (yield `${pathText(path)}: element ${position}: ${unplaced}`);
    if (seen.has(step)) yield `${pathText(path)}: duplicate entries for key ${pathText([step])}`;
    seen.add(step);
    yield* faultsOf(node.items, item, [...path, step]);
  }
}

/** Why an item has no address within its list. */
function unplacedFault({ listType, keys }: ListNode, item: unknown, step: string): string | undefined {
  if (listType === 'set' && item === null) return "associative list without keys has an element that's an explicit null";
  if (listType !== 'map') return undefined;
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isRecord(item)) return 'associative list with keys may not have non-map elements';
  if (step !== 'k:{}') return undefined;
  return `associative list with keys has an element that omits all key fields [${keys.map((key) => JSON.stringify(key)).join(' ')}] (and doesn't have default values for any key fields)`;
}

const NUMBERS = new Set(['int32', 'int64', 'double']);
const TEXTS = new Set(['string', 'bytes']);

/** As upstream says it, which prints values as Go has them. */
function mismatch(node: Exclude<SchemaNode, { type: 'lazy' }>, value: unknown): string | undefined {
  const { type } = node;
  if (type === 'list') return Array.isArray(value) ? undefined : `expected list, got &{${goMap(value)}}`;
  if (type === 'object' || type === 'map') return isRecord(value) ? undefined : `expected map, got &{${goMap(value)}}`;
  if (type === 'any') return undefined;
  if (NUMBERS.has(type)) return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goTypeOf(value)}`;
  if (TEXTS.has(type)) return typeof value === 'string' ? undefined : `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : `expected boolean, got &{${goMap(value)}}`;
  return typeof value === 'object' ? `expected any scalar, got &{${goMap(value)}}` : undefined;
}

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'map[string]interface {}';
}

/** As Go's `%#v` prints it. */
function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${(value as readonly unknown[]).map(goSyntax).join(', ')}}`;
  if (isRecord(value)) return `map[string]interface {}{${Object.keys(value).toSorted().map((key) => `${JSON.stringify(key)}:${goSyntax(value[key])}`).join(', ')}}`;
  if (value === null) return 'interface {}(nil)';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
