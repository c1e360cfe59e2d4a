import { FieldPath } from '../../meta/field-error.ts';
import type { InstanceOf } from '../../meta/resource.ts';
import { int32, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, workloadWideColumns } from '../cells.ts';
import { isEmpty, withFields } from '../change.ts';
import { completionsCell, durationCell, statusCell } from './job-columns.ts';
import { defaultJobSpec, ownSelector } from './job-defaults.ts';
import { jobSpec } from './job-spec.ts';
import { jobErrors, jobUpdateErrors } from './job-validation.ts';
import { jobStatusErrors } from './job-status-validation.ts';
import { jobSpecWarnings } from './job-warnings.ts';
import { withoutGatedTemplate } from '../core/pod-gates.ts';
import { nameWarnings } from '../core/pod-warnings.ts';

export const jobCondition = part(() =>
  object('api.batch.v1.JobCondition', {
    type: string().required().default('').tag(1).describe('Complete, Failed, Suspended, FailureTarget or SuccessCriteriaMet.'),
    status: string().required().default('').tag(2).describe('True, False or Unknown.'),
    lastProbeTime: time().tag(3).describe('When the condition was last checked.'),
    lastTransitionTime: time().tag(4).describe('When the status last changed.'),
    reason: string().tag(5).describe('Why the condition last changed, as one CamelCase word.'),
    message: string().tag(6).describe('Details for people.'),
  }));
export type JobCondition = TypeOf<ReturnType<typeof jobCondition>>;

export const jobStatus = part(() =>
  object('api.batch.v1.JobStatus', {
    conditions: list(jobCondition()).mergeKey('type').tag(1).describe('What is known of the object\'s state, one entry for each type.'),
    startTime: time().tag(2).describe('When the job was taken up, or resumed.'),
    completionTime: time().tag(3).describe('When it succeeded.'),
    active: int32().tag(4).describe('Pods that run or wait to.'),
    succeeded: int32().tag(5).describe('Pods that succeeded.'),
    failed: int32().tag(6).describe('Pods that failed.'),
    completedIndexes: string().tag(7).describe('Indexes that succeeded, as 1,3-5.'),
    uncountedTerminatedPods: uncountedTerminatedPods().tag(8).describe('Pods that ended but are not counted yet.'),
    ready: int32().pointer().tag(9).describe('Pods that are ready.'),
    failedIndexes: string().pointer().tag(10).describe('Indexes that failed, as 1,3-5.'),
    terminating: int32().pointer().tag(11).describe('Pods that are going away.'),
  }));
export type JobStatus = TypeOf<ReturnType<typeof jobStatus>>;

export const uncountedTerminatedPods = part(() =>
  object('api.batch.v1.UncountedTerminatedPods', {
    succeeded: list(string()).set().tag(1).describe('UIDs of those that succeeded.'),
    failed: list(string()).set().tag(2).describe('UIDs of those that failed.'),
  }));
export type UncountedTerminatedPods = TypeOf<ReturnType<typeof uncountedTerminatedPods>>;

export const Job = defineKind({
  group: 'batch', version: 'v1', kind: 'Job', plural: 'jobs',
  categories: ['all'], scope: 'Namespaced', package: 'api.batch.v1',
  description: 'Runs pods until enough have succeeded.',
  spec: jobSpec(),
  status: jobStatus(),
  columns: { Status: statusCell, Completions: completionsCell, Duration: durationCell, Age: age },
  wideColumns: workloadWideColumns,
  fieldSelectors: { 'status.successful': ({ status }) => String(status.succeeded ?? 0) },
  defaults: (job) => withFields(job, {
    metadata: isEmpty(job.metadata.labels) ? withFields(job.metadata, { labels: job.spec.template.metadata.labels }) : job.metadata,
    spec: defaultJobSpec(job.spec),
  }),
  prepareForCreate: (job) => withoutGatedTemplate(job.spec.manualSelector ? job : { ...job, spec: ownSelector(job.metadata, job.spec) }),
  prepareForUpdate: (job, old) => withoutGatedTemplate(job, old),
  validate: jobErrors,
  validateUpdate: jobUpdateErrors,
  validateStatusUpdate: jobStatusErrors,
  warnings: (job, old) => [...(old ? [] : nameWarnings(job.metadata.name)), ...jobSpecWarnings(job.spec, FieldPath.of('spec'))],
});
export type Job = InstanceOf<typeof Job>;
