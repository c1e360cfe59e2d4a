import { StatefulSet } from '../../../../kinds/apps/stateful-set.ts';
import { PersistentVolumeClaim } from '../../../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../../../kinds/core/pod.ts';
import { scaledValue } from '../../../../meta/int-or-string.ts';
import { availableIn, isReady, isTerminalPhase } from '../../../../rules/pod-conditions.ts';
import { controllerOf } from '../../../runtime/index.ts';
import { firstOrdinal, ordinalOf } from '../../../stateful-set/identity.ts';
import type { View } from '../view.ts';
import type { Judges } from '../witness.ts';

/** In order up, in reverse order down, never more missing than may be, the partition kept. */
export const statefulSetJudges: Judges = {
  *'statefulset create pods'({ body }, view) {
    const { uid = '' } = controllerOf(body) ?? {};
    const asked = view.lately(StatefulSet, uid);
    const pod = body as unknown as Pod;
    const faults = asked.map((set) => [...faultsOfBirth(pod, set, view)]);
    if (faults.every((some) => some.length > 0)) yield* faults[0] ?? [`makes ${pod.metadata.name} for no set it knows`];
  },

  *'statefulset delete pods'({ name = '', namespace }, view) {
    const pod = view.get(Pod, name, namespace);
    const owner = pod && controllerOf(pod);
    if (!pod || !owner || view.was(pod, ({ status }) => isTerminalPhase(status.phase))) return;
    const faults = view.lately(StatefulSet, owner.uid).map((set) => [...faultsOfEnd(pod, set, view)]);
    if (faults.every((some) => some.length > 0)) yield* faults[0] ?? [];
  },
};

function* faultsOfBirth(pod: Pod, set: StatefulSet, view: View): Iterable<string> {
  const { name } = pod.metadata;
  const ordinal = ordinalOf(pod, set)!;
  const first = firstOrdinal(set);
  if (ordinal < first || ordinal >= first + set.spec.replicas) yield `makes ${name}, which is not among the ${set.spec.replicas}`;
  const members = membersOf(set, view);
  for (let lower = first; isOrdered(set) && lower < ordinal; lower++) {
    const before = members.get(lower);
    if (!before || !isWell(before, set, view)) yield `makes ${name} before ${set.metadata.name}-${lower} is ready`;
  }
  const { type, rollingUpdate } = set.spec.updateStrategy;
  const isNew = imageOf(pod.spec) === imageOf(set.spec.template.spec);
  const isLeft = type === 'RollingUpdate' && ordinal < first + (rollingUpdate?.partition ?? 0);
  if (!isLeft && !isNew) yield `makes ${name} of an old revision`;
  const { currentRevision, updateRevision } = set.status;
  const revision = pod.metadata.labels?.['controller-revision-hash'];
  if (isLeft && currentRevision && currentRevision !== updateRevision && revision !== currentRevision) yield `makes ${name}, below the partition, of revision ${revision}, not ${currentRevision}`;
}

function* faultsOfEnd(pod: Pod, set: StatefulSet, view: View): Iterable<string> {
  const ordinal = ordinalOf(pod, set)!;
  const first = firstOrdinal(set);
  const last = first + set.spec.replicas;
  if (ordinal < first || ordinal >= last) yield* faultsOfShrinking(pod, set, view);
  else yield* faultsOfRolling(pod, set, view);
}

function* faultsOfShrinking(pod: Pod, set: StatefulSet, view: View): Iterable<string> {
  const { name } = pod.metadata;
  // Else nobody would know that they are to go with it.
  const goes = set.spec.persistentVolumeClaimRetentionPolicy?.whenScaled === 'Delete';
  const kept = goes ? claimsOf(pod, view).find(({ metadata }) => !metadata.ownerReferences?.some(({ uid }) => uid === pod.metadata.uid)) : undefined;
  if (kept) yield `takes ${name} without tying ${kept.metadata.name} to it`;
  if (!isOrdered(set)) return;
  const ordinal = ordinalOf(pod, set)!;
  const first = firstOrdinal(set);
  const others = [...membersOf(set, view)].filter(([other]) => other !== ordinal);
  const later = others.find(([other]) => other > ordinal && (other < first || other >= first + set.spec.replicas));
  if (later) yield `takes ${name} before ${later[1].metadata.name}`;
  const leaving = others.find(([, one]) => view.isDeleted(one) || !view.was(one, ({ metadata }) => metadata.deletionTimestamp === undefined));
  if (leaving) yield `takes ${name} while ${leaving[1].metadata.name} is still leaving`;
  const unwell = others.find(([other, one]) => other >= first && other < ordinal && !isWell(one, set, view));
  if (unwell) yield `takes ${name} while ${unwell[1].metadata.name} is not ready`;
}

function* faultsOfRolling(pod: Pod, set: StatefulSet, view: View): Iterable<string> {
  const { name } = pod.metadata;
  const ordinal = ordinalOf(pod, set)!;
  const [first, replicas] = [firstOrdinal(set), set.spec.replicas];
  const { type, rollingUpdate } = set.spec.updateStrategy;
  const isOld = (one: Pod) => imageOf(one.spec) !== imageOf(set.spec.template.spec);
  if (type === 'OnDelete') yield `takes ${name}, which is its user's to delete`;
  if (!isOld(pod)) yield `takes ${name}, which is up to date`;
  if (ordinal < first + (rollingUpdate?.partition ?? 0)) yield `takes ${name} below the partition ${rollingUpdate?.partition}`;
  const members = membersOf(set, view);
  const places = Array.from({ length: replicas }, (_, n) => ({ ordinal: first + n, pod: members.get(first + n) }));
  const missing = places.filter((place) => place.ordinal !== ordinal && !(place.pod && isWell(place.pod, set, view))).length;
  const allowed = Math.max(1, scaledValue(rollingUpdate?.maxUnavailable ?? 1, replicas, 'down'));
  if (missing + 1 > allowed) yield `takes ${name} while ${missing} of ${replicas} are missing; no more than ${allowed} may be`;
  const later = places.find((place) => place.ordinal > ordinal && place.pod && isOld(place.pod) && !view.isTried(place.pod) && place.pod.metadata.deletionTimestamp === undefined);
  if (later) yield `takes ${name} before ${later.pod!.metadata.name}`;
}

const membersOf = (set: StatefulSet, view: View): ReadonlyMap<number, Pod> =>
  new Map(view.owned(Pod, set.metadata.uid).flatMap((pod) => {
    const ordinal = ordinalOf(pod, set);
    return ordinal === undefined ? [] : [[ordinal, pod] as const];
  }));

const claimsOf = ({ metadata, spec }: Pod, view: View): readonly PersistentVolumeClaim[] =>
  (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => (claim ? (view.get(PersistentVolumeClaim, claim.claimName, metadata.namespace) ?? []) : []));

const isOrdered = ({ spec }: StatefulSet): boolean => spec.podManagementPolicy !== 'Parallel';
const imageOf = ({ containers }: Pick<Pod['spec'], 'containers'>): string => containers[0]?.image ?? '';

/** Running, available and staying, as far as the controller can know. */
const isWell = (pod: Pod, { spec }: StatefulSet, view: View): boolean =>
  !view.isDeleted(pod) && view.was(pod, (one) => one.status.phase === 'Running' && isReady(one) && one.metadata.deletionTimestamp === undefined &&
    availableIn(one, (spec.minReadySeconds ?? 0) * 1000, view.clock.now()) === 0);
