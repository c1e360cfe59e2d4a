/** Jobs, and what CronJobs make them of. */
import { deepEqual } from '../../base/deep-equal.ts';
import { type FieldPath, invalid, notSupported, required, tooLong } from '../../meta/field-error.ts';
import { dnsLabelProblems, dnsSubdomainProblems } from '../../meta/names.ts';
import { mismatchErrors } from '../apps/workload-validation.ts';
import { among, type Errors, immutable, labelSelectorAt, nonNegatives, problemsAt } from '../checks.ts';
import { podTemplateErrors } from '../core/pod-validation.ts';
import { failurePolicyErrors, successPolicyErrors } from './job-policy-validation.ts';
import type { JobSpec } from './job-spec.ts';

const COUNTS = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished', 'maxFailedIndexes', 'backoffLimitPerIndex'] as const;
const MODES = ['NonIndexed', 'Indexed'];

interface JobLike {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: JobSpec;
  readonly status: { readonly startTime?: string };
}

export function* jobErrors({ metadata, spec }: JobLike, at: FieldPath): Errors {
  const here = at.child('spec');
  yield* selectorErrors(metadata, spec, here);
  yield* jobSpecErrors(spec, here);
  const { completionMode, completions = 0 } = spec;
  if (!spec.selector) yield required(here.child('selector'));
  else yield* labelSelectorAt(here.child('selector'), spec.selector);
  yield* mismatchErrors(spec, here);
  if (completionMode !== 'Indexed' || completions === 0) return;
  const last = `${metadata.name}-${completions - 1}`;
  if (dnsLabelProblems(last).length > 0) yield invalid(at.child('metadata').child('name'), metadata.name, `will not able to create pod with invalid DNS label: ${last}`);
}

/** Who leaves the selector to the server may not give one of their own. */
function* selectorErrors({ uid }: JobLike['metadata'], { selector, manualSelector }: JobSpec, at: FieldPath): Errors {
  if (manualSelector || !selector || !uid) return;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const isOurs = matchLabels['batch.kubernetes.io/controller-uid'] === uid || matchLabels['controller-uid'] === uid;
  if (!isOurs || Object.keys(matchLabels).length > 1 || matchExpressions.length > 0) yield invalid(at.child('selector'), selector, '`selector` not auto-generated');
}

export function* jobSpecErrors(spec: JobSpec, at: FieldPath): Errors {
  yield* nonNegatives(at, spec, COUNTS);
  if (spec.managedBy !== undefined) yield* managerErrors(spec.managedBy, at.child('managedBy'));
  if (spec.completionMode !== undefined && !MODES.includes(spec.completionMode)) yield notSupported(at.child('completionMode'), spec.completionMode, MODES);
  yield* indexErrors(spec, at);
  if (spec.podFailurePolicy) yield* failurePolicyErrors(spec, at.child('podFailurePolicy'));
  if (spec.successPolicy) {
    if (spec.completionMode !== 'Indexed') yield invalid(at.child('successPolicy'), spec.successPolicy, 'requires indexed completion mode');
    else yield* successPolicyErrors(spec, at.child('successPolicy'));
  }
  yield* among(at.child('podReplacementPolicy'), spec.podReplacementPolicy, spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed']);
  yield* podTemplateErrors(spec.template, at.child('template'));
  const restart = spec.template.spec.restartPolicy;
  const policyAt = at.child('template').child('spec').child('restartPolicy');
  if (restart === 'Always') yield required(policyAt, 'valid values: "OnFailure", "Never"');
  else if (restart !== 'OnFailure' && restart !== 'Never') yield notSupported(policyAt, restart, ['OnFailure', 'Never']);
  else if (spec.podFailurePolicy && restart !== 'Never') yield invalid(policyAt, restart, 'only "Never" is supported when podFailurePolicy is specified');
}

// Bounds of indexed jobs: their status names indexes one by one.
const MAX_PARALLELISM = 100_000;
const MANY = 100_000;
const MAX_OF_MANY = 10_000;
const OF_MANY = `must be less than or equal to ${MAX_OF_MANY} when completions are above ${MANY} and used with backoff limit per index`;

function* indexErrors(spec: JobSpec, at: FieldPath): Errors {
  const { completions, parallelism = 0, backoffLimitPerIndex: perIndex, maxFailedIndexes: maxFailed } = spec;
  if (spec.completionMode === 'Indexed') {
    if (completions === undefined) yield required(at.child('completions'), 'when completion mode is Indexed');
    if (parallelism > MAX_PARALLELISM) yield invalid(at.child('parallelism'), parallelism, `must be less than or equal to ${MAX_PARALLELISM} when completion mode is Indexed`);
  } else if (perIndex !== undefined) yield invalid(at.child('backoffLimitPerIndex'), perIndex, 'requires indexed completion mode');
  const here = at.child('maxFailedIndexes');
  const hasMany = completions !== undefined && completions > MANY && perIndex !== undefined;
  if (maxFailed !== undefined) {
    if (perIndex === undefined) yield required(at.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified');
    if (completions !== undefined && maxFailed > completions) yield invalid(here, maxFailed, 'must be less than or equal to completions');
    if (maxFailed > MANY) yield invalid(here, maxFailed, `must be less than or equal to ${MANY}`);
    if (hasMany && maxFailed > MAX_OF_MANY) yield invalid(here, maxFailed, OF_MANY);
  } else if (hasMany) yield required(here, `must be specified when completions is above ${MANY}`);
  if (hasMany && parallelism > MAX_OF_MANY) yield invalid(at.child('parallelism'), parallelism, OF_MANY);
}

const MAX_MANAGER = 63;

/** `domain/path`, as finalizers of one's own are named. */
function* managerErrors(manager: string, at: FieldPath): Errors {
  const slash = manager.indexOf('/');
  const [domain, path] = [manager.slice(0, Math.max(slash, 0)), manager.slice(slash + 1)];
  if (domain === '' || path === '') yield invalid(at, manager, 'must be a domain-prefixed path (such as "acme.io/foo")');
  else yield* problemsAt(at, domain, dnsSubdomainProblems(domain));
  if (manager.length > MAX_MANAGER) yield tooLong(at, MAX_MANAGER);
}

/** What of the template may change before a suspended job has ever started: where its pods run, and what they ask for. */
function templateForComparison({ template }: JobSpec, { spec: old, status }: JobLike): unknown {
  if (!old.suspend || status.startTime !== undefined) return template;
  const { affinity, nodeSelector, tolerations, schedulingGates, containers, initContainers } = old.template.spec;
  const asked = (list: typeof containers | undefined, before: typeof containers | undefined) =>
    list?.map((container, index) => ({ ...container, resources: before?.[index]?.resources }));
  const spec = {
    ...template.spec, affinity, nodeSelector, tolerations, schedulingGates,
    containers: asked(template.spec.containers, containers), initContainers: asked(template.spec.initContainers, initContainers),
  };
  return { metadata: { ...template.metadata, annotations: old.template.metadata.annotations, labels: old.template.metadata.labels }, spec };
}

export function* jobUpdateErrors({ spec }: JobLike, old: JobLike, at: FieldPath): Errors {
  const here = at.child('spec');
  const { spec: was } = old;
  if (spec.completionMode !== 'Indexed') yield* immutable(here.child('completions'), spec.completions === was.completions, spec.completions);
  else if (spec.completions !== was.completions && spec.completions !== spec.parallelism) {
    yield invalid(here.child('completions'), spec.completions, `can only be modified in tandem with ${here.child('parallelism')}`);
  }
  yield* immutable(here.child('selector'), deepEqual(spec.selector, was.selector), spec.selector);
  yield* immutable(here.child('template'), deepEqual(templateForComparison(spec, old), was.template), spec.template);
  for (const field of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const) {
    yield* immutable(here.child(field), deepEqual(spec[field], was[field]), spec[field]);
  }
}
