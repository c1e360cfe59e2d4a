/** What the kinds that keep pods of a template have in common. */
import { type FieldPath, forbidden, invalid, notSupported, required } from '../../meta/field-error.ts';
import { matchesLabelSelector } from '../../meta/label-selector.ts';
import { type Errors, labelSelectorAt, nonNegative } from '../checks.ts';
import { podTemplateErrors } from '../core/pod-validation.ts';
import type { PodTemplateSpec } from '../core/pod-template.ts';
import type { LabelSelector } from '../meta/label-selector.ts';

export interface Workload {
  readonly selector?: LabelSelector;
  readonly template: PodTemplateSpec;
}

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

const isSenseless = ({ operator, values = [] }: NonNullable<LabelSelector['matchExpressions']>[number]): boolean =>
  !OPERATORS.includes(operator) || (operator.endsWith('In') ? values.length === 0 : values.length > 0);

/** @param name as upstream's messages have it: `deployment`, whose words ReplicaSets share */
export function* selectorErrors({ selector }: Workload, name: string, at: FieldPath): Errors {
  const here = at.child('selector');
  if (!selector) return void (yield required(here));
  yield* labelSelectorAt(here, selector);
  if (isEmpty(selector)) yield invalid(here, selector, `empty selector is invalid for ${name}`);
}

const isEmpty = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean => Object.keys(matchLabels).length + matchExpressions.length === 0;

export function* mismatchErrors({ selector, template }: Workload, at: FieldPath): Errors {
  if (selector && isEmpty(selector)) return;
  if (selector?.matchExpressions?.some(isSenseless)) return void (yield invalid(at.child('selector'), selector, 'invalid label selector'));
  // Who selects nothing does not select the template either.
  if (selector && matchesLabelSelector(selector, template.metadata.labels)) return;
  const labels = template.metadata.labels && Object.fromEntries(Object.entries(template.metadata.labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  yield invalid(at.child('template.metadata.labels'), labels, '`selector` does not match template `labels`');
}

/** A template whose pods are always started again. @param kind as the message names it */
export function* lastingTemplateErrors(template: PodTemplateSpec, kind: string, at: FieldPath): Errors {
  const spec = at.child('template').child('spec');
  yield* podTemplateErrors(template, at.child('template'));
  const { restartPolicy, activeDeadlineSeconds } = template.spec;
  if (restartPolicy !== 'Always') yield notSupported(spec.child('restartPolicy'), restartPolicy, ['Always']);
  if (activeDeadlineSeconds !== undefined) yield forbidden(spec.child('activeDeadlineSeconds'), `activeDeadlineSeconds in ${kind} is not Supported`);
}

const PERCENT = '[0-9]+%';
const NOT_PERCENT = `a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '${PERCENT}')`;
const isPercent = (text: string): boolean => /^[0-9]+%$/.test(text);

/** A count, or a share of the whole. */
export function* countOrPercent(at: FieldPath, value: number | string): Errors {
  if (typeof value === 'number') yield* nonNegative(at, value);
  else if (!isPercent(value)) yield invalid(at, value, NOT_PERCENT);
}

export function* atMostAll(at: FieldPath, value: number | string): Errors {
  if (typeof value === 'string' && isPercent(value) && Number.parseInt(value, 10) > 100) yield invalid(at, value, 'must not be greater than 100%');
}

/** Whether it says none at all. */
export const isNone = (value: number | string): boolean => Number.parseInt(String(value), 10) === 0;

export function* collisionErrors(next: number | undefined, old: number | undefined, at: FieldPath): Errors {
  if (old !== undefined && (next ?? -1) < old) yield invalid(at, next ?? 0, 'cannot be decremented');
}
