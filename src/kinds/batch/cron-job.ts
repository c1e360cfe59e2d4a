import { FieldPath } from '../../meta/field-error.ts';
import { since } from '../../meta/human-duration.ts';
import { formatLabelSelector } from '../../meta/label-selector.ts';
import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int32, int64, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, containerImages, containerNames, integer, NONE } from '../cells.ts';
import { cronJobErrors, cronJobUpdateErrors, newCronJobErrors } from './cron-job-validation.ts';
import { defaultJobSpec } from './job-defaults.ts';
import { jobTemplateSpec } from './job-template.ts';
import { jobSpecWarnings } from './job-warnings.ts';
import { templateWithoutGated } from '../core/pod-gates.ts';
import { nameWarnings } from '../core/pod-warnings.ts';
import { withFields } from '../change.ts';
import { objectReference } from '../core/references.ts';

export const cronJobSpec = part(() =>
  object('api.batch.v1.CronJobSpec', {
    schedule: string().required().tag(1).describe('When, in cron\'s form: minute, hour, day, month, weekday.'),
    startingDeadlineSeconds: int64().pointer().tag(2).describe('How late a job may start before it is left out.'),
    concurrencyPolicy: string().default('Allow').tag(3).describe('What happens while the last job still runs: Allow, Forbid the new one, or Replace the old one.'),
    suspend: boolean().pointer().default(false).tag(4).describe('Whether no more jobs are made.'),
    jobTemplate: jobTemplateSpec().required().default({}).tag(5).describe('What its jobs are like.'),
    successfulJobsHistoryLimit: int32().pointer().default(3).tag(6).describe('How many jobs that succeeded are kept.'),
    failedJobsHistoryLimit: int32().pointer().default(1).tag(7).describe('How many jobs that failed are kept.'),
    timeZone: string().pointer().tag(8).describe('The zone the schedule is meant in; the control plane\'s unless said.'),
  }));
export type CronJobSpec = TypeOf<ReturnType<typeof cronJobSpec>>;

export const cronJobStatus = part(() =>
  object('api.batch.v1.CronJobStatus', {
    active: list(objectReference()).tag(1).describe('Jobs that run.'),
    lastScheduleTime: time().tag(4).describe('When a job was last due.'),
    lastSuccessfulTime: time().tag(5).describe('When a job last succeeded.'),
  }));
export type CronJobStatus = TypeOf<ReturnType<typeof cronJobStatus>>;

export const CronJob = defineKind({
  group: 'batch', version: 'v1', kind: 'CronJob', plural: 'cronjobs',
  short: ['cj'], categories: ['all'], scope: 'Namespaced', package: 'api.batch.v1',
  description: 'Makes jobs on a schedule.',
  spec: cronJobSpec().required(),
  status: cronJobStatus(),
  columns: {
    Schedule: ({ spec }) => spec.schedule,
    Timezone: ({ spec }) => spec.timeZone ?? NONE,
    Suspend: { type: 'boolean', cell: ({ spec }) => (spec.suspend ? 'True' : 'False') },
    Active: integer(({ status }) => status.active?.length ?? 0),
    'Last Schedule': ({ status }, now) => (status.lastScheduleTime === undefined ? NONE : since(status.lastScheduleTime, now)),
    Age: age,
  },
  wideColumns: {
    Containers: ({ spec }) => containerNames(spec.jobTemplate.spec.template),
    Images: ({ spec }) => containerImages(spec.jobTemplate.spec.template),
    Selector: ({ spec }) => formatLabelSelector(spec.jobTemplate.spec.selector),
  },
  defaults: (job) => {
    const { jobTemplate } = job.spec;
    return { ...job, spec: { ...job.spec, jobTemplate: { ...jobTemplate, spec: defaultJobSpec(jobTemplate.spec) } } };
  },
  prepareForCreate: (job) => ungated(job),
  prepareForUpdate: (job, old) => ungated(job, old),
  validate: cronJobErrors,
  validateCreate: newCronJobErrors,
  validateUpdate: cronJobUpdateErrors,
  warnings: (job, old) => [
    ...(old ? [] : nameWarnings(job.metadata.name)),
    ...jobSpecWarnings(job.spec.jobTemplate.spec, FieldPath.of('spec.jobTemplate.spec')),
    ...(job.spec.schedule.includes('TZ') ? [ZONE_IN_SCHEDULE] : []),
  ],
});
export type CronJob = InstanceOf<typeof CronJob>;

const ZONE_IN_SCHEDULE = 'CRON_TZ or TZ used in spec.schedule is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details';

interface Made {
  readonly spec: CronJobSpec;
}

function ungated<T extends Made>(job: T, old?: T): T {
  const { jobTemplate } = job.spec;
  const template = templateWithoutGated(jobTemplate.spec.template, old?.spec.jobTemplate.spec.template);
  return template === jobTemplate.spec.template ? job : { ...job, spec: { ...job.spec, jobTemplate: { ...jobTemplate, spec: withFields(jobTemplate.spec, { template }) } } };
}
