import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int32, int64, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, containerImages, containerNames, formatSelector, integer, NONE } from '../cells.ts';
import { defaultJobSpec } from './job-defaults.ts';
import { jobTemplateSpec } from './job-template.ts';
import { objectReference } from '../core/references.ts';

export const cronJobSpec = part(() =>
  object('api.batch.v1.CronJobSpec', {
    schedule: string().required().tag(1),
    startingDeadlineSeconds: int64().pointer().tag(2),
    concurrencyPolicy: string().default('Allow').tag(3),
    suspend: boolean().pointer().default(false).tag(4),
    jobTemplate: jobTemplateSpec().required().default({}).tag(5),
    successfulJobsHistoryLimit: int32().pointer().default(3).tag(6),
    failedJobsHistoryLimit: int32().pointer().default(1).tag(7),
    timeZone: string().pointer().tag(8),
  }));
export type CronJobSpec = TypeOf<ReturnType<typeof cronJobSpec>>;

export const cronJobStatus = part(() =>
  object('api.batch.v1.CronJobStatus', {
    active: list(objectReference()).tag(1),
    lastScheduleTime: time().tag(4),
    lastSuccessfulTime: time().tag(5),
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
    Suspend: ({ spec }) => (spec.suspend ? 'True' : 'False'),
    Active: integer(({ status }) => status.active?.length ?? 0),
    'Last Schedule': ({ status }, now) => (status.lastScheduleTime === undefined ? NONE : since(status.lastScheduleTime, now)),
    Age: age,
  },
  wideColumns: {
    Containers: ({ spec }) => containerNames(spec.jobTemplate.spec.template),
    Images: ({ spec }) => containerImages(spec.jobTemplate.spec.template),
    Selector: ({ spec }) => formatSelector(spec.jobTemplate.spec.selector),
  },
  defaults: (job) => {
    const { jobTemplate } = job.spec;
    return { ...job, spec: { ...job.spec, jobTemplate: { ...jobTemplate, spec: defaultJobSpec(jobTemplate.spec) } } };
  },
  validate: cronJobErrors,
});
export type CronJob = InstanceOf<typeof CronJob>;
import { since } from '../../meta/human-duration.ts';
import { cronJobErrors } from './job-validation.ts';
