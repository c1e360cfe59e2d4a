import { messageOf } from '../../base/message-of.ts';
import { Pod } from '../../kinds/core/pod.ts';
import type { PodTemplateSpec } from '../../kinds/core/pod-template.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Resource } from '../../meta/resource.ts';
import { formatTime } from '../../meta/time.ts';
import { createPod, deletePod, podFrom } from '../pod-control.ts';
import { slowStart, type Context } from '../runtime/index.ts';
import { plan, type Plan, type Wanted } from './plan.ts';
import { byDisposability } from './ranking.ts';

export interface Failure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
  readonly at: string;
  readonly cause: unknown;
}

/** Carries out one pass for either kind. @returns what was planned and the first failure, for the status */
export async function replicate(
  { wanted, template, resource, related }: {
    readonly wanted: Wanted; readonly template: PodTemplateSpec; readonly resource: Resource;
    /** All pods of the workload the owner is part of; asked for only when pods are to go. */
    readonly related: (mine: readonly Pod[]) => readonly Pod[];
  },
  context: Context,
): Promise<{ readonly todo: Plan; readonly failure: Failure | undefined }> {
  const { owner } = wanted;
  const todo = plan(wanted, context.cache.candidates(Pod, owner), context.now);
  await Promise.all(todo.adopt.map((pod) => context.client.adopt(Pod, pod, owner)));
  await Promise.all(todo.release.map((pod) => context.client.release(Pod, pod, owner)));
  const failed = todo.create > 0 ? await create(todo.create) : todo.remove > 0 ? await remove(todo.remove) : undefined;
  if (failed === undefined) return { todo, failure: undefined };
  const reason = todo.create > 0 ? 'FailedCreate' : 'FailedDelete';
  return { todo, failure: { reason, message: messageOf(failed), at: formatTime(context.now), cause: failed } };

  async function create(count: number): Promise<unknown> {
    const pod = podFrom(template, owner as KubeObject, resource);
    const { failure } = await slowStart(count, () => createPod(pod, owner, context));
    return failure;
  }

  async function remove(count: number): Promise<unknown> {
    const doomed = byDisposability(todo.mine, related(todo.mine), context.now).slice(0, count);
    const results = await Promise.allSettled(doomed.map((pod) => deletePod(pod, owner, context)));
    return results.find((result) => result.status === 'rejected')?.reason;
  }
}
