/** Defaults of a Job's spec, also within a CronJob's template. */
import { withFields } from '../change.ts';
import { defaultPodTemplate } from '../core/pod-defaults.ts';
import type { JobSpec } from './job-spec.ts';

const MAX_INT32 = 2_147_483_647;

export function defaultJobSpec(spec: JobSpec): JobSpec {
  const single = spec.completions === undefined && spec.parallelism === undefined;
  return withFields(spec, {
    ...(single && { completions: 1 }),
    parallelism: spec.parallelism ?? 1,
    backoffLimit: spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32),
    podReplacementPolicy: spec.podReplacementPolicy ?? (spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'),
    template: defaultPodTemplate(spec.template),
  });
}
