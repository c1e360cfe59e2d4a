/** A pod's resize as its worker goes about it: what is promised, what is under way, what is told. */
import { messageOf } from '../../base/message-of.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { ResourceRequirements } from '../../kinds/core/resources.ts';
import type { Cgroups } from '../cgroups/cgroups.ts';
import { actualResources } from '../resize/actual.ts';
import { askedBy, sameAllocation, withAllocation } from '../resize/allocations.ts';
import type { Allocations, PodAllocation } from '../resize/allocations.ts';
import { carryOutResize } from '../resize/carry-out.ts';
import { grows } from '../resize/decide.ts';
import type { PendingResize, ResizeVerdict } from '../resize/decide.ts';
import type { ResizePlan } from '../resize/plan-resize.ts';
import { resizeMessage } from '../resize/words.ts';
import type { ContainerKill } from './plan.ts';
import type { PodRuntime, RuntimeContainer } from './pod-runtime.ts';

/** What a pod's worker remembers of its resizes. */
export interface ResizeMemory {
  /** Why the newest request is not granted. */
  pending?: ResizeVerdict & { readonly since: number };
  /** Granted, and not yet carried out. */
  resizing: boolean;
  /** Why carrying it out failed last. */
  error?: string;
}

export interface ResizeContext {
  readonly promised: Allocations;
  readonly given: Allocations;
  readonly tell: (pod: Pod, container: undefined, event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }) => void;
}

/** The pod with what it was promised. */
export const asPromised = ({ promised }: Pick<ResizeContext, 'promised'>, pod: Pod): Pod => withAllocation(pod, promised.get(pod.metadata.uid));

/** A pod that was taken is promised what it asked for; one that was here before keeps what it was promised. */
export async function promiseFirst({ promised }: ResizeContext, pod: Pod): Promise<void> {
  const { uid } = pod.metadata;
  if (!promised.get(uid)) await promised.set(uid, askedBy(pod));
}

export interface Reconsidering {
  readonly pod: Pod;
  readonly memory: ResizeMemory;
  readonly decide: (pod: Pod) => ResizeVerdict | undefined;
  readonly now: number;
}

/** Grants what the pod asks for beyond what it was promised, or notes why not. Decides at once: of two that want the last CPU only one gets it. @returns when that is on disk, where it was granted */
export function reconsiderResize(at: ResizeContext, { pod, memory, decide, now }: Reconsidering): Promise<void> | undefined {
  const { uid } = pod.metadata;
  const asked = askedBy(pod);
  const promised = at.promised.get(uid);
  if (!promised || sameAllocation(asked, promised)) {
    delete memory.pending;
    return undefined;
  }
  const verdict = decide(pod);
  if (verdict) {
    const known = memory.pending?.reason === verdict.reason && memory.pending.message === verdict.message;
    if (!known) {
      memory.pending = { ...verdict, since: memory.pending?.since ?? now };
      at.tell(pod, undefined, { type: 'Warning', reason: `Resize${verdict.reason}`, message: resizeMessage(`Pod resize ${verdict.reason}`, pod, verdict.message) });
    }
    return undefined;
  }
  delete memory.pending;
  delete memory.error;
  memory.resizing = true;
  at.tell(pod, undefined, { type: 'Normal', reason: 'ResizeStarted', message: resizeMessage('Pod resize started', pod) });
  return at.promised.set(uid, asked);
}

/** The pod's place in the queue of those whose resize was put off. */
export function pendingResize({ promised }: Pick<ResizeContext, 'promised'>, pod: Pod, { pending }: ResizeMemory): PendingResize | undefined {
  return pending?.reason === 'Deferred' ? { pod, grows: grows(pod, withAllocation(pod, promised.get(pod.metadata.uid))), since: pending.since } : undefined;
}

/** Restarts that a resize asks for, as kills of the plan. */
export const killsOf = ({ restart }: ResizePlan): readonly ContainerKill[] => restart.map(({ container, running }) => ({
  container: running, because: 'resize', message: `Container ${container.name} resize requires restart`,
}));

export interface CarryingOut {
  /** With what it was promised. */
  readonly pod: Pod;
  readonly plan: ResizePlan;
  readonly cgroup: string;
  readonly memory: ResizeMemory;
}

/** @returns whether it is done; otherwise the reason is noted and told */
export async function resizePod(at: ResizeContext & Parameters<typeof carryOutResize>[0], { pod, plan, cgroup, memory }: CarryingOut, signal: AbortSignal): Promise<boolean> {
  try {
    await carryOutResize(at, { pod, plan, cgroup }, signal);
    delete memory.error;
    return true;
  } catch (error) {
    signal.throwIfAborted();
    const message = messageOf(error);
    if (memory.error !== message) at.tell(pod, undefined, { type: 'Warning', reason: 'ResizeError', message: resizeMessage('Pod resize error', pod, message) });
    memory.error = message;
    return false;
  }
}

/** Nothing is left to do of what was granted. */
export function completeResize(at: ResizeContext, pod: Pod, memory: ResizeMemory): void {
  memory.resizing = false;
  delete memory.error;
  at.tell(pod, undefined, { type: 'Normal', reason: 'ResizeCompleted', message: resizeMessage('Pod resize completed', pod) });
}

/** A container that was started was given what its pod was promised. */
export async function noteStarted({ given }: ResizeContext, pod: Pod, container: string): Promise<void> {
  const { uid } = pod.metadata;
  const before = given.get(uid);
  const own = askedBy(pod);
  const resources = own.containers[container];
  if (resources === undefined) return;
  const next: PodAllocation = { ...(own.pod ? { pod: before?.pod ?? own.pod } : {}), containers: { ...before?.containers, [container]: resources } };
  if (!before || !sameAllocation(before, next)) await given.set(uid, next);
}

export interface ActualAt {
  readonly cgroups: Cgroups;
  readonly given: Allocations;
}

/** What the pod's running containers really have, by container id. */
export async function actualOf({ cgroups, given }: ActualAt, { pod, runtime, cgroup }: { readonly pod: Pod; readonly runtime: PodRuntime; readonly cgroup: string }): Promise<ReadonlyMap<string, ResourceRequirements>> {
  const asked = askedBy(pod).containers;
  const had = given.get(pod.metadata.uid)?.containers ?? {};
  const read = async ({ id, name, linux }: RuntimeContainer) => {
    const promised = asked[name] ?? {};
    const kernel = (await cgroups.limitsOf(`${cgroup}/${id}`)) ?? linux;
    return [id, kernel ? actualResources(had[name] ?? promised, kernel) : had[name] ?? promised] as const;
  };
  return new Map(await Promise.all(runtime.containers.filter(({ state, name }) => state === 'running' && name in asked).map(read)));
}

/** What the pod's own cgroup is held to; undefined where the pod has no resources of its own, or nobody knows. */
export async function actualOfPod({ cgroups, given }: ActualAt, { metadata: { uid }, spec: { resources } }: Pod, cgroup: string): Promise<ResourceRequirements | undefined> {
  const kernel = resources && (await cgroups.limitsOf(cgroup));
  return kernel ? actualResources(given.get(uid)?.pod ?? resources, kernel) : given.get(uid)?.pod;
}
