/** Whether a container that has ended is started again. */
import type { Container } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { RuntimeContainer } from './pod-runtime.ts';

type Restartable = Pick<Container, 'restartPolicy' | 'restartPolicyRules'>;

/** The container's own policy, or else its pod's. */
export const restartPolicyOf = (pod: Pod, container: Restartable): string => container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always';

/** Whether a container that ended with `exitCode` would be started again: rules first (KEP-5307), then the policy. */
export function restartsAfter(pod: Pod, container: Restartable, exitCode: number): boolean {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    if (action !== 'Restart' || !exitCodes) continue;
    const listed = (exitCodes.values ?? []).includes(exitCode);
    if (exitCodes.operator === 'In' ? listed : !listed) return true;
  }
  const policy = restartPolicyOf(pod, container);
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** `latest` is the container's newest instance. */
export function shouldStart(pod: Pod, container: Restartable, latest: RuntimeContainer | undefined): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  if (latest === undefined || latest.state === 'created' || latest.state === 'unknown') return true;
  return latest.state === 'exited' && restartsAfter(pod, container, latest.exitCode);
}

/** Whether a container that a probe or a change ends comes back. */
export const restartsOnFailure = (pod: Pod, container: Restartable): boolean => restartPolicyOf(pod, container) !== 'Never';
