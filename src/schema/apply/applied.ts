import { ApiError, badRequest } from '../../meta/api-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import { decodeApplied } from '../decode.ts';
import type { Kind } from '../kind.ts';
import { resolved, type SchemaNode } from '../node.ts';
import { pathText } from './field-set.ts';
import { itemStep, partsOf, shapeOf } from './walk.ts';

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

/** What keeps a configuration from being merged by the schema: undeclared fields, list items that are not told apart. */
function* faultsOf(schema: SchemaNode, value: unknown, path: readonly string[]): Iterable<string> {
  if (shapeOf(schema, value) === 'leaf') return;
  const node = resolved(schema);
  if (node.type === 'list' && Array.isArray(value)) {
    const seen = new Set<string>();
    for (const [position, item] of (value as readonly unknown[]).entries()) {
      const step = itemStep(node, item);
      const missing = node.listType === 'map' ? missingKey(step) : undefined;
      if (missing !== undefined) {
        yield `${pathText(path)}: element ${position}: associative list with keys has an element that omits key field ${JSON.stringify(missing)} (and doesn't have default value)`;
      } else if (seen.has(step)) yield `${pathText(path)}: duplicate entries for key ${pathText([step])}`;
      seen.add(step);
    }
  }
  for (const part of partsOf(schema, value)) {
    const below = [...path, part.step];
    if (node.type === 'object' && !node.preserveUnknown && !Object.hasOwn(node.fields, part.step.slice(2))) yield `${pathText(below)}: field not declared in schema`;
    else yield* faultsOf(part.schema, part.value, below);
  }
}

const missingKey = (step: string): string | undefined =>
  Object.entries(JSON.parse(step.slice(2)) as Readonly<Record<string, unknown>>).find(([, value]) => value === null)?.[0];
