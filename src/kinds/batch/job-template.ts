import { object, part, type TypeOf } from '../../schema/field.ts';
import { objectMeta } from '../../schema/object-meta.ts';
import { jobSpec } from './job-spec.ts';

export const jobTemplateSpec = part(() =>
  object('api.batch.v1.JobTemplateSpec', {
    metadata: objectMeta().default({}).tag(1).describe('Labels and annotations of the jobs to be made.'),
    spec: jobSpec().default({}).tag(2).describe('What the jobs to be made are like.'),
  }));
export type JobTemplateSpec = TypeOf<ReturnType<typeof jobTemplateSpec>>;
