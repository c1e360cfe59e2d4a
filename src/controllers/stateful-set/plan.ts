import type { Millis } from '../../base/clock.ts';
import type { StatefulSet } from '../../kinds/apps/stateful-set.ts';
import type { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { PodTemplateSpec } from '../../kinds/core/pod-template.ts';
import { scaledValue } from '../../meta/int-or-string.ts';
import type { DeepPartial } from '../../meta/object.ts';
import { availableIn, isReady, isTerminalPhase } from '../../rules/pod-conditions.ts';
import { hasStaleClaim, missingClaims, reownedClaims, type FindClaim } from './claims.ts';
import { firstOrdinal, identified, memberOf, ordinalOf, revisionOf } from './identity.ts';

/** One of the set's two revisions: the one being left, or the one being rolled out. */
export interface Revision {
  readonly name: string;
  readonly template: PodTemplateSpec;
}

export interface Observed {
  readonly set: StatefulSet;
  /** Its pods. Those whose names carry no ordinal are counted and left alone. */
  readonly pods: readonly Pod[];
  readonly current: Revision;
  readonly update: Revision;
  readonly claim: FindClaim;
  readonly now: Millis;
}

/** A pod to be made, and before it the claims it mounts. */
export interface Birth {
  readonly pod: DeepPartial<Pod>;
  readonly claims: readonly DeepPartial<PersistentVolumeClaim>[];
}

/** What one pass does, as data. With OrderedReady it makes or removes one pod at most, an update's `maxUnavailable` aside. */
export interface Plan {
  readonly create: readonly Birth[];
  /** Claims that a pod waits for and somebody deleted: the pod's own name, for the events. */
  readonly claims: readonly { readonly pod: string; readonly claim: DeepPartial<PersistentVolumeClaim> }[];
  readonly relabel: readonly Pod[];
  readonly reown: readonly PersistentVolumeClaim[];
  readonly remove: readonly Pod[];
  /** Pods removed to make way for the new revision, counted out of the status at once. */
  readonly outdated: number;
  /** When a ready pod will count as available: no event announces it. */
  readonly recheckIn: Millis | undefined;
}

/** A place in the set: an ordinal with its pod, or without. */
interface Place {
  readonly ordinal: number;
  readonly pod: Pod | undefined;
}

/** Decides one pass: first every wanted pod lives and is sound, then surplus ones go, then outdated ones. */
export function plan(observed: Observed): Plan {
  const steps = new Steps(observed);
  if (observed.set.metadata.deletionTimestamp === undefined && steps.tend() && steps.condemn()) steps.roll();
  return steps.plan();
}

const isAvailableAt = (minReadyMillis: Millis, now: Millis) => (pod: Pod): boolean =>
  isRunningAndReady(pod) && availableIn(pod, minReadyMillis, now) === 0;
const isRunningAndReady = (pod: Pod): boolean => pod.status.phase === 'Running' && isReady(pod);
const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

/** The steps of one pass as they are decided. Each stage says whether the next may follow. */
class Steps {
  readonly #observed: Observed;
  readonly #ordered: boolean;
  readonly #places: readonly Place[];
  /** Highest ordinal first. */
  readonly #condemned: readonly Required<Place>[];
  readonly #isAvailable: (pod: Pod) => boolean;
  readonly #create: Birth[] = [];
  readonly #claims: { pod: string; claim: DeepPartial<PersistentVolumeClaim> }[] = [];
  readonly #relabel: Pod[] = [];
  readonly #reown: PersistentVolumeClaim[] = [];
  readonly #remove: Pod[] = [];
  #outdated = 0;

  constructor(observed: Observed) {
    const { set, pods, now } = observed;
    const first = firstOrdinal(set);
    const byOrdinal = new Map(pods.flatMap((pod) => {
      const ordinal = ordinalOf(pod, set);
      return ordinal === undefined ? [] : [[ordinal, pod] as const];
    }));
    this.#observed = observed;
    this.#ordered = set.spec.podManagementPolicy !== 'Parallel';
    this.#places = Array.from({ length: set.spec.replicas }, (_, n) => ({ ordinal: first + n, pod: byOrdinal.get(first + n) }));
    this.#condemned = [...byOrdinal].filter(([ordinal]) => ordinal < first || ordinal >= first + set.spec.replicas)
      .map(([ordinal, pod]) => ({ ordinal, pod })).sort((a, b) => b.ordinal - a.ordinal);
    this.#isAvailable = isAvailableAt((set.spec.minReadySeconds ?? 0) * 1000, now);
  }

  plan(): Plan {
    const { set, pods, now } = this.#observed;
    const waits = pods.filter(isRunningAndReady).map((pod) => availableIn(pod, (set.spec.minReadySeconds ?? 0) * 1000, now) ?? 0);
    return {
      create: this.#create,
      claims: this.#claims,
      relabel: this.#relabel,
      reown: this.#reown,
      remove: this.#remove,
      outdated: this.#outdated,
      recheckIn: waits.filter((wait) => wait > 0).sort((a, b) => a - b)[0],
    };
  }

  /** Every wanted pod lives and is sound. In order, the first that is not ends the pass. */
  tend(): boolean {
    for (const place of this.#places) {
      if (!this.#tendOne(place) && this.#ordered) return false;
    }
    return true;
  }

  #tendOne({ ordinal, pod }: Place): boolean {
    const { set, claim } = this.#observed;
    if (!pod) {
      if (!hasStaleClaim(set, ordinal, claim)) this.#create.push({ pod: this.#member(ordinal), claims: missingClaims(set, ordinal, claim) });
      return false;
    }
    if (isTerminalPhase(pod.status.phase)) {
      // Its name is free again once it has gone.
      if (!isLeaving(pod)) this.#remove.push(pod);
      return false;
    }
    if (pod.status.phase === 'Pending') this.#claims.push(...missingClaims(set, ordinal, claim).map((missing) => ({ pod: pod.metadata.name, claim: missing })));
    if (this.#ordered && (isLeaving(pod) || !this.#isAvailable(pod))) return false;
    const relabelled = identified(pod, ordinal);
    if (relabelled) this.#relabel.push(relabelled);
    this.#reown.push(...reownedClaims(set, { pod, ordinal, condemned: false }, claim));
    return true;
  }

  /** Below the partition the revision being left, from there on the new one. */
  #member(ordinal: number): DeepPartial<Pod> {
    const { set, current, update } = this.#observed;
    const { type, rollingUpdate } = set.spec.updateStrategy;
    const left = type === 'RollingUpdate' && ordinal < firstOrdinal(set) + (rollingUpdate?.partition ?? 0);
    const { name: revision, template } = left ? current : update;
    return memberOf(set, ordinal, { template, revision });
  }

  /** Surplus pods go from the highest ordinal down. In order, one after the other, and only while all others are well. */
  condemn(): boolean {
    const { set, claim } = this.#observed;
    for (const { ordinal, pod } of this.#condemned) this.#reown.push(...reownedClaims(set, { pod: pod!, ordinal, condemned: true }, claim));
    if (!this.#ordered) {
      this.#remove.push(...this.#condemned.map(({ pod }) => pod!).filter((pod) => !isLeaving(pod)));
      return true;
    }
    const [highest] = this.#condemned;
    if (!highest) return true;
    const pod = highest.pod!;
    if (isLeaving(pod)) return false;
    // One that is not well may go only if none below it is worse off.
    if (this.#isAvailable(pod) || pod === this.#firstUnwell()) this.#remove.push(pod);
    return false;
  }

  #firstUnwell(): Pod | undefined {
    const all = [...this.#places.flatMap(({ pod }) => pod ?? []), ...this.#condemned.map(({ pod }) => pod!).reverse()];
    return all.find((pod) => isLeaving(pod) || !this.#isAvailable(pod));
  }

  /** Outdated pods go from the highest ordinal down to the partition, as many as may be missing. */
  roll(): void {
    const { set, update } = this.#observed;
    const { type, rollingUpdate } = set.spec.updateStrategy;
    if (type === 'OnDelete') return;
    const missing = this.#places.filter(({ pod }) => !pod || isLeaving(pod) || !this.#isAvailable(pod)).length;
    // A share rounds down, but never to nothing: else nothing could move.
    const allowed = Math.max(1, scaledValue(rollingUpdate?.maxUnavailable ?? 1, set.spec.replicas, 'down')) - missing;
    const outdated = this.#places.slice(rollingUpdate?.partition ?? 0).flatMap(({ pod }) => (pod && !isLeaving(pod) && revisionOf(pod) !== update.name ? pod : []));
    const going = outdated.toReversed().slice(0, Math.max(0, allowed)).filter((pod) => !this.#remove.includes(pod));
    this.#remove.push(...going);
    this.#outdated = going.length;
  }
}
