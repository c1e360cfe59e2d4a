import { object, part, type TypeOf } from '../../schema/field.ts';
import { objectMeta } from '../../schema/object-meta.ts';
import { jobSpec } from './job-spec.ts';

export const jobTemplateSpec = part(() =>
  object('api.batch.v1.JobTemplateSpec', {
    metadata: objectMeta().default({}).tag(1),
    spec: jobSpec().default({}).tag(2),
  }));
export type JobTemplateSpec = TypeOf<ReturnType<typeof jobTemplateSpec>>;
