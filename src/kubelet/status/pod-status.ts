/** The whole status of a pod that this kubelet has taken on. Pure. */
import type { Millis } from '../../base/clock.ts';
import { mayRestartAll } from '../../kinds/core/container-restart.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { PodStatus } from '../../kinds/core/pod-status.ts';
import type { ResourceRequirements } from '../../kinds/core/resources.ts';
import { formatTime } from '../../meta/time.ts';
import { qosClassOf } from '../../kinds/core/pod-qos.ts';
import { isTerminalPhase } from '../../rules/pod-conditions.ts';
import { ephemeralContainers, initContainers } from '../pod.ts';
import { activeSandbox, newestOf } from '../sync/pod-runtime.ts';
import type { PodRuntime } from '../sync/pod-runtime.ts';
import type { PodFailure } from '../sync/pod-sync.ts';
import { restartTriggers } from '../sync/restart.ts';
import type { ResizeMemory } from '../sync/resize-pod.ts';
import { kubeletConditions } from './conditions.ts';
import { containerStatuses } from './container-status.ts';
import type { ContainerFacts } from './container-status.ts';
import { phaseOf } from './pod-phase.ts';
import type { Phase } from './pod-phase.ts';

export interface PodStatusInput extends ContainerFacts {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  readonly finished: boolean;
  readonly hostIps: readonly string[];
  readonly now: Millis;
  /** The pod was refused, evicted or ran out of time: it fails whatever its containers say. */
  readonly failure?: PodFailure | undefined;
  readonly resize?: ResizeMemory;
  /** What the pod's own cgroup is held to, where the pod has resources of its own. */
  readonly actualPod?: ResourceRequirements | undefined;
}

/** What all containers of a pod together may leave as their last words. */
const MOST_MESSAGE_BYTES = 12 * 1024;

export function podStatus(whole: PodStatusInput): PodStatus {
  const { pod, runtime, finished, failure, now } = whole;
  const containers = pod.spec.containers.length + initContainers(pod).length + ephemeralContainers(pod).length;
  const input = { ...whole, mostMessageBytes: Math.floor(MOST_MESSAGE_BYTES / containers) };
  const before = pod.status;
  const main = containerStatuses(pod.spec.containers, { ...input, previous: before.containerStatuses ?? [] });
  const init = containerStatuses(initContainers(pod), { ...input, previous: before.initContainerStatuses ?? [] });
  const ephemeral = containerStatuses(ephemeralContainers(pod), { ...input, previous: before.ephemeralContainerStatuses ?? [] });
  const computed = phaseOf({
    pod, finished, statuses: { containerStatuses: main, initContainerStatuses: init },
    initialized: pod.spec.containers.some(({ name }) => newestOf(runtime, name) !== undefined),
  });
  const phase = finalPhase(input, computed);
  const ips = ipsOf(input);
  const why = failure ?? (phase === before.phase ? { reason: before.reason ?? '', message: before.message ?? '' } : { reason: '', message: '' });
  const sandbox = activeSandbox(runtime);
  return {
    phase,
    ...(why.reason ? { reason: why.reason } : {}),
    ...(why.message ? { message: why.message } : {}),
    conditions: kubeletConditions({
      pod, phase: finished || failure?.unready ? phase : computed, init, main, now: formatTime(now), failed: failure?.condition, resize: finished ? undefined : input.resize,
      ...(mayRestartAll(pod.spec) ? { restarting: !finished && restartTriggers(pod, runtime).length > 0 } : {}),
      sandboxReady: sandbox !== undefined && (pod.spec.hostNetwork === true || sandbox.ips.length > 0),
    }),
    ...(input.hostIps[0] === undefined ? {} : { hostIP: input.hostIps[0], hostIPs: input.hostIps.map((ip) => ({ ip })) }),
    ...(ips[0] === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: before.startTime ?? formatTime(now),
    qosClass: before.qosClass ?? qosClassOf(pod.spec),
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    ...podLevelOf(input),
    containerStatuses: main,
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
  };
}

/**
 * What is told of it as long as something of the pod may still run: nobody shall take what it has, so it has not ended, and
 * nothing is said of why it does.
 */
export function beforeItsEnd(told: PodStatus, { reason: _reason, message: _message, ...status }: PodStatus): PodStatus {
  const { phase, reason, message } = told;
  return {
    ...status, ...(phase === undefined ? {} : { phase }), ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }),
    ...(status.conditions ? { conditions: status.conditions.filter(({ type }) => type !== 'DisruptionTarget') } : {}),
  };
}

/** Of pods with resources of their own alone. */
function podLevelOf({ pod: { spec }, actualPod }: PodStatusInput): Pick<PodStatus, 'allocatedResources' | 'resources'> {
  if (!spec.resources) return {};
  return { ...(spec.resources.requests ? { allocatedResources: spec.resources.requests } : {}), resources: actualPod ?? spec.resources };
}

/** Succeeded and Failed are for good. */
function finalPhase({ pod, failure }: PodStatusInput, computed: Phase): Phase {
  const { phase } = pod.status;
  if (isTerminalPhase(phase)) return phase as Phase;
  return failure ? 'Failed' : computed;
}

/** A pod keeps the addresses it had after its sandbox is gone, until it gets others. */
function ipsOf({ pod, runtime, hostIps }: PodStatusInput): readonly string[] {
  if (pod.spec.hostNetwork) return hostIps;
  const now = activeSandbox(runtime)?.ips ?? [];
  return now.length > 0 ? now : (pod.status.podIPs ?? []).map(({ ip }) => ip);
}
