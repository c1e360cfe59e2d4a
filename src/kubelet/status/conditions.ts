/** The pod conditions a kubelet owns, in upstream's words. Pure. */
import type { Pod } from '../../kinds/core/pod.ts';
import type { ContainerStatus, PodCondition } from '../../kinds/core/pod-status.ts';
import { initContainers, isSidecar } from '../pod.ts';
import type { ResizeMemory } from '../sync/resize-pod.ts';
import type { Phase } from './pod-phase.ts';

/** Those that are there only while they are true. */
export const TRANSIENT_CONDITIONS = ['PodResizePending', 'PodResizeInProgress'] as const;

export const OWN_CONDITIONS: ReadonlySet<string> = new Set(['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled', 'AllContainersRestarting', ...TRANSIENT_CONDITIONS]);

export interface ConditionsInput {
  readonly pod: Pod;
  readonly phase: Phase;
  readonly init: readonly ContainerStatus[];
  readonly main: readonly ContainerStatus[];
  /** The pod has a sandbox with a network. */
  readonly sandboxReady: boolean;
  readonly resize?: ResizeMemory | undefined;
  /** All containers are being restarted; undefined where that cannot come to pass. */
  readonly restarting?: boolean | undefined;
  /** What goes with the pod's failure. */
  readonly failed?: Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'> | undefined;
  readonly now: string;
}

interface Verdict {
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
}

/** `lastTransitionTime` moves only where the status does. */
export function kubeletConditions(input: ConditionsInput): readonly PodCondition[] {
  const { pod, sandboxReady, now } = input;
  const containersReady = containersReadyVerdict(input);
  const verdicts: readonly (readonly [string, Verdict])[] = [
    ['PodReadyToStartContainers', { status: sandboxReady ? 'True' : 'False' }],
    ['Initialized', initializedVerdict(input)],
    ['Ready', containersReady.status === 'True' ? gatesVerdict(pod) : containersReady],
    ['ContainersReady', containersReady],
    ['PodScheduled', { status: 'True' }],
    ...restartingVerdict(input),
    ...resizeVerdicts(input.resize),
    ...(input.failed ? [[input.failed.type, { status: 'True', ...(input.failed.reason ? { reason: input.failed.reason } : {}), ...(input.failed.message ? { message: input.failed.message } : {}) }] as const] : []),
  ];
  return verdicts.map(([type, verdict]) => {
    const before = pod.status.conditions?.find((condition) => condition.type === type);
    return {
      type, ...verdict,
      lastTransitionTime: before?.status === verdict.status && before.lastTransitionTime ? before.lastTransitionTime : now,
      ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    };
  });
}

function restartingVerdict({ restarting, phase }: ConditionsInput): readonly (readonly [string, Verdict])[] {
  if (restarting === undefined) return [];
  const why = phase === 'Succeeded' ? { reason: 'PodCompleted' } : phase === 'Failed' ? { reason: 'PodFailed' } : {};
  return [['AllContainersRestarting', restarting
    ? { status: 'True', reason: 'RestartAllContainersStarted', message: 'container exited with restart policy rule' } : { status: 'False', ...why }]];
}

function resizeVerdicts(resize: ResizeMemory | undefined): readonly (readonly [string, Verdict])[] {
  const { pending, resizing = false, error } = resize ?? {};
  return [
    ...(pending ? [['PodResizePending', { status: 'True', reason: pending.reason, message: pending.message }] as const] : []),
    ...(resizing ? [['PodResizeInProgress', { status: 'True', ...(error === undefined ? {} : { reason: 'Error', message: error }) }] as const] : []),
  ];
}

const list = (what: string, names: readonly string[]): string => `containers with ${what} status: [${names.join(' ')}]`;

function initializedVerdict({ pod, phase, init, main }: ConditionsInput): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  // Once a main container ran, init containers are done, whatever a restart of the node makes of them.
  if (main.some(({ state, lastState }) => state.running || state.terminated || lastState.terminated)) return { status: 'True' };
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const container of initContainers(pod)) {
    const status = init.find(({ name }) => name === container.name);
    if (!status) unknown.push(container.name);
    else if (isSidecar(container) ? !status.started : !status.ready) incomplete.push(container.name);
  }
  return unknown.length + incomplete.length === 0 ? { status: 'True' } : { status: 'False', reason: 'ContainersNotInitialized', message: sentence(unknown, ['incomplete', incomplete]) };
}

function containersReadyVerdict({ pod, phase, init, main }: ConditionsInput): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const unknown: string[] = [];
  const unready: string[] = [];
  for (const container of [...initContainers(pod).filter(isSidecar), ...pod.spec.containers]) {
    const status = [...init, ...main].find(({ name }) => name === container.name);
    if (!status) unknown.push(container.name);
    else if (!status.ready) unready.push(container.name);
  }
  return unknown.length + unready.length === 0 ? { status: 'True' } : { status: 'False', reason: 'ContainersNotReady', message: sentence(unknown, ['unready', unready]) };
}

function sentence(unknown: readonly string[], [what, names]: readonly [string, readonly string[]]): string {
  const parts = [...(unknown.length > 0 ? [list('unknown', unknown)] : []), ...(names.length > 0 ? [list(what, names)] : [])];
  return parts.join(', ');
}

function gatesVerdict({ spec, status }: Pod): Verdict {
  const unmet = (spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = status.conditions?.find(({ type }) => type === conditionType);
    if (!condition) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    return condition.status === 'True' ? [] : [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`];
  });
  return unmet.length === 0 ? { status: 'True' } : { status: 'False', reason: 'ReadinessGatesNotReady', message: unmet.join(', ') };
}
