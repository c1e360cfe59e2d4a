/** Classes of storage and of volume attributes. */
import { deepEqual } from '../../base/deep-equal.ts';
import { duplicate, type FieldPath, forbidden, invalid, required, tooLong } from '../../meta/field-error.ts';
import { qualifiedNameProblems } from '../../meta/names.ts';
import { type Errors, problemsAt } from '../checks.ts';
import type { TopologySelectorTerm } from '../core/node-selector.ts';

const MAX_PARAMETERS = 512;
const MAX_PARAMETER_BYTES = 256 * 1024;

/** Who makes the volumes: a qualified name, whatever its case. */
export function* provisionerErrors(at: FieldPath, provisioner: string): Errors {
  if (!provisioner) return void (yield required(at));
  const name = provisioner.toLowerCase();
  yield* problemsAt(at, name, qualifiedNameProblems(name));
}

export function* parameterErrors(at: FieldPath, parameters: Readonly<Record<string, string>> = {}, mayBeEmpty = true): Errors {
  const entries = Object.entries(parameters);
  if (entries.length > MAX_PARAMETERS) return void (yield tooLong(at, MAX_PARAMETERS));
  if (Object.hasOwn(parameters, '')) yield invalid(at, '', 'field can not be empty.');
  if (sizeOf(entries) > MAX_PARAMETER_BYTES) yield tooLong(at, MAX_PARAMETER_BYTES);
  if (!mayBeEmpty && entries.length === 0) yield required(at, 'must contain at least one key/value pair');
}

export const sizeOf = (entries: readonly (readonly [string, string])[]): number =>
  entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);

/** `fields` of a class that may never change. */
export function* fixedErrors<T extends object>(at: FieldPath, { next, old }: { readonly next: T; readonly old: T }, fields: readonly (keyof T & string)[]): Errors {
  for (const field of fields) {
    if (!deepEqual(next[field], old[field])) yield forbidden(at.child(field), `updates to ${field} are forbidden.`);
  }
}

export function* topologyErrors(at: FieldPath, terms: readonly TopologySelectorTerm[] = []): Errors {
  const seen: Readonly<Record<string, readonly string[]>>[] = [];
  for (const [index, { matchLabelExpressions = [] }] of terms.entries()) {
    const here = at.index(index).child('matchLabelExpressions');
    const places: Record<string, readonly string[]> = {};
    for (const [position, { key, values = [] }] of matchLabelExpressions.entries()) {
      const place = here.index(position);
      if (values.length === 0) yield required(place.child('values'));
      for (const [at, value] of values.entries()) if (values.indexOf(value) < at) yield duplicate(place.child('values').index(at), value);
      yield* problemsAt(place.child('key'), key, qualifiedNameProblems(key));
      if (Object.hasOwn(places, key)) yield duplicate(place.child('key'), key);
      places[key] = [...new Set(values)].toSorted();
    }
    if (matchLabelExpressions.length > 0 && seen.some((other) => deepEqual(other, places))) yield duplicate(here, '');
    seen.push(places);
  }
}
