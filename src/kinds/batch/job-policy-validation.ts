/** When a job succeeds before all its pods have, and what their failures mean. */
import { duplicate, type FieldError, type FieldPath, invalid, notSupported, required, tooLong, tooMany } from '../../meta/field-error.ts';
import { qualifiedNameProblems } from '../../meta/names.ts';
import { type Errors, nonNegative, problemsAt } from '../checks.ts';
import type { JobSpec, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule, SuccessPolicyRule } from './job-spec.ts';

const MAX_RULES = 20;
const MAX_CODES = 255;
const MAX_PATTERNS = 20;
const MAX_INDEXES_BYTES = 64 * 1024;
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];

const valid = (values: readonly string[]): string => `valid values: [${values.map((value) => JSON.stringify(value)).join(' ')}]`;

function* oneOfThese(at: FieldPath, value: string | undefined, values: readonly string[]): Errors {
  if (!value) yield required(at, valid(values));
  else if (!values.includes(value)) yield notSupported(at, value, values);
}

/** Wrong as a whole, with the value left out. */
const wrong = (at: FieldPath, detail: string): FieldError => ({ reason: 'FieldValueInvalid', field: at.toString(), message: `Invalid value: ${detail}` });

export function* failurePolicyErrors(spec: JobSpec, at: FieldPath): Errors {
  const rules = spec.podFailurePolicy?.rules ?? [];
  if (rules.length > MAX_RULES) yield tooMany(at.child('rules'), rules.length, MAX_RULES);
  for (const [index, rule] of rules.entries()) yield* failureRuleErrors(rule, spec, at.child('rules').index(index));
}

function* failureRuleErrors(rule: PodFailurePolicyRule, spec: JobSpec, at: FieldPath): Errors {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) yield invalid(at.child('action'), action, 'requires the backoffLimitPerIndex to be set');
  yield* oneOfThese(at.child('action'), action, ACTIONS);
  if (onExitCodes) yield* exitCodeErrors(onExitCodes, spec, at.child('onExitCodes'));
  if (onPodConditions.length > 0) yield* patternErrors(onPodConditions, at.child('onPodConditions'));
  if (onExitCodes && onPodConditions.length > 0) yield wrong(at, 'specifying both OnExitCodes and OnPodConditions is not supported');
  if (!onExitCodes && onPodConditions.length === 0) yield wrong(at, 'specifying one of OnExitCodes and OnPodConditions is required');
}

function* patternErrors(patterns: NonNullable<PodFailurePolicyRule['onPodConditions']>, at: FieldPath): Errors {
  if (patterns.length > MAX_PATTERNS) yield tooMany(at, patterns.length, MAX_PATTERNS);
  for (const [index, { type, status }] of patterns.entries()) {
    const here = at.index(index);
    yield* problemsAt(here.child('type'), type, qualifiedNameProblems(type));
    yield* oneOfThese(here.child('status'), status, STATUSES);
  }
}

function* exitCodeErrors({ operator, values, containerName }: PodFailurePolicyOnExitCodesRequirement, { template }: JobSpec, at: FieldPath): Errors {
  yield* oneOfThese(at.child('operator'), operator, OPERATORS);
  const containers = [...template.spec.containers, ...(template.spec.initContainers ?? [])];
  if (containerName !== undefined && !containers.some(({ name }) => name === containerName)) {
    yield invalid(at.child('containerName'), containerName, 'must be one of the container or initContainer names in the pod template');
  }
  const here = at.child('values');
  if (values.length === 0) yield invalid(here, values, 'at least one value is required');
  if (values.length > MAX_CODES) yield tooMany(here, values.length, MAX_CODES);
  let isOrdered = true;
  for (const [index, value] of values.entries()) {
    if (operator === 'In' && value === 0) yield invalid(here.index(index), value, 'must not be 0 for the In operator');
    if (values.indexOf(value) < index) yield duplicate(here.index(index), value);
    if (index > 0 && value < values[index - 1]!) isOrdered = false;
  }
  if (!isOrdered) yield invalid(here, values, 'must be ordered');
}

export function* successPolicyErrors(spec: JobSpec, at: FieldPath): Errors {
  const rules = spec.successPolicy?.rules ?? [];
  const here = at.child('rules');
  if (rules.length === 0) yield required(here, 'at least one rules must be specified when the successPolicy is specified');
  if (rules.length > MAX_RULES) yield tooMany(here, rules.length, MAX_RULES);
  for (const [index, rule] of rules.entries()) yield* successRuleErrors(rule, spec.completions ?? 0, here.index(index));
}

function* successRuleErrors({ succeededCount: count, succeededIndexes: indexes }: SuccessPolicyRule, completions: number, at: FieldPath): Errors {
  if (count === undefined && indexes === undefined) yield required(at, 'at least one of succeededCount or succeededIndexes must be specified');
  const given = indexes === undefined ? { total: 0 } : countIndexes(indexes, completions);
  const here = at.child('succeededIndexes');
  if ((indexes ?? '').length > MAX_INDEXES_BYTES) yield tooLong(here, MAX_INDEXES_BYTES);
  if ('problem' in given) yield invalid(here, indexes, `error parsing succeededIndexes: ${given.problem}`);
  if (count === undefined) return;
  const total = 'total' in given ? given.total : 0;
  const place = at.child('succeededCount');
  yield* nonNegative(place, count);
  if (count > completions) yield invalid(place, count, `must be less than or equal to ${completions} (the number of specified completions)`);
  if (indexes !== undefined && count > total) yield invalid(place, count, `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`);
}

/** How many indexes `1,3-5` names: they rise, and stay below the completions. */
function countIndexes(text: string, completions: number): { readonly total: number } | { readonly problem: string } {
  let [last, total] = [-1, 0];
  for (const interval of text === '' ? [] : text.split(',')) {
    const limits = interval.split('-');
    if (limits.length > 2) return { problem: `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'` };
    for (const [position, limit] of limits.entries()) {
      if (!/^[+-]?\d+$/.test(limit)) return { problem: `cannot convert string to integer for index: ${JSON.stringify(limit)}` };
      const index = Number(limit);
      if (index >= completions) return { problem: `too large index: ${JSON.stringify(limit)}` };
      if (last >= index) return { problem: `non-increasing order, previous: ${last}, current: ${index}` };
      total += position === 0 ? 1 : index - last;
      last = index;
    }
  }
  return { total };
}
