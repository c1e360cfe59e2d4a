/** What `kubectl get pods` shows of a pod. */
import { humanDuration } from '../../meta/human-duration.ts';
import { NONE, orNone } from '../cells.ts';
import type { ContainerState, ContainerStatus, PodStatus } from './pod-status.ts';
import type { PodSpec } from './pod-spec.ts';

interface PodLike {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly spec: PodSpec;
  readonly status: PodStatus;
}

/** Counted over init containers until they are done, then over sidecars and containers. */
class Restarts {
  count = 0;
  last = 0;

  add({ restartCount, lastState }: ContainerStatus): void {
    this.count += restartCount;
    this.last = Math.max(this.last, Date.parse(lastState?.terminated?.finishedAt ?? '') || 0);
  }
}

interface Summary {
  readonly ready: number;
  readonly total: number;
  readonly reason: string;
  readonly restarts: Restarts;
}

/** One pass over the containers' states, as far as initialisation has come. */
function summarize({ metadata, spec, status }: PodLike): Summary {
  const sidecars = new Set((spec.initContainers ?? []).filter((one) => one.restartPolicy === 'Always').map((one) => one.name));
  const init = initialisation(spec, status, sidecars);
  const total = spec.containers.length + sidecars.size;
  let { reason = startingReason(status), ready, restarts } = init;
  if (init.reason === undefined || isTrue(status, 'Initialized')) {
    const main = running(status, reason);
    ready += main.ready;
    reason = main.reason;
    restarts = init.sidecarRestarts;
    (status.containerStatuses ?? []).forEach((one) => restarts.add(one));
  }
  if (metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') reason = 'Unknown';
    else if (status.phase !== 'Succeeded' && status.phase !== 'Failed') reason = 'Terminating';
  }
  return { ready, total, reason, restarts };
}

function startingReason(status: PodStatus): string {
  const gated = status.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated');
  return gated ? 'SchedulingGated' : status.reason || status.phase || '';
}

/** `reason` is undefined once every init container is done (or, for sidecars, started). */
function initialisation(spec: PodSpec, status: PodStatus, sidecars: ReadonlySet<string>) {
  const restarts = new Restarts();
  const sidecarRestarts = new Restarts();
  let ready = 0;
  let reason: string | undefined;
  for (const [index, one] of (status.initContainerStatuses ?? []).entries()) {
    const isSidecar = sidecars.has(one.name);
    restarts.add(one);
    if (isSidecar) sidecarRestarts.add(one);
    if (one.state?.terminated?.exitCode === 0) continue;
    if (isSidecar && one.started) {
      if (one.ready) ready += 1;
      continue;
    }
    const { terminated, waiting } = one.state ?? {};
    if (terminated) reason = `Init:${terminated.reason || exitReason(terminated)}`;
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') reason = `Init:${waiting.reason}`;
    else reason = `Init:${index}/${spec.initContainers?.length ?? 0}`;
    break;
  }
  return { ready, reason, restarts, sidecarRestarts };
}

/** The first container that says something decides; one that still runs outweighs those that completed. */
function running(status: PodStatus, before: string) {
  let reason = before;
  let ready = 0;
  let hasRunning = false;
  for (const one of (status.containerStatuses ?? []).toReversed()) {
    const { waiting, terminated, running: runs } = one.state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated) reason = terminated.reason || exitReason(terminated);
    else if (one.ready && runs) {
      hasRunning = true;
      ready += 1;
    }
  }
  if (reason === 'Completed' && hasRunning) reason = isTrue(status, 'Ready') ? 'Running' : 'NotReady';
  return { reason, ready };
}

const exitReason = ({ signal, exitCode }: NonNullable<ContainerState['terminated']>): string =>
  signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;

const isTrue = (status: PodStatus, type: string): boolean =>
  status.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;

export function readyCell(pod: PodLike): string {
  const { ready, total } = summarize(pod);
  return `${ready}/${total}`;
}

/** The STATUS column: the phase, or what a container says that tells more. */
export const statusCell = (pod: PodLike): string => summarize(pod).reason;

export function restartsCell(pod: PodLike, now: number): string {
  const { restarts } = summarize(pod);
  return restarts.count > 0 && restarts.last > 0 ? `${restarts.count} (${humanDuration(now - restarts.last)} ago)` : String(restarts.count);
}

export const podIpCell = ({ status }: PodLike): string => orNone(status.podIPs?.[0]?.ip);

export function readinessGatesCell({ spec, status }: PodLike): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  return `${gates.filter(({ conditionType }) => isTrue(status, conditionType)).length}/${gates.length}`;
}
