/** Rules of metav1.Condition, for the statuses whose conditions upstream checks. */
import { duplicate, type FieldPath, invalid, notSupported, required, tooLong } from '../../meta/field-error.ts';
import { qualifiedNameProblems } from '../../meta/names.ts';
import { type Errors, problemsAt } from '../checks.ts';
import type { Condition } from './condition.ts';

const MAX_REASON = 1024;
const MAX_MESSAGE = 32 * 1024;
const REASON = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const REASON_SHAPE = new RegExp(`^${REASON}$`);
const STATUSES = ['False', 'True', 'Unknown'];

export function* conditionErrors(conditions: readonly Condition[] = [], at: FieldPath): Errors {
  const types = new Set<string>();
  for (const [index, condition] of conditions.entries()) {
    const here = at.index(index);
    if (types.has(condition.type)) yield duplicate(here, condition.type);
    types.add(condition.type);
    yield* oneErrors(condition, here);
  }
}

function* oneErrors({ type, status, observedGeneration = 0, lastTransitionTime, reason, message }: Condition, at: FieldPath): Errors {
  if (!type) yield required(at.child('type'), 'is required');
  else yield* problemsAt(at.child('type'), type, qualifiedNameProblems(type));
  if (!status) yield required(at.child('status'));
  else if (!STATUSES.includes(status)) yield notSupported(at.child('status'), status, STATUSES);
  if (observedGeneration < 0) yield invalid(at.child('observedGeneration'), observedGeneration, 'must be greater than or equal to zero');
  if (!lastTransitionTime) yield required(at.child('lastTransitionTime'));
  if (!reason) yield required(at.child('reason'));
  else {
    if (!REASON_SHAPE.test(reason)) {
      yield invalid(at.child('reason'), reason, `a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '${REASON}')`);
    }
    if (reason.length > MAX_REASON) yield tooLong(at.child('reason'), MAX_REASON);
  }
  if (message.length > MAX_MESSAGE) yield tooLong(at.child('message'), MAX_MESSAGE);
}
