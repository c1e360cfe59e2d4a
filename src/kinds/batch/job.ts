import type { InstanceOf } from '../../meta/resource.ts';
import { int32, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, workloadWideColumns } from '../cells.ts';
import { isEmpty, withFields } from '../change.ts';
import { completionsCell, durationCell, statusCell } from './job-columns.ts';
import { defaultJobSpec, ownSelector } from './job-defaults.ts';
import { jobSpec } from './job-spec.ts';
import { jobErrors, jobUpdateErrors } from './job-validation.ts';

export const jobCondition = part(() =>
  object('api.batch.v1.JobCondition', {
    type: string().required().default('').tag(1),
    status: string().required().default('').tag(2),
    lastProbeTime: time().tag(3).describe('When the condition was last checked.'),
    lastTransitionTime: time().tag(4).describe('When the status last changed.'),
    reason: string().tag(5),
    message: string().tag(6),
  }));
export type JobCondition = TypeOf<ReturnType<typeof jobCondition>>;

export const jobStatus = part(() =>
  object('api.batch.v1.JobStatus', {
    conditions: list(jobCondition()).mergeKey('type').tag(1).describe('What is known of the object\'s state, one entry for each type.'),
    startTime: time().tag(2),
    completionTime: time().tag(3),
    active: int32().tag(4),
    succeeded: int32().tag(5),
    failed: int32().tag(6),
    completedIndexes: string().tag(7),
    uncountedTerminatedPods: uncountedTerminatedPods().tag(8),
    ready: int32().pointer().tag(9),
    failedIndexes: string().pointer().tag(10),
    terminating: int32().pointer().tag(11),
  }));
export type JobStatus = TypeOf<ReturnType<typeof jobStatus>>;

export const uncountedTerminatedPods = part(() =>
  object('api.batch.v1.UncountedTerminatedPods', {
    succeeded: list(string()).set().tag(1),
    failed: list(string()).set().tag(2),
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
  validate: jobErrors,
  validateUpdate: jobUpdateErrors,
  prepareForCreate: (job) => (job.spec.manualSelector ? job : { ...job, spec: ownSelector(job.metadata, job.spec) }),
});
export type Job = InstanceOf<typeof Job>;
