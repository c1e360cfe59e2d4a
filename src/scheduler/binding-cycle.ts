import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/message-of.ts';
import type { PodInfo } from './framework/pod-info.ts';
import type { Profile } from './framework/profile.ts';
import type { Rejection, Verdict } from './framework/verdict.ts';

/** How a pod's way onto its node ended. */
export type Bound =
  | { readonly type: 'bound' }
  /** A plugin changed its mind: the pod is unschedulable for now. */
  | { readonly type: 'rejected'; readonly plugin: string; readonly rejection: Rejection }
  | { readonly type: 'error'; readonly message: string };

export const BOUND: Bound = { type: 'bound' };

/** Reserve, in the same step as the cycle. After a refusal those asked before it have to be told to let go. */
export function reserve(profile: Profile, pod: PodInfo, node: string): Bound {
  for (const plugin of profile.reserve) {
    const rejection = plugin.reserve?.(pod, node);
    if (!rejection) continue;
    return { type: 'rejected', plugin: plugin.name, rejection };
  }
  return BOUND;
}

/** In the reverse order of `reserve`. */
export async function unreserve(profile: Profile, pod: PodInfo, node: string): Promise<void> {
  await Promise.all(profile.reserve.toReversed().map((plugin) => plugin.unreserve?.(pod, node)));
}

/** The most a Permit plugin may hold a pod, as upstream. */
const MAX_PERMIT_WAIT = 15 * 60_000;

/** Permit, PreBind, Bind, PostBind of an assumed and reserved pod. Undoing them is the caller's. */
export async function bindPod(
  { profile, pod, node }: { readonly profile: Profile; readonly pod: PodInfo; readonly node: string }, clock: Clock, signal: AbortSignal,
): Promise<Bound> {
  for (const plugin of profile.permit) {
    const rejection = await inTime(plugin.permit(pod, node), clock, signal);
    if (rejection) return { type: 'rejected', plugin: plugin.name, rejection };
  }
  for (const plugin of profile.preBind) {
    const failure = await attempt('PreBind', plugin.name, () => plugin.preBind(pod, node, signal));
    if (failure) return failure;
  }
  for (const plugin of profile.bind) {
    let done = false;
    const failure = await attempt('Bind', plugin.name, async () => void (done = await plugin.bind(pod, node, signal)));
    if (failure) return failure;
    if (!done) continue;
    for (const { postBind } of profile.postBind) postBind(pod, node);
    return BOUND;
  }
  return { type: 'error', message: 'no bind plugin took the pod' };
}

async function attempt(point: string, plugin: string, act: () => Promise<void>): Promise<Bound | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    const why = messageOf(error);
    return { type: 'error', message: `running ${point} plugin "${plugin}": ${why}` };
  }
}

async function inTime(verdict: Verdict | Promise<Verdict>, clock: Clock, signal: AbortSignal): Promise<Verdict> {
  if (!(verdict instanceof Promise)) return verdict;
  const over = new AbortController();
  const late = clock.sleep(MAX_PERMIT_WAIT, AbortSignal.any([signal, over.signal])).then(
    (): Verdict => ({ reasons: ['timed out waiting on permit'], forGood: false }),
    (): Verdict => ({ reasons: ['cancelled'], forGood: false }),
  );
  try {
    return await Promise.race([verdict, late]);
  } finally {
    over.abort();
  }
}
