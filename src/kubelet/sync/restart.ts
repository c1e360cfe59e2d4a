/** Whether a container that has ended is started again. */
import type { Container } from '../../kinds/core/container.ts';
import { mayRestartAll, restartPolicyOf, restartsAfter as restartsBy, ruleFor } from '../../kinds/core/container-restart.ts';
import type { Restartable } from '../../kinds/core/container-restart.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { initContainers } from '../pod.ts';
import { activeSandbox, newestOf } from './pod-runtime.ts';
import type { PodRuntime, RuntimeContainer } from './pod-runtime.ts';

/** Whether a container that ended with `exitCode` would be started again. */
export const restartsAfter = (pod: Pod, container: Restartable, exitCode: number): boolean => restartsBy(pod.spec, container, exitCode);

/** `latest` is the container's newest instance. */
export function shouldStart(pod: Pod, container: Restartable, latest: RuntimeContainer | undefined): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  if (latest === undefined || latest.state === 'created' || latest.state === 'unknown') return true;
  return latest.state === 'exited' && restartsAfter(pod, container, latest.exitCode);
}

/** Whether a container that a probe or a change ends comes back. */
export const restartsOnFailure = (pod: Pod, container: Restartable): boolean => restartPolicyOf(pod.spec, container) !== 'Never';

/** Why a container is gone that the pod will have again. */
export const RESTARTING_ALL = { reason: 'RestartingAllContainers', message: 'The container is removed because RestartAllContainers in place' } as const;

/** Ephemeral containers have no second life. */
export const restartable = (pod: Pod): readonly Container[] => [...initContainers(pod), ...pod.spec.containers];

/** The containers whose end makes all begin anew; it is not over as long as the runtime still has them. */
export function restartTriggers(pod: Pod, runtime: PodRuntime): readonly string[] {
  if (!mayRestartAll(pod.spec)) return [];
  const sandbox = activeSandbox(runtime)?.id;
  return restartable(pod).filter((container) => {
    const latest = newestOf(runtime, container.name);
    return latest?.state === 'exited' && latest.sandboxId === sandbox && ruleFor(container, latest.exitCode)?.action === 'RestartAllContainers';
  }).map(({ name }) => name);
}
