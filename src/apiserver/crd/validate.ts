import { type FieldError, FieldPath, invalid, type FieldErrorReason } from '../../meta/field-error.ts';
import type { KubeObject } from '../../meta/object.ts';
import { checkJson } from '../../schema/json/check.ts';
import type { JsonSchema } from '../../schema/json/json-schema.ts';
import { listErrors } from '../../schema/json/list-rules.ts';
import type { ScalePaths } from '../../schema/kind.ts';
import { embeddedErrors } from './embedded.ts';

/** What a custom resource is checked by, beside its metadata. */
export interface Rules {
  readonly schema: JsonSchema;
  readonly scale: ScalePaths | undefined;
  /** The x-kubernetes-validations; asked where nothing stands in their way. */
  readonly expressions?: (object: KubeObject, old: KubeObject | undefined) => readonly FieldError[] | Promise<readonly FieldError[]>;
}

/** Errors of a kind after which no expression can count on the types it was compiled for. */
const BLOCKING: readonly FieldErrorReason[] = ['FieldValueNotSupported', 'FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid'];
const UNCHECKED = 'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

export function customErrors({ schema, scale, expressions }: Rules, object: KubeObject, old: KubeObject | undefined): readonly FieldError[] | Promise<readonly FieldError[]> {
  const errors = [
    ...checkJson(schema, object, ...(old ? [old] : [])),
    ...(scale ? scaleErrors(scale, object) : []),
    ...embeddedErrors(schema, object),
    // What was wrong already may stay so.
    ...(old && listErrors(schema, old).length > 0 ? [] : listErrors(schema, object)),
  ];
  if (!expressions) return errors;
  if (errors.some(({ reason }) => BLOCKING.includes(reason))) return [...errors, invalid(FieldPath.of('<nil>'), undefined, UNCHECKED)];
  const found = expressions(object, old);
  return found instanceof Promise ? found.then((more) => [...errors, ...more]) : [...errors, ...found];
}

const MAX_REPLICAS = 2 ** 31 - 1;

function* scaleErrors({ spec, status }: ScalePaths, object: KubeObject): Iterable<FieldError> {
  for (const path of [spec, status]) {
    const replicas = valueAt(object, path);
    const at = FieldPath.of(path);
    if (typeof replicas !== 'number') continue;
    if (replicas < 0) yield invalid(at, replicas, 'should be a non-negative integer');
    else if (replicas > MAX_REPLICAS) yield invalid(at, replicas, `should be less than or equal to ${MAX_REPLICAS}`);
  }
}

function valueAt(object: unknown, path: string): unknown {
  return path.split('.').filter((step) => step !== '').reduce<unknown>((value, step) => (typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[step] : undefined), object);
}
