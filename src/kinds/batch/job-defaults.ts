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

/** A job finds its pods by its own UID, which its template's labels then bear. */
export function ownSelector({ name, uid }: { readonly name: string; readonly uid: string }, spec: JobSpec): JobSpec {
  const { template } = spec;
  const labels = {
    ...template.metadata.labels,
    'controller-uid': uid, 'batch.kubernetes.io/controller-uid': uid, 'job-name': name, 'batch.kubernetes.io/job-name': name,
  };
  return {
    ...spec,
    selector: { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, 'batch.kubernetes.io/controller-uid': uid } },
    template: { ...template, metadata: { ...template.metadata, labels } },
  };
}
