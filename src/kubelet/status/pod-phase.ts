/** A pod's phase from its container statuses (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase). Pure. */
import type { Container } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { ContainerStatus, PodStatus } from '../../kinds/core/pod-status.ts';
import { initContainers, isSidecar } from '../pod.ts';
import { RESTARTING_ALL, restartsAfter } from '../sync/restart.ts';

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

export interface PhaseInput {
  readonly pod: Pod;
  readonly statuses: Pick<PodStatus, 'containerStatuses' | 'initContainerStatuses'>;
  /** Whether a main container has been created, so that init containers are behind it. */
  readonly initialized: boolean;
  /** Nothing of the pod will run again. */
  readonly finished: boolean;
}

export function phaseOf({ pod, statuses, initialized, finished }: PhaseInput): Phase {
  const init = countInit(pod, statuses.initContainerStatuses ?? []);
  if (init.failed > 0) return 'Failed';
  const main = countMain(pod, statuses.containerStatuses ?? []);
  const running = main.running + init.sidecarsRunning;
  if (finished && running === 0 && main.stopped > 0 && main.unknown === 0) return main.stopped === main.succeeded ? 'Succeeded' : 'Failed';
  if (init.pending > 0 || (init.sidecarsPending > 0 && !initialized) || main.waiting + init.sidecarsWaiting > 0) return finished ? 'Failed' : 'Pending';
  if (running > 0 && main.unknown === 0) return 'Running';
  if (running > 0 || main.stopped === 0 || main.unknown > 0) return finished ? 'Failed' : 'Pending';
  if (main.restarting > 0) return 'Running';
  return main.stopped === main.succeeded ? 'Succeeded' : 'Failed';
}

const willRestart = (pod: Pod, container: Container, { exitCode, reason }: { readonly exitCode: number; readonly reason?: string }): boolean =>
  reason === RESTARTING_ALL.reason || restartsAfter(pod, container, exitCode);

function countInit(pod: Pod, statuses: readonly ContainerStatus[]) {
  /** `failed`: for good. */
  const count = { pending: 0, failed: 0, sidecarsPending: 0, sidecarsRunning: 0, sidecarsWaiting: 0 };
  for (const container of initContainers(pod)) {
    const status = statuses.find(({ name }) => name === container.name);
    const last = status?.state.terminated ?? status?.lastState.terminated;
    if (isSidecar(container)) {
      if (status?.state.running) count.sidecarsRunning++;
      if (status?.state.running ? !status.started : !last) count.sidecarsPending++;
      if (status?.state.waiting && !last) count.sidecarsWaiting++;
    } else if (!status || status.state.running || !last) count.pending++;
    else if (last.exitCode !== 0 && !willRestart(pod, container, last)) count.failed++;
    else if (last.exitCode !== 0) count.pending++;
    else if (status.state.waiting) count.pending++;
  }
  return count;
}

function countMain(pod: Pod, statuses: readonly ContainerStatus[]) {
  const count = { unknown: 0, running: 0, waiting: 0, stopped: 0, succeeded: 0, restarting: 0 };
  for (const container of pod.spec.containers) {
    const status = statuses.find(({ name }) => name === container.name);
    const ended = status?.state.terminated ?? (status?.state.waiting ? status.lastState.terminated : undefined);
    if (status?.state.running) count.running++;
    else if (ended) {
      count.stopped++;
      if (ended.exitCode === 0) count.succeeded++;
      if (willRestart(pod, container, ended)) count.restarting++;
    } else if (status?.state.waiting) count.waiting++;
    else count.unknown++;
  }
  return count;
}
