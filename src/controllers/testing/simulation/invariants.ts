import { DaemonSet } from '../../../kinds/apps/daemon-set.ts';
import { Deployment } from '../../../kinds/apps/deployment.ts';
import { ReplicaSet } from '../../../kinds/apps/replica-set.ts';
import { StatefulSet } from '../../../kinds/apps/stateful-set.ts';
import { CronJob } from '../../../kinds/batch/cron-job.ts';
import { Job } from '../../../kinds/batch/job.ts';
import { ConfigMap } from '../../../kinds/core/config-map.ts';
import { Node } from '../../../kinds/core/node.ts';
import { PersistentVolume } from '../../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../../kinds/core/pod.ts';
import { ResourceQuota } from '../../../kinds/core/resource-quota.ts';
import { Service } from '../../../kinds/core/service.ts';
import { PodDisruptionBudget } from '../../../kinds/policy/pod-disruption-budget.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { groupResource, type InstanceOf, type Resource } from '../../../meta/resource.ts';
import { findCondition, isActive, isReady } from '../../../rules/pod-conditions.ts';
import { nodeOf } from '../../daemon-set/placement.ts';
import { desiredWhenSized } from '../../deployment/annotations.ts';
import { leeway } from '../../deployment/sizes.ts';
import { hasFailed, indexOf, isIndexed, isTracked } from '../../job/pods.ts';
import { controllerOf } from '../../runtime/index.ts';
import type { Moment } from './history.ts';
import { Past } from './past.ts';
import { KEPT } from './user.ts';
import type { Deed } from './witness.ts';

/** What the observed resources are; all that is checked is checked from these. */
export const OBSERVED: readonly Resource[] = [
  Pod, ReplicaSet, Deployment, StatefulSet, DaemonSet, Job, CronJob, ResourceQuota, PodDisruptionBudget, PersistentVolumeClaim, PersistentVolume, Service, ConfigMap, Node,
];

/** Rounds of a second each by which even a late watch has told. */
const WATCHED_WITHIN = 30;

type Say = (text: string) => void;
interface Change<T> {
  readonly before: T | undefined;
  readonly object: T | undefined;
}

/** What must never be so in the world, whatever anybody knows of it. The deeds themselves are judged elsewhere: judges/. */
export class Invariants {
  readonly #past = new Past();
  readonly #succeeded = new Map<string, Set<string>>();
  /** Without those that were leaving: these may count as failed before they succeed. */
  readonly #surelySucceeded = new Map<string, Set<string>>();
  readonly #failed = new Map<string, Set<string>>();
  /** By CronJob and name: the uid of the Job made for that time. */
  readonly #fired = new Map<string, string>();
  /** What the garbage collector asked to be deleted, by `resource name`. */
  readonly #condemned = new Set<string>();
  readonly #collected: { readonly object: KubeObject; readonly resource: string }[] = [];
  /** Uids of what was to outlive an owner that was deleted so. */
  readonly #orphaned = new Set<string>();
  /** By uid: in which round each object came. */
  readonly #came = new Map<string, number>();
  #round = 0;
  readonly #violations: string[] = [];
  /** Nodes were lost, pods evicted, not long ago: fewer pods are available, by no controller's doing. */
  calm = true;
  /** The whole namespace goes. */
  emptying = false;

  /** @returns what was violated */
  replay(moments: readonly Moment[], now: number): readonly string[] {
    this.#past.now = now;
    this.#round++;
    for (const moment of moments) this.#step(moment);
    for (const one of this.#collected.splice(0)) this.#collectedRightly(one, (text) => this.#violations.push(text));
    return this.#violations.splice(0);
  }

  /** Something is about to be deleted. */
  noteDeletion({ controller, resource, name = '' }: Deed): void {
    if (controller !== 'garbage-collector') return;
    const known = OBSERVED.find(({ plural }) => plural === resource);
    if (known) this.#condemned.add(`${groupResource(known)} ${name}`);
  }

  #step(moment: Moment): void {
    this.#past.step(moment);
    this.#collect(moment);
    if (moment.object && !moment.before) this.#came.set(moment.object.metadata.uid, this.#round);
    if (moment.object?.metadata.finalizers?.includes('orphan') && !moment.before?.metadata.deletionTimestamp) this.#noteOrphans(moment.object);
    const say: Say = (text) => this.#violations.push(`at revision ${moment.revision}: ${text}`);
    const of = <R extends Resource>(resource: R, check: (change: Change<InstanceOf<R>>) => void) => {
      if (moment.resource === groupResource(resource)) check(moment as unknown as Change<InstanceOf<R>>);
    };
    of(Pod, (change) => this.#pod(change, say));
    of(ReplicaSet, (change) => this.#replicaSet(change, say));
    of(Job, (change) => this.#job(change, say));
    of(PodDisruptionBudget, (change) => this.#budget(change, say));
    of(PersistentVolume, (change) => this.#volume(change, say));
    of(PersistentVolumeClaim, (change) => this.#claim(change, say));
  }

  #pod({ before, object }: Change<Pod>, say: Say): void {
    const owner = controllerOf(object ?? before!);
    if (object && !before) this.#quota(say);
    if (!owner || !object) return;
    if (!before && owner.kind === 'Job') this.#parallelism(owner.uid, say);
    if (!before && owner.kind === 'DaemonSet') this.#oneDaemon(object, owner.uid, say);
    if (!before && owner.kind === 'ReplicaSet') this.#replicas(owner.uid, say);
    const job = owner.kind === 'Job' && isTracked(object) ? this.#past.byUid(Job, owner.uid) : undefined;
    if (job && object.status.phase === 'Succeeded') {
      const what = isIndexed(job) ? String(indexOf(object)) : object.metadata.uid;
      noteIn(this.#succeeded, owner.uid, what);
      if (object.metadata.deletionTimestamp === undefined) noteIn(this.#surelySucceeded, owner.uid, what);
    }
    if (job && hasFailed(object, job)) noteIn(this.#failed, owner.uid, object.metadata.uid);
  }

  #quota(say: Say): void {
    // One whose grace is over counts no more, though its node says nothing.
    const used = this.#past.all(Pod).filter(isActive).length;
    for (const quota of this.#past.all(ResourceQuota)) {
      const hard = Math.max(...this.#past.lately(quota).map((one) => Number(one.spec.hard?.['pods'] ?? Infinity)));
      // A quota that was made over what is already there refuses more, and takes nothing away.
      const status = Number(quota.status?.used?.['pods'] ?? Infinity);
      if (used > Math.max(hard, status + 1)) say(`${used} pods under a quota of ${hard}`);
    }
  }

  #parallelism(uid: string, say: Say): void {
    const job = this.#past.byUid(Job, uid);
    if (!job) return;
    const active = this.#past.podsOf(uid).filter(isActive);
    const most = Math.max(...this.#past.lately(job).map((one) => one.spec.parallelism ?? 1));
    if (active.length > most) say(`Job ${job.metadata.name} has ${active.length} active pods, not ${most}`);
    const indexes = active.flatMap((pod) => indexOf(pod) ?? []);
    if (new Set(indexes).size < indexes.length) say(`Job ${job.metadata.name} has two active pods of one index: ${indexes.join()}`);
  }

  #oneDaemon(pod: Pod, uid: string, say: Say): void {
    const set = this.#past.byUid(DaemonSet, uid);
    if (!set) return;
    const node = nodeOf(pod);
    const surges = this.#past.lately(set).some((one) => isPositive(one.spec.updateStrategy?.rollingUpdate?.maxSurge));
    const here = this.#past.podsOf(uid).filter((one) => nodeOf(one) === node && isActive(one));
    if (here.length > (surges ? 2 : 1)) say(`${node} has ${here.length} pods of DaemonSet ${set.metadata.name}: ${here.map((one) => one.metadata.name).join()}`);
  }

  #replicas(uid: string, say: Say): void {
    const set = this.#past.byUid(ReplicaSet, uid);
    if (!set) return;
    const most = Math.max(...this.#past.lately(set).map(({ spec }) => spec.replicas));
    const active = this.#past.podsOf(uid).filter(isActive).length;
    if (active > most) say(`ReplicaSet ${set.metadata.name} has ${active} pods of ${most}`);
  }

  #replicaSet({ before, object }: Change<ReplicaSet>, say: Say): void {
    const owner = object && controllerOf(object);
    const deployment = owner && this.#past.byUid(Deployment, owner.uid);
    const change = (object?.spec.replicas ?? 0) - (before?.spec.replicas ?? 0);
    if (!deployment || change === 0) return;
    const { name } = deployment.metadata;
    const sets = this.#past.all(ReplicaSet).filter((one) => controllerOf(one)?.uid === deployment.metadata.uid);
    const total = sets.reduce((sum, { spec }) => sum + spec.replicas, 0);
    const asked = this.#past.lately(deployment);
    const most = Math.max(...asked.map((one) => one.spec.replicas + leeway(one).maxSurge));
    if (change > 0 && total > most) say(`Deployment ${name} was scaled up to ${total} pods of at most ${most}`);
    const isRescaled = sets.some((set) => asked.some(({ spec }) => (desiredWhenSized(set) ?? spec.replicas) !== spec.replicas));
    if (change > 0 || !this.calm || isRescaled || asked.some(({ spec }) => spec.strategy.type === 'Recreate')) return;
    const least = Math.min(...asked.map((one) => one.spec.replicas - leeway(one).maxUnavailable));
    const ready = (set: ReplicaSet) => this.#past.podsOf(set.metadata.uid).filter((pod) => isActive(pod) && isReady(pod)).length;
    const standing = sets.reduce((sum, set) => sum + Math.min(ready(set), set.spec.replicas), 0);
    const stood = standing + Math.max(0, Math.min(ready(object), before?.spec.replicas ?? 0) - object.spec.replicas);
    if (standing < Math.min(least, stood)) say(`Deployment ${name} was left ${standing} available pods of at least ${least}`);
  }

  #job({ before, object }: Change<Job>, say: Say): void {
    if (!object) return;
    const { metadata: { name, uid }, spec, status } = object;
    if (!before) this.#fires(object, say);
    const [succeeded, failed] = [status.succeeded ?? 0, status.failed ?? 0];
    const [wins, losses] = [this.#succeeded.get(uid)?.size ?? 0, this.#failed.get(uid)?.size ?? 0];
    if (succeeded > wins) say(`Job ${name} counts ${succeeded} successes of ${wins}`);
    if (failed > losses) say(`Job ${name} counts ${failed} failures of ${losses}`);
    if (succeeded < (before?.status.succeeded ?? 0)) say(`Job ${name} forgot a success: ${before?.status.succeeded} became ${succeeded}`);
    if (failed < (before?.status.failed ?? 0)) say(`Job ${name} forgot a failure: ${before?.status.failed} became ${failed}`);
    const is = (type: string) => findCondition(status.conditions, type)?.status === 'True';
    if (is('Complete') && spec.completions !== undefined && succeeded !== spec.completions) say(`Job ${name} is complete with ${succeeded} of ${spec.completions} successes`);
    const sure = this.#surelySucceeded.get(uid)?.size ?? 0;
    if (is('Complete') && succeeded < sure) say(`Job ${name} is complete with ${succeeded} successes, though ${sure} pods succeeded`);
    if (is('Failed') && failed <= (spec.backoffLimit ?? 6) && findCondition(status.conditions, 'Failed')!.reason === 'BackoffLimitExceeded') say(`Job ${name} gave up after ${failed} failures of ${spec.backoffLimit}`);
    const wasOver = findCondition(before?.status.conditions, 'Complete') ?? findCondition(before?.status.conditions, 'Failed');
    if (wasOver && !is(wasOver.type)) say(`Job ${name} is no longer ${wasOver.type}`);
  }

  /** A CronJob's new Job: one for each time, and where it forbids, one at a time. */
  #fires(job: Job, say: Say): void {
    const owner = controllerOf(job);
    const cron = owner && this.#past.byUid(CronJob, owner.uid);
    if (!cron) return;
    const key = `${cron.metadata.uid} ${job.metadata.name}`;
    if ((this.#fired.get(key) ?? job.metadata.uid) !== job.metadata.uid) say(`CronJob ${cron.metadata.name} fired ${job.metadata.name} twice`);
    this.#fired.set(key, job.metadata.uid);
    const running = this.#past.all(Job).filter((one) => one.metadata.uid !== job.metadata.uid && controllerOf(one)?.uid === owner.uid && one.metadata.deletionTimestamp === undefined &&
      !this.#past.lately(one).some(({ status }) => status.conditions?.some(({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True')));
    const forbids = this.#past.lately(cron).every(({ spec }) => spec.concurrencyPolicy === 'Forbid');
    if (forbids && running.length > 0) say(`CronJob ${cron.metadata.name} fired ${job.metadata.name} while ${running.map(({ metadata }) => metadata.name).join()} runs`);
  }

  /** Each eviction granted takes one of the disruptions allowed. */
  #budget({ before, object }: Change<PodDisruptionBudget>, say: Say): void {
    if (!before || !object) return;
    const granted = Object.keys(object.status.disruptedPods ?? {}).filter((name) => before.status.disruptedPods?.[name] === undefined).length;
    const allowed = before.status.disruptionsAllowed ?? 0;
    if (granted > 0 && (granted > allowed || object.status.disruptionsAllowed !== allowed - granted)) {
      say(`budget ${object.metadata.name} granted ${granted} evictions of ${allowed} and allows ${object.status.disruptionsAllowed} more`);
    }
  }

  #volume({ object }: Change<PersistentVolume>, say: Say): void {
    const uid = object?.spec.claimRef?.uid;
    const others = uid ? this.#past.all(PersistentVolume).filter((one) => one !== object && one.spec.claimRef?.uid === uid && one.status.phase === 'Bound') : [];
    if (object?.status.phase === 'Bound' && others.length > 0) say(`claim ${object.spec.claimRef?.name} has the volumes ${[object, ...others].map(({ metadata }) => metadata.name).join()}`);
  }

  #claim({ before, object }: Change<PersistentVolumeClaim>, say: Say): void {
    if (object?.status.phase === 'Bound' && before?.status.phase !== 'Bound') {
      const volume = this.#past.all(PersistentVolume).find(({ metadata }) => metadata.name === object.spec.volumeName);
      if (volume && volume.spec.claimRef?.uid !== object.metadata.uid) say(`claim ${object.metadata.name} is bound to ${volume.metadata.name}, which is ${volume.spec.claimRef?.name}'s`);
    }
    if (before?.spec.volumeName && object && object.spec.volumeName !== before.spec.volumeName) say(`claim ${object.metadata.name} changed from ${before.spec.volumeName} to ${object.spec.volumeName}`);
    if (object || !before) return;
    const { name } = before.metadata;
    if (name.startsWith(KEPT) && !this.emptying) say(`claim ${name} is gone, though its set keeps claims`);
    const users = this.#past.all(Pod).filter((pod) => pod.status.phase === 'Running' && isActive(pod) && pod.spec.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === name));
    if (users.length > 0) say(`claim ${name} is gone while ${users.map(({ metadata }) => metadata.name).join()} runs with it`);
  }

  /** Whether the collector's deletion has been done: then the owners that it last had must not stand. */
  #collect({ resource, object, before }: Moment): void {
    const isGoing = before !== undefined && before.metadata.deletionTimestamp === undefined && (object === undefined || object.metadata.deletionTimestamp !== undefined);
    if (isGoing && this.#condemned.delete(`${resource} ${before.metadata.name}`)) this.#collected.push({ object: before, resource });
  }

  /** What is deleted with `Orphan` leaves its dependents behind: all that the collector must have seen by now. */
  #noteOrphans({ metadata: { uid } }: KubeObject): void {
    for (const one of this.#past.everything()) {
      const isKnown = (this.#came.get(one.metadata.uid) ?? 0) < this.#round - WATCHED_WITHIN;
      if (isKnown && one.metadata.ownerReferences?.some((owner) => owner.uid === uid)) this.#orphaned.add(one.metadata.uid);
    }
  }

  /** Nothing is collected that has a living owner. */
  #collectedRightly({ object, resource }: { readonly object: KubeObject; readonly resource: string }, say: Say): void {
    const owners = (object.metadata.ownerReferences ?? []).flatMap(({ uid }) => this.#past.anyWith(uid) ?? []);
    const living = owners.find(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (living) say(`${resource} ${object.metadata.name} was collected, though ${living.metadata.name} owns it`);
    if (this.#orphaned.has(object.metadata.uid) && owners.length === 0) say(`${resource} ${object.metadata.name} was collected, though it was to be orphaned`);
    if (!object.metadata.ownerReferences?.length) say(`${resource} ${object.metadata.name} was collected, though nobody owns it`);
  }
}

function noteIn(sets: Map<string, Set<string>>, key: string, value: string): void {
  const all = sets.get(key) ?? new Set();
  sets.set(key, all.add(value));
}

const isPositive = (value: number | string | undefined): boolean => value !== undefined && Number.parseInt(String(value), 10) > 0;
