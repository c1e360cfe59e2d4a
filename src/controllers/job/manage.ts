import type { Millis } from '../../base/clock.ts';
import type { Job } from '../../kinds/batch/job.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { DeepPartial } from '../../meta/object.ts';
import { byDisposability } from '../replica-set/ranking.ts';
import { pauseAfter } from './backoff.ts';
import { endOf, failuresOf, indexOf, isIndexed, podOf, waitsForEnd } from './pods.ts';
import type { Tally } from './tally.ts';

/** Pods to be made and pods that are too many. */
export interface Staffing {
  readonly create: readonly DeepPartial<Pod>[];
  readonly remove: readonly Pod[];
  /** When the next pod may be made, if a pause holds it back. */
  readonly resumeIn: Millis | undefined;
}

/** Pods made or removed in one pass, at most. */
const BURST = 500;
const IDLE: Staffing = { create: [], remove: [], resumeIn: undefined };

/** @param nextStart when a pause after failures is over */
export function staffing(job: Job, count: Tally, { nextStart, now, pods }: { readonly nextStart: Millis; readonly now: Millis; readonly pods: readonly Pod[] }): Staffing {
  const { active } = count;
  if (job.spec.suspend) return { ...IDLE, remove: active.slice(0, BURST) };
  const wanted = wantedActive(job, count);
  const remove = surplus(job, count, wanted, now);
  if (remove.length > 0) return { ...IDLE, remove: remove.slice(0, BURST) };
  const taken = active.length + (waitsForEnd(job) ? count.terminating.length : 0);
  const missing = Math.min(wanted - taken, BURST);
  if (missing <= 0) return IDLE;
  if (!isIndexed(job)) {
    return nextStart > now ? { ...IDLE, resumeIn: nextStart - now } : { ...IDLE, create: Array.from({ length: missing }, () => podOf(job)) };
  }
  if (job.spec.backoffLimitPerIndex === undefined && nextStart > now) return { ...IDLE, resumeIn: nextStart - now };
  return indexedStaffing(job, count, { missing, now, pods });
}

function wantedActive({ spec }: Job, { active, successes, failedIndexes }: Tally): number {
  const parallelism = spec.parallelism ?? 1;
  // Of a queue of unknown length, one success tells that it is empty: no more pods, but those there finish.
  if (spec.completions === undefined) return successes > 0 ? Math.min(active.length, parallelism) : parallelism;
  return Math.max(0, Math.min(spec.completions - successes - failedIndexes.size, parallelism));
}

/** Pods too many: those of indexes out of range, done, or there twice; then the cheapest. */
function surplus(job: Job, { active, completedIndexes, failedIndexes }: Tally, wanted: number, now: Millis): readonly Pod[] {
  const ranked = byDisposability(active, active, now);
  if (!isIndexed(job)) return ranked.slice(0, Math.max(0, active.length - wanted));
  const seen = new Set<number>();
  const useless: Pod[] = [];
  // The last in rank is the most worth keeping.
  for (const pod of ranked.toReversed()) {
    const index = indexOf(pod);
    const needed = index !== undefined && index < (job.spec.completions ?? 0) && !completedIndexes.has(index) && !failedIndexes.has(index) && !seen.has(index);
    if (needed) seen.add(index);
    else useless.push(pod);
  }
  const rest = ranked.filter((pod) => !useless.includes(pod)).slice(0, Math.max(0, active.length - useless.length - wanted));
  return [...useless, ...rest];
}

/** The lowest indexes without a pod, each after the pause its own failures ask for. */
function indexedStaffing(job: Job, count: Tally, { missing, now, pods }: { readonly missing: number; readonly now: Millis; readonly pods: readonly Pod[] }): Staffing {
  const busy = new Set([...count.active, ...(waitsForEnd(job) ? count.terminating : [])].map(indexOf));
  const last = job.spec.backoffLimitPerIndex === undefined ? new Map<number, Pod>() : lastFailures(pods);
  const ignored = new Set(count.failed.filter(({ verdict }) => verdict.action === 'Ignore').map(({ pod }) => pod));
  const create: DeepPartial<Pod>[] = [];
  const waits: Millis[] = [];
  for (let index = 0; index < (job.spec.completions ?? 0) && create.length < missing; index++) {
    if (busy.has(index) || count.completedIndexes.has(index) || count.failedIndexes.has(index)) continue;
    const before = last.get(index);
    const failures = before && {
      counted: failuresOf(before).counted + Number(!ignored.has(before)), ignored: failuresOf(before).ignored + Number(ignored.has(before)),
    };
    const wait = before ? endOf(before, Date.parse(before.metadata.creationTimestamp)) + pauseAfter(failures!.counted + failures!.ignored) - now : 0;
    if (wait > 0) waits.push(wait);
    else create.push(podOf(job, index, failures));
  }
  return { create, remove: [], resumeIn: waits.sort((a, b) => a - b)[0] };
}

/** Of each index the failed pod with the most failures before it. */
export function lastFailures(pods: readonly Pod[]): ReadonlyMap<number, Pod> {
  const last = new Map<number, Pod>();
  const rank = (pod: Pod) => failuresOf(pod).counted + failuresOf(pod).ignored;
  for (const pod of pods) {
    const index = indexOf(pod);
    if (index === undefined || (pod.status.phase !== 'Failed' && pod.metadata.deletionTimestamp === undefined)) continue;
    const before = last.get(index);
    if (!before || rank(pod) > rank(before)) last.set(index, pod);
  }
  return last;
}
