import { DaemonSet } from '../../../kinds/apps/daemon-set.ts';
import { Deployment } from '../../../kinds/apps/deployment.ts';
import { ReplicaSet } from '../../../kinds/apps/replica-set.ts';
import { StatefulSet } from '../../../kinds/apps/stateful-set.ts';
import { Job } from '../../../kinds/batch/job.ts';
import { Pod } from '../../../kinds/core/pod.ts';
import { ResourceQuota } from '../../../kinds/core/resource-quota.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { groupResource, type InstanceOf, type Resource } from '../../../meta/resource.ts';
import { isActive, isReady } from '../../../rules/pod-conditions.ts';
import { nodeOf } from '../../daemon-set/placement.ts';
import { leeway } from '../../deployment/sizes.ts';
import { controllerOf } from '../../runtime/index.ts';
import type { Moment } from './history.ts';

/** How old the state may be by which a controller with late watches still decides in good faith. */
const GOOD_FAITH = 60_000;

/** What the observed resources are; all that is checked is checked from these. */
export const OBSERVED: readonly Resource[] = [Pod, ReplicaSet, Deployment, StatefulSet, DaemonSet, Job, ResourceQuota];

/** The world at one revision, rebuilt moment by moment, and what must never be so in it. */
export class Invariants {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  /** What each object asked for before, as long as a controller may not have seen that it no longer does. */
  readonly #asked = new Map<string, { readonly until: number; readonly object: KubeObject }[]>();
  /** When a pod of that name was last seen ready. */
  readonly #lastReady = new Map<string, number>();
  readonly #succeeded = new Map<string, Set<string>>();
  readonly #violations: string[] = [];
  /** Nodes were lost, pods evicted, not long ago: fewer pods are available, by no controller's doing. */
  calm = true;

  /** @returns what was violated */
  replay(moments: readonly Moment[], now: number): readonly string[] {
    for (const moment of moments) this.#step(moment, now);
    return this.#violations.splice(0);
  }

  #step({ revision, resource, object, before }: Moment, now: number): void {
    const all = this.#of(resource);
    const key = (object ?? before!).metadata.name;
    if (before) this.#remember(before, now);
    if (object) all.set(key, object);
    else all.delete(key);
    const say = (text: string) => this.#violations.push(`at revision ${revision}: ${text}`);
    if (resource === groupResource(Pod)) this.#pod({ before: before as unknown as Pod | undefined, object: object as unknown as Pod | undefined }, now, say);
    if (resource === groupResource(ReplicaSet) && object) this.#replicaSet({ before: before as unknown as ReplicaSet | undefined, object: object as unknown as ReplicaSet }, now, say);
    if (resource === groupResource(Job) && object) this.#job(object as unknown as Job, before as unknown as Job | undefined, say);
  }

  #of(resource: string): Map<string, KubeObject> {
    let all = this.#objects.get(resource);
    if (!all) this.#objects.set(resource, (all = new Map()));
    return all;
  }

  #all<R extends Resource>(resource: R): readonly InstanceOf<R>[] {
    return [...this.#of(groupResource(resource)).values()] as unknown as readonly InstanceOf<R>[];
  }

  #remember(object: KubeObject, now: number): void {
    const { uid } = object.metadata;
    const kept = (this.#asked.get(uid) ?? []).filter(({ until }) => until > now);
    this.#asked.set(uid, [...kept, { until: now + GOOD_FAITH, object }]);
  }

  /** The object now and as it lately was. */
  #lately<T extends KubeObject>(object: T, now: number): readonly T[] {
    return [object, ...(this.#asked.get(object.metadata.uid) ?? []).filter(({ until }) => until > now).map((one) => one.object as unknown as T)];
  }

  #podsOf(uid: string): readonly Pod[] {
    return this.#all(Pod).filter((pod) => controllerOf(pod)?.uid === uid);
  }

  #pod({ before, object }: { before: Pod | undefined; object: Pod | undefined }, now: number, say: (text: string) => void): void {
    if (before && isReady(before)) this.#lastReady.set(before.metadata.name, now);
    const pod = object ?? before!;
    const owner = controllerOf(pod);
    if (object && !before) this.#quota(say, now);
    if (!owner) return;
    if (object && !before && owner.kind === 'Job') this.#parallelism(owner.uid, now, say);
    if (object && !before && owner.kind === 'StatefulSet') this.#order(object, owner.uid, { now, say });
    if (owner.kind === 'DaemonSet' && object && !before) this.#oneDaemon(object, owner.uid, { now, say });
    if (owner.kind === 'Job' && object?.status.phase === 'Succeeded') {
      const succeeded = this.#succeeded.get(owner.uid) ?? new Set();
      this.#succeeded.set(owner.uid, succeeded.add(pod.metadata.uid));
    }
  }

  #quota(say: (text: string) => void, now: number): void {
    // One whose grace is over counts no more, though its node says nothing.
    const used = this.#all(Pod).filter(isActive).length;
    for (const quota of this.#all(ResourceQuota)) {
      const hard = Math.max(...this.#lately(quota, now).map((one) => Number(one.spec.hard?.['pods'] ?? Infinity)));
      // A quota that was made over what is already there refuses more, and takes nothing away.
      const status = Number(quota.status?.used?.['pods'] ?? Infinity);
      if (used > Math.max(hard, status + 1)) say(`${used} pods under a quota of ${hard}`);
    }
  }

  #parallelism(uid: string, now: number, say: (text: string) => void): void {
    const job = this.#all(Job).find(({ metadata }) => metadata.uid === uid);
    if (!job) return;
    const active = this.#podsOf(uid).filter(isActive);
    const most = Math.max(...this.#lately(job, now).map((one) => one.spec.parallelism ?? 1));
    if (active.length > most) say(`Job ${job.metadata.name} has ${active.length} active pods, not ${most}`);
    const indexes = active.flatMap(({ metadata }) => metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? []);
    if (new Set(indexes).size < indexes.length) say(`Job ${job.metadata.name} has two active pods of one index: ${indexes.join()}`);
  }

  #order({ metadata: { name } }: Pod, uid: string, { now, say }: { now: number; say: (text: string) => void }): void {
    const set = this.#all(StatefulSet).find(({ metadata }) => metadata.uid === uid);
    if (!set || set.spec.podManagementPolicy === 'Parallel' || !this.calm) return;
    const ordinal = Number(name.slice(name.lastIndexOf('-') + 1));
    for (let lower = set.spec.ordinals?.start ?? 0; lower < ordinal; lower++) {
      const predecessor = `${set.metadata.name}-${lower}`;
      const pod = this.#all(Pod).find(({ metadata }) => metadata.name === predecessor);
      const wasReady = (this.#lastReady.get(predecessor) ?? -Infinity) > now - GOOD_FAITH;
      if (!(pod && isReady(pod)) && !wasReady) say(`${name} came before ${predecessor} was ready`);
    }
  }

  #oneDaemon(pod: Pod, uid: string, { now, say }: { now: number; say: (text: string) => void }): void {
    const set = this.#all(DaemonSet).find(({ metadata }) => metadata.uid === uid);
    if (!set) return;
    const node = nodeOf(pod);
    const surges = this.#lately(set, now).some((one) => isPositive(one.spec.updateStrategy?.rollingUpdate?.maxSurge));
    const here = this.#podsOf(uid).filter((one) => nodeOf(one) === node && isActive(one));
    if (here.length > (surges ? 2 : 1)) say(`${node} has ${here.length} pods of DaemonSet ${set.metadata.name}: ${here.map((one) => one.metadata.name).join()}`);
  }

  #replicaSet({ before, object }: { before: ReplicaSet | undefined; object: ReplicaSet }, now: number, say: (text: string) => void): void {
    const owner = controllerOf(object);
    const deployment = owner && this.#all(Deployment).find(({ metadata }) => metadata.uid === owner.uid);
    const change = (object.spec.replicas ?? 0) - (before?.spec.replicas ?? 0);
    if (!deployment || change === 0) return;
    const sets = this.#all(ReplicaSet).filter((one) => controllerOf(one)?.uid === deployment.metadata.uid);
    const total = sets.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0);
    const asked = this.#lately(deployment, now);
    const most = Math.max(...asked.map((one) => (one.spec.replicas ?? 1) + leeway(one).maxSurge));
    if (change > 0 && total > most) say(`Deployment ${deployment.metadata.name} was scaled up to ${total} pods of at most ${most}`);
    const isRolling = asked.every(({ spec }) => spec.strategy?.type !== 'Recreate');
    if (change > 0 || !isRolling || !this.calm) return;
    const least = Math.min(...asked.map((one) => (one.spec.replicas ?? 1) - leeway(one).maxUnavailable));
    const standing = sets.reduce((sum, set) => sum + Math.min(this.#podsOf(set.metadata.uid).filter((pod) => isActive(pod) && isReady(pod)).length, set.spec.replicas ?? 0), 0);
    const stood = standing + Math.max(0, Math.min(this.#podsOf(object.metadata.uid).filter((pod) => isActive(pod) && isReady(pod)).length, before?.spec.replicas ?? 0) - (object.spec.replicas ?? 0));
    if (standing < Math.min(least, stood)) say(`Deployment ${deployment.metadata.name} was left ${standing} available pods of at least ${least}`);
  }

  #job({ metadata, spec, status }: Job, before: Job | undefined, say: (text: string) => void): void {
    const counted = status.succeeded ?? 0;
    const real = this.#succeeded.get(metadata.uid)?.size ?? 0;
    if (counted > real) say(`Job ${metadata.name} counts ${counted} successes of ${real}`);
    if (counted < (before?.status.succeeded ?? 0)) say(`Job ${metadata.name} forgot a success: ${before?.status.succeeded} became ${counted}`);
    const isComplete = status.conditions?.some(({ type, status: value }) => type === 'Complete' && value === 'True');
    if (isComplete && spec.completions !== undefined && counted !== spec.completions) say(`Job ${metadata.name} is complete with ${counted} of ${spec.completions} successes`);
  }
}

const isPositive = (value: number | string | undefined): boolean => value !== undefined && Number.parseInt(String(value), 10) > 0;
