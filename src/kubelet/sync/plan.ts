/**
 * What to do next about one running pod: desired state (the pod) against observed state (the runtime). Pure; one step at
 * a time, the next is planned from what the runtime then says. Upstream's rules (computePodActions), in this order:
 *
 *     sandbox missing or broken → end what is left, make a new one, begin with the first init container
 *     init containers           → one after the other; sidecars stay
 *     main containers           → start what should run, end what changed or fails its probes
 *     nothing runs, nothing to  → end the pod: sidecars and sandbox
 */
import type { Container } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { containerHash } from '../containers/hash.ts';
import { ephemeralContainers, initContainers, isSidecar } from '../pod.ts';
import { activeSandbox, newestOf } from './pod-runtime.ts';
import type { PodRuntime, RuntimeContainer } from './pod-runtime.ts';
import { restartsAfter, restartsOnFailure, shouldStart } from './restart.ts';

export interface PodPlan {
  /** End every container and the sandbox, before anything else. */
  readonly killPod: boolean;
  readonly createSandbox: boolean;
  /** Of the sandbox to create, or of the present one. */
  readonly attempt: number;
  readonly kill: readonly ContainerKill[];
  /** Names, in order. */
  readonly start: readonly string[];
}

export interface ContainerKill {
  readonly container: RuntimeContainer;
  /** For the event. */
  readonly message: string;
  /** A failing probe may set its own grace period. */
  readonly because: 'changed' | 'liveness' | 'startup' | 'unknown' | 'resize';
}

/** What probes have found, by container id. */
export interface ProbeVerdicts {
  readonly livenessFailed: (containerId: string) => boolean;
  readonly startupFailed: (containerId: string) => boolean;
  /** True too for a container without a startup probe. */
  readonly started: (containerId: string) => boolean;
}

export function planPod(pod: Pod, runtime: PodRuntime, probes: ProbeVerdicts): PodPlan {
  const newest = runtime.sandboxes[0];
  if (sandboxIsBroken(pod, runtime)) return planNewSandbox(pod, runtime, newest === undefined ? 0 : newest.attempt + 1);
  const steps = new Steps(newest!.attempt);
  for (const { name } of ephemeralContainers(pod)) if (!newestOf(runtime, name)) steps.start.push(name);
  if (planInit(pod, inActiveSandbox(runtime), { probes, steps }) === 'done') planMain(pod, runtime, { probes, steps });
  return steps;
}

interface Planning {
  readonly probes: ProbeVerdicts;
  readonly steps: Steps;
}

class Steps implements PodPlan {
  killPod = false;
  readonly createSandbox = false;
  readonly attempt: number;
  readonly kill: ContainerKill[] = [];
  readonly start: string[] = [];

  constructor(attempt: number) {
    this.attempt = attempt;
  }

  endPod(): void {
    this.killPod = true;
    this.start.length = 0;
    this.kill.length = 0;
  }
}

function sandboxIsBroken(pod: Pod, { sandboxes }: PodRuntime): boolean {
  const [newest] = sandboxes;
  if (newest === undefined || !newest.ready || sandboxes.filter(({ ready }) => ready).length > 1) return true;
  const wantsHost = pod.spec.hostNetwork === true;
  return newest.hostNetwork !== wantsHost || (!wantsHost && newest.ips.length === 0);
}

/** The runtime without what an earlier sandbox left: init containers run again in a new one. */
const inActiveSandbox = (runtime: PodRuntime): PodRuntime => {
  const sandbox = activeSandbox(runtime);
  return { ...runtime, containers: runtime.containers.filter(({ sandboxId }) => sandboxId === sandbox?.id) };
};

function planNewSandbox(pod: Pod, runtime: PodRuntime, attempt: number): PodPlan {
  const nothing = { killPod: true, createSandbox: false, attempt, kill: [], start: [] };
  const fresh = runtime.containers.length === 0;
  if (pod.spec.restartPolicy === 'Never' && attempt > 0 && !fresh) return nothing;
  const main = pod.spec.containers.filter((container) => {
    const latest = newestOf(runtime, container.name);
    return latest?.state !== 'exited' || restartsAfter(pod, container, latest.exitCode);
  });
  if (main.length === 0) return nothing;
  const [firstInit] = initContainers(pod);
  return { killPod: attempt > 0, createSandbox: true, attempt, kill: [], start: firstInit ? [firstInit.name] : main.map(({ name }) => name) };
}

/** @returns whether main containers may run. */
function planInit(pod: Pod, current: PodRuntime, planning: Planning): 'done' | 'waiting' {
  const initialized = pod.spec.containers.some(({ name }) => newestOf(current, name));
  for (const container of initContainers(pod)) {
    const latest = newestOf(current, container.name);
    if (isSidecar(container)) {
      const up = planSidecar(pod, { container, latest }, planning);
      if (!up && !initialized) return 'waiting';
    } else if (!initialized && planOnceOnly(pod, { container, latest }, planning) === 'waiting') return 'waiting';
  }
  return 'done';
}

interface Subject {
  readonly container: Container;
  readonly latest: RuntimeContainer | undefined;
}

/** An init container that must end well before the next begins. */
function planOnceOnly(pod: Pod, { container, latest }: Subject, { steps }: Planning): 'done' | 'waiting' {
  if (latest?.state === 'exited' && latest.exitCode === 0) return 'done';
  if (latest?.state === 'running') return 'waiting';
  if (latest?.state === 'unknown') steps.kill.push(killUnknown(latest));
  if (latest?.state === 'exited' && !restartsAfter(pod, container, latest.exitCode) && restartsNever(pod, container)) steps.endPod();
  else steps.start.push(container.name);
  return 'waiting';
}

/** Init containers know no Always: with that policy, too, only a failed one runs again. */
const restartsNever = (pod: Pod, container: Container): boolean => !restartsOnFailure(pod, container);

/** @returns whether it has started, so that what follows it may. */
function planSidecar(pod: Pod, { container, latest }: Subject, planning: Planning): boolean {
  const { steps, probes } = planning;
  if (latest?.state === 'running') {
    if (planRunning(pod, { container, latest }, planning)) return probes.started(latest.id);
    return false;
  }
  if (latest?.state === 'unknown') steps.kill.push(killUnknown(latest));
  steps.start.push(container.name);
  return false;
}

/** @returns whether the container is kept; otherwise its end, and its restart if due, are planned. */
function planRunning(pod: Pod, { container, latest }: Subject & { readonly latest: RuntimeContainer }, { steps, probes }: Planning): boolean {
  const { name } = container;
  const changed = latest.hash !== containerHash(container);
  const verdict = changed ? (['changed', `Container ${name} definition changed`] as const)
    : probes.livenessFailed(latest.id) ? (['liveness', `Container ${name} failed liveness probe`] as const)
      : probes.startupFailed(latest.id) ? (['startup', `Container ${name} failed startup probe`] as const) : undefined;
  if (!verdict) return true;
  const [because, message] = verdict;
  const restart = changed || restartsOnFailure(pod, container);
  if (restart) steps.start.push(name);
  steps.kill.push({ container: latest, because, message: restart ? `${message}, will be restarted` : message });
  return false;
}

function planMain(pod: Pod, runtime: PodRuntime, planning: Planning): void {
  const { steps } = planning;
  const before = steps.start.length;
  let kept = 0;
  for (const container of pod.spec.containers) {
    const latest = newestOf(runtime, container.name);
    if (latest?.state === 'running') {
      if (planRunning(pod, { container, latest }, planning)) kept++;
    } else if (shouldStart(pod, container, latest)) {
      if (latest?.state === 'unknown') steps.kill.push(killUnknown(latest));
      steps.start.push(container.name);
    }
  }
  if (kept === 0 && steps.start.length === before) steps.endPod();
}

const killUnknown = (container: RuntimeContainer): ContainerKill => ({
  container, because: 'unknown', message: 'Container is in "unknown" state, try killing it before restart',
});
