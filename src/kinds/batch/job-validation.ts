/** Jobs, and the jobs that CronJobs make. */
import { deepEqual } from '../../base/deep-equal.ts';
import { type FieldPath, invalid, notSupported, required, tooMany } from '../../meta/field-error.ts';
import { qualifiedNameProblems } from '../../meta/names.ts';
import { mismatchErrors } from '../apps/workload-validation.ts';
import { among, type Errors, immutable, labelSelectorAt, nonNegatives, problemsAt } from '../checks.ts';
import { podTemplateErrors } from '../core/pod-validation.ts';
import type { JobSpec, PodFailurePolicy, PodFailurePolicyRule, SuccessPolicy } from './job-spec.ts';

const COUNTS = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished', 'maxFailedIndexes', 'backoffLimitPerIndex'] as const;

export function* jobErrors({ spec }: { readonly spec: JobSpec }, at: FieldPath): Errors {
  const here = at.child('spec');
  yield* jobSpecErrors(spec, here);
  if (!spec.selector) yield required(here.child('selector'));
  else yield* labelSelectorAt(here.child('selector'), spec.selector);
  yield* mismatchErrors(spec, here);
}

export function* jobSpecErrors(spec: JobSpec, at: FieldPath): Errors {
  yield* nonNegatives(at, spec, COUNTS);
  yield* among(at.child('completionMode'), spec.completionMode, ['NonIndexed', 'Indexed']);
  if (spec.completionMode === 'Indexed' && spec.completions === undefined) yield required(at.child('completions'), 'when completion mode is Indexed');
  if (spec.completionMode !== 'Indexed') {
    if (spec.backoffLimitPerIndex !== undefined) yield invalid(at.child('backoffLimitPerIndex'), spec.backoffLimitPerIndex, 'requires indexed completion mode');
    if (spec.successPolicy) yield invalid(at.child('successPolicy'), spec.successPolicy, 'requires indexed completion mode');
  }
  if (spec.maxFailedIndexes !== undefined) yield* failedIndexErrors(spec, at);
  if (spec.managedBy !== undefined && !/^[^/]+\.[^/]+\/.+$/.test(spec.managedBy)) yield invalid(at.child('managedBy'), spec.managedBy, 'must be a domain-prefixed path (such as "acme.io/foo")');
  if (spec.podReplacementPolicy !== undefined) yield* replacementErrors(spec, at.child('podReplacementPolicy'));
  if (spec.podFailurePolicy) yield* failurePolicyErrors(spec.podFailurePolicy, spec, at.child('podFailurePolicy'));
  if (spec.successPolicy) yield* successPolicyErrors(spec.successPolicy, at.child('successPolicy'));
  yield* podTemplateErrors(spec.template, at.child('template'));
  const restart = spec.template.spec.restartPolicy;
  const policyAt = at.child('template').child('spec').child('restartPolicy');
  if (restart === 'Always') yield required(policyAt, 'valid values: "OnFailure", "Never"');
  else if (restart !== 'OnFailure' && restart !== 'Never') yield notSupported(policyAt, restart, ['OnFailure', 'Never']);
  else if (spec.podFailurePolicy && restart !== 'Never') yield invalid(policyAt, restart, 'only "Never" is supported when podFailurePolicy is specified');
}

function* failedIndexErrors({ backoffLimitPerIndex, completions, maxFailedIndexes = 0 }: JobSpec, at: FieldPath): Errors {
  const here = at.child('maxFailedIndexes');
  if (backoffLimitPerIndex === undefined) yield required(at.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified');
  if (completions !== undefined && maxFailedIndexes > completions) yield invalid(here, maxFailedIndexes, 'must be less than or equal to completions');
}

function* replacementErrors({ podReplacementPolicy: policy, podFailurePolicy }: JobSpec, at: FieldPath): Errors {
  const allowed = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  yield* among(at, policy, allowed);
}

const MAX_RULES = 20;
const MAX_CODES = 255;
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];

function* failurePolicyErrors({ rules }: PodFailurePolicy, spec: JobSpec, at: FieldPath): Errors {
  if (rules.length > MAX_RULES) yield tooMany(at.child('rules'), rules.length, MAX_RULES);
  const containers = [...spec.template.spec.containers, ...(spec.template.spec.initContainers ?? [])].map(({ name }) => name);
  for (const [index, rule] of rules.entries()) yield* failureRuleErrors(rule, { containers, perIndex: spec.backoffLimitPerIndex !== undefined }, at.child('rules').index(index));
}

function* failureRuleErrors(rule: PodFailurePolicyRule, job: { readonly containers: readonly string[]; readonly perIndex: boolean }, at: FieldPath): Errors {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  if (action === 'FailIndex' && !job.perIndex) yield invalid(at.child('action'), action, 'requires the backoffLimitPerIndex to be set');
  yield* among(at.child('action'), action, ACTIONS);
  if (onExitCodes && onPodConditions.length > 0) yield invalid(at, rule, 'specifying both OnExitCodes and OnPodConditions is not supported');
  if (!onExitCodes && onPodConditions.length === 0) yield invalid(at, rule, 'specifying one of OnExitCodes and OnPodConditions is required');
  for (const [index, { type, status }] of onPodConditions.entries()) {
    const here = at.child('onPodConditions').index(index);
    yield* problemsAt(here.child('type'), type, qualifiedNameProblems(type));
    yield* among(here.child('status'), status, ['False', 'True', 'Unknown']);
  }
  if (!onExitCodes) return;
  const here = at.child('onExitCodes');
  const { operator, values, containerName } = onExitCodes;
  yield* among(here.child('operator'), operator, ['In', 'NotIn']);
  if (containerName !== undefined && !job.containers.includes(containerName)) {
    yield invalid(here.child('containerName'), containerName, "must be one of the container or initContainer names in the pod template");
  }
  if (values.length > MAX_CODES) yield tooMany(here.child('values'), values.length, MAX_CODES);
  for (const [index, value] of values.entries()) {
    const place = here.child('values').index(index);
    if (operator === 'In' && value === 0) yield invalid(place, value, 'must not be 0 for the In operator');
    if (values.indexOf(value) < index) yield { reason: 'FieldValueDuplicate', field: place.toString(), message: `Duplicate value: ${value}` };
    else if (index > 0 && value < values[index - 1]!) yield invalid(here.child('values'), values, 'must be ordered');
  }
}

function* successPolicyErrors({ rules }: SuccessPolicy, at: FieldPath): Errors {
  if (rules.length > MAX_RULES) yield tooMany(at.child('rules'), rules.length, MAX_RULES);
  for (const [index, { succeededCount, succeededIndexes }] of rules.entries()) {
    if (succeededCount === undefined && succeededIndexes === undefined) yield required(at.child('rules').index(index), 'at least one of succeededCount or succeededIndexes must be specified');
  }
}

/** While a job is suspended, where its pods run may still change. */
function templateForComparison({ template, suspend }: JobSpec, old: JobSpec): unknown {
  if (!suspend && !old.suspend) return template;
  const { affinity, nodeSelector, tolerations, schedulingGates } = old.template.spec;
  return {
    metadata: { ...template.metadata, annotations: old.template.metadata.annotations, labels: old.template.metadata.labels },
    spec: { ...template.spec, affinity, nodeSelector, tolerations, schedulingGates },
  };
}

export function* jobUpdateErrors({ spec }: { readonly spec: JobSpec }, { spec: old }: { readonly spec: JobSpec }, at: FieldPath): Errors {
  const here = at.child('spec');
  const elastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism;
  if (!elastic) yield* immutable(here.child('completions'), spec.completions === old.completions, spec.completions);
  for (const field of ['selector', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const) {
    yield* immutable(here.child(field), deepEqual(spec[field], old[field]), spec[field]);
  }
  yield* immutable(here.child('template'), deepEqual(templateForComparison(spec, old), old.template), spec.template);
}

/** A CronJob's schedule and what it makes. */
export function* cronJobErrors({ metadata, spec }: { readonly metadata: { readonly name: string }; readonly spec: CronJobSpecLike }, at: FieldPath): Errors {
  const here = at.child('spec');
  if (metadata.name.length > MAX_CRON_NAME) yield invalid(at.child('metadata').child('name'), metadata.name, `must be no more than ${MAX_CRON_NAME} characters`);
  if (spec.schedule && /(^|\s)(CRON_)?TZ=/.test(spec.schedule)) yield invalid(here.child('schedule'), spec.schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead');
  if (spec.timeZone === '') yield invalid(here.child('timeZone'), spec.timeZone, 'timeZone must be nil or non-empty string');
  else if (spec.timeZone?.toLowerCase() === 'local') yield invalid(here.child('timeZone'), spec.timeZone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones');
  if (!['Allow', 'Forbid', 'Replace'].includes(spec.concurrencyPolicy)) yield notSupported(here.child('concurrencyPolicy'), spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']);
  yield* nonNegatives(here, spec, ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit']);
  const template = here.child('jobTemplate').child('spec');
  const { selector, manualSelector } = spec.jobTemplate.spec;
  if (selector) yield invalid(template.child('selector'), selector, '`selector` will be auto-generated');
  if (manualSelector) yield notSupported(template.child('manualSelector'), manualSelector, ['nil', 'false']);
  yield* jobSpecErrors(spec.jobTemplate.spec, template);
}

/** A job's name is the CronJob's and eleven characters more. */
const MAX_CRON_NAME = 52;

interface CronJobSpecLike {
  readonly schedule: string;
  readonly timeZone?: string;
  readonly concurrencyPolicy: string;
  readonly startingDeadlineSeconds?: number;
  readonly successfulJobsHistoryLimit: number;
  readonly failedJobsHistoryLimit: number;
  readonly jobTemplate: { readonly spec: JobSpec };
}
