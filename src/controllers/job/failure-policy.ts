import type { Job } from '../../kinds/batch/job.ts';
import type { PodFailurePolicyRule } from '../../kinds/batch/job-spec.ts';
import type { Pod } from '../../kinds/core/pod.ts';

/** What a pod's failure means: counted, not counted, the end of its index, or the end of the job, and why. */
export type Verdict =
  | { readonly action: 'Count' | 'Ignore' | 'FailIndex' }
  | { readonly action: 'FailJob'; readonly message: string };

/** The first rule of the job's pod failure policy that fits (KEP-3329); without one a failure counts. */
export function judge(job: Job, pod: Pod): Verdict {
  // Only an end that the kubelet has told of can be judged.
  const rules = pod.status.phase === 'Failed' ? job.spec.podFailurePolicy?.rules ?? [] : [];
  for (const [index, rule] of rules.entries()) {
    const fit = fits(rule, pod);
    if (fit === undefined) continue;
    switch (rule.action) {
      case 'Ignore':
      case 'Count':
        return { action: rule.action };
      case 'FailIndex':
        if (job.spec.backoffLimitPerIndex === undefined) continue;
        return { action: 'FailIndex' };
      case 'FailJob':
        return { action: 'FailJob', message: `${fit} matching FailJob rule at index ${index}` };
    }
  }
  return { action: 'Count' };
}

/** How the rule fits the pod, in words; undefined where it does not. */
function fits({ onExitCodes, onPodConditions }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (onExitCodes) {
    const { containerName, operator, values } = onExitCodes;
    const statuses = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])];
    for (const { name: container, state } of statuses) {
      const code = state?.terminated?.exitCode ?? 0;
      if (code === 0 || (containerName !== undefined && containerName !== container)) continue;
      if (values.includes(code) === (operator === 'In')) return `Container ${container} for pod ${name} failed with exit code ${code}`;
    }
    return undefined;
  }
  const condition = pod.status.conditions?.find((one) => onPodConditions?.some(({ type, status }) => one.type === type && one.status === status));
  return condition && `Pod ${name} has condition ${condition.type}`;
}
