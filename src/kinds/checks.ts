/** Checks that several kinds make. Each yields what is wrong, with upstream's paths and words. */
import { type FieldError, type FieldPath, forbidden, invalid, notSupported, required } from '../meta/field-error.ts';
import { labelValueProblems, portNameProblems, portProblems, qualifiedNameProblems } from '../meta/names.ts';
import type { LabelSelector } from './meta/label-selector.ts';

export type Errors = Iterable<FieldError>;

export const FIELD_IMMUTABLE = 'field is immutable';
export const NOT_POSITIVE = 'must be greater than zero';
export const NEGATIVE = 'must be greater than or equal to 0';
export const MAX_INT32 = 2_147_483_647;

/** One error for each problem that a rule about names finds. */
export function* problemsAt(at: FieldPath, value: string, problems: readonly string[]): Errors {
  for (const problem of problems) yield invalid(at, value, problem);
}

export function* nonNegative(at: FieldPath, value: number | undefined): Errors {
  if (value !== undefined && value < 0) yield invalid(at, value, NEGATIVE);
}

/** `fields` of `object` that may not be negative. */
export function* nonNegatives<T extends object>(at: FieldPath, object: T, fields: readonly (keyof T & string)[]): Errors {
  for (const field of fields) {
    const value = object[field];
    if (typeof value === 'number') yield* nonNegative(at.child(field), value);
  }
}

export const inRange = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;

/** A closed set where the schema cannot say it; absent and empty values pass. */
export function* among(at: FieldPath, value: string | undefined, values: readonly string[]): Errors {
  if (value && !values.includes(value)) yield notSupported(at, value, values);
}

export function* immutable(at: FieldPath, same: boolean, value: unknown): Errors {
  if (!same) yield invalid(at, value, FIELD_IMMUTABLE);
}

export function* labelsAt(at: FieldPath, labels: Readonly<Record<string, string>> | undefined): Errors {
  for (const [key, value] of Object.entries(labels ?? {})) {
    yield* problemsAt(at, key, qualifiedNameProblems(key));
    yield* problemsAt(at, value, labelValueProblems(value));
  }
}

const MAX_ANNOTATION_BYTES = 256 * 1024;

export function* annotationsAt(at: FieldPath, annotations: Readonly<Record<string, string>> | undefined): Errors {
  const entries = Object.entries(annotations ?? {});
  for (const [key] of entries) yield* problemsAt(at, key, qualifiedNameProblems(key.toLowerCase()));
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (size > MAX_ANNOTATION_BYTES) yield { reason: 'FieldValueTooLong', field: at.toString(), message: `Too long: may not be more than ${MAX_ANNOTATION_BYTES} bytes` };
}

export function* labelSelectorAt(at: FieldPath, selector: LabelSelector | undefined): Errors {
  yield* labelsAt(at.child('matchLabels'), selector?.matchLabels);
  for (const [index, { key, operator, values = [] }] of (selector?.matchExpressions ?? []).entries()) {
    const here = at.child('matchExpressions').index(index);
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) yield required(here.child('values'), "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) yield forbidden(here.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    } else yield invalid(here.child('operator'), operator, 'not a valid selector operator');
    yield* problemsAt(here.child('key'), key, qualifiedNameProblems(key));
    for (const [position, value] of values.entries()) yield* problemsAt(here.child('values').index(position), value, labelValueProblems(value));
  }
}

/** A port by number or by the name a container gives it. */
export function* portNumberOrName(at: FieldPath, port: number | string): Errors {
  const problems = typeof port === 'number' ? portProblems(port) : portNameProblems(port);
  for (const problem of problems) yield invalid(at, port, problem);
}

export const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
export const portNumber = function* (at: FieldPath, port: number): Errors {
  for (const problem of portProblems(port)) yield invalid(at, port, problem);
};

/** `..` as a step of a path leads out of where it belongs. */
export const hasBackstep = (path: string): boolean => path.split('/').includes('..');

export function* relativePath(at: FieldPath, path: string): Errors {
  if (path.startsWith('/')) yield invalid(at, path, 'must be a relative path');
  if (hasBackstep(path)) yield invalid(at, path, "must not contain '..'");
}

/** As `relativePath`, and not one of the names that volumes keep for themselves. */
export function* localPath(at: FieldPath, path: string): Errors {
  yield* relativePath(at, path);
  if (path.startsWith('..') && !path.startsWith('../')) yield invalid(at, path, "must not start with '..'");
}

/** Counts of a workload's status that may not be negative, nor more than `replicas`, nor available without being ready. */
export function* replicaCounts(
  at: FieldPath,
  status: { readonly replicas?: number; readonly readyReplicas?: number; readonly availableReplicas?: number },
  others: readonly (readonly [field: string, value: number | undefined])[],
): Errors {
  const { replicas = 0, readyReplicas, availableReplicas } = status;
  const parts: readonly (readonly [string, number | undefined])[] = [...others, ['readyReplicas', readyReplicas], ['availableReplicas', availableReplicas]];
  yield* nonNegative(at.child('replicas'), replicas);
  for (const [field, value] of parts) yield* nonNegative(at.child(field), value);
  for (const [field, value = 0] of parts) if (value > replicas) yield invalid(at.child(field), value, 'cannot be greater than status.replicas');
  if ((availableReplicas ?? 0) > (readyReplicas ?? 0)) yield invalid(at.child('availableReplicas'), availableReplicas, 'cannot be greater than readyReplicas');
}
