/** What a mutation's expression evaluated to, applied: a partial object laid over the whole as server-side apply would, or a JSON patch. */
import { toJson } from '../../../cel/json.ts';
import { EvaluationError, isList, Message } from '../../../cel/values.ts';
import { ApiError } from '../../../meta/api-error.ts';
import { applyJsonPatch } from '../../../meta/json-patch.ts';
import type { AnyObject } from '../../../meta/object.ts';
import { apiVersionOf } from '../../../meta/resource.ts';
import { readApplied } from '../../../schema/apply/applied.ts';
import { mergeApplied } from '../../../schema/apply/merge.ts';
import type { Kind } from '../../../schema/kind.ts';
import { atomicsIn } from './atomics.ts';

/** A mutation that cannot be carried out: the policy's mistake. */
export class MutationError extends Error {}

/** @param kind undefined where nothing is known of the object's fields. @throws MutationError */
export function mutated(kind: Kind | undefined, object: AnyObject, value: unknown): unknown {
  try {
    return isList(value) ? patched(object, value) : merged(kind, object, value);
  } catch (error) {
    if (error instanceof EvaluationError) throw new MutationError(error.message);
    throw error;
  }
}

function merged(kind: Kind | undefined, object: AnyObject, value: unknown): unknown {
  if (!(value instanceof Message)) throw new MutationError('unsupported return type from ApplyConfiguration expression');
  const misnamed = [...misnamedIn(value, 'Object')];
  if (misnamed.length > 0) throw new MutationError(`type mismatch: ${misnamed.join('\n')}`);
  if (!kind) throw new MutationError('error applying patch: type converter must not be nil');
  const patch = { ...(toJson(value) as Readonly<Record<string, unknown>>), apiVersion: apiVersionOf(kind), kind: kind.kind };
  const applied = typed(kind, patch);
  const atomics = [...atomicsIn(kind.schema, patch)];
  if (atomics.length > 0) throw new MutationError(`error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`);
  return mergeApplied(kind.schema, object, applied);
}

function typed(kind: Kind, patch: Readonly<Record<string, unknown>>): AnyObject {
  try {
    return readApplied(kind, patch);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const faults = error.message.replace(/^failed to create typed patch object \([^)]*\): /, '');
    throw new MutationError(`error applying patch: failed to convert patch object to typed object: ${faults}`, { cause: error });
  }
}

/** Messages whose types say they belong elsewhere: `Object.spec{selector: Object.spec.wrong{}}`. */
function* misnamedIn(value: unknown, path: string): Iterable<string> {
  if (isList(value)) for (const item of value) yield* misnamedIn(item, path);
  if (!(value instanceof Message)) return;
  if (value.name !== path) yield `unexpected type name ${JSON.stringify(value.name)}, expected ${JSON.stringify(path)}, which matches field name path from root Object type`;
  for (const [name, field] of Object.entries(value.fields)) yield* misnamedIn(field, `${path}.${name}`);
}

function patched(object: AnyObject, operations: readonly unknown[]): unknown {
  const patch = operations.map((operation) => {
    if (!(operation instanceof Message)) throw new MutationError('type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch');
    const { value } = operation.fields;
    if (value instanceof Message) {
      const misnamed = [...misnamedIn(value, value.name)];
      if (misnamed.length > 0) throw new MutationError(`type mismatch: ${misnamed.join('\n')}`);
    }
    return toJson(operation.fields) as Readonly<Record<string, unknown>>;
  });
  if (patch.length === 0) return object;
  try {
    return applyJsonPatch(object, patch);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const why = error.cause instanceof Error ? error.cause.message : error.message;
    // What a test keeps out stays out, and nothing is wrong.
    if (/^testing value .* failed$/.test(why)) return object;
    throw new MutationError(`JSONPath: ${why}`, { cause: error });
  }
}
