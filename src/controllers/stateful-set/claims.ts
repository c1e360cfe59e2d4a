import { deepEqual } from '../../base/deep-equal.ts';
import { StatefulSet } from '../../kinds/apps/stateful-set.ts';
import type { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../kinds/core/pod.ts';
import type { DeepPartial, KubeObject, OwnerReference } from '../../meta/object.ts';
import { controllerOf, controllerReference, refersTo } from '../runtime/index.ts';
import { claimName } from './identity.ts';

/** Finds a claim of the set's namespace by name. */
export type FindClaim = (name: string) => PersistentVolumeClaim | undefined;

/** The claims an ordinal's pod mounts and nobody has made yet. */
export function missingClaims(set: StatefulSet, ordinal: number, find: FindClaim): readonly DeepPartial<PersistentVolumeClaim>[] {
  return (set.spec.volumeClaimTemplates ?? []).flatMap((template) => {
    const name = claimName(set, template, ordinal);
    if (find(name)) return [];
    const { metadata: { annotations, labels, finalizers }, spec } = template;
    const made = {
      metadata: {
        name,
        namespace: set.metadata.namespace,
        labels: { ...labels, ...set.spec.selector.matchLabels },
        ...(annotations ? { annotations } : {}),
        ...(finalizers ? { finalizers } : {}),
        ...(policyOf(set)?.whenDeleted === 'Delete' ? { ownerReferences: [controllerReference(StatefulSet, set)] } : {}),
      },
      spec,
    };
    return [made as DeepPartial<PersistentVolumeClaim>];
  });
}

/** Whether a claim of this ordinal is on its way out with the pod that had it: a new pod must not take it up. */
export function hasStaleClaim(set: StatefulSet, ordinal: number, find: FindClaim): boolean {
  return claimsOf(set, ordinal, find).some(({ metadata }) =>
    metadata.deletionTimestamp !== undefined || metadata.ownerReferences?.some((reference) => refersTo(reference, Pod)));
}

/**
 * The claims of a pod whose owners are not what the retention policy asks for, with the right ones: the set, where claims
 * go when it is deleted; the pod, where they go because it is being scaled away; nobody, where they stay.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention
 */
export function reownedClaims(set: StatefulSet, member: { readonly pod: Pod; readonly ordinal: number; readonly condemned: boolean }, find: FindClaim): readonly PersistentVolumeClaim[] {
  return claimsOf(set, member.ordinal, find).flatMap((claim) => {
    const before = claim.metadata.ownerReferences ?? [];
    const others = before.filter((reference) => !isOwn(reference, set, member.pod));
    // Somebody else manages it: not ours to tie to anything.
    if (controllerOf({ metadata: { ...claim.metadata, ownerReferences: others } })) return [];
    const owner = ownerFor(set, member);
    const after = owner ? [...others, owner] : others;
    return deepEqual(before, after) ? [] : [{ ...claim, metadata: { ...claim.metadata, ownerReferences: after } }];
  });
}

const claimsOf = (set: StatefulSet, ordinal: number, find: FindClaim): readonly PersistentVolumeClaim[] =>
  (set.spec.volumeClaimTemplates ?? []).flatMap((template) => find(claimName(set, template, ordinal)) ?? []);

const isOwn = (reference: OwnerReference, set: StatefulSet, pod: Pod): boolean =>
  (refersTo(reference, StatefulSet) && reference.name === set.metadata.name) || (refersTo(reference, Pod) && reference.name === pod.metadata.name);

function ownerFor(set: StatefulSet, { pod, condemned }: { readonly pod: Pod; readonly condemned: boolean }): OwnerReference | undefined {
  const policy = policyOf(set);
  if (policy?.whenScaled === 'Delete' && condemned) return controllerReference(Pod, pod as KubeObject);
  return policy?.whenDeleted === 'Delete' ? controllerReference(StatefulSet, set) : undefined;
}

const policyOf = ({ spec }: StatefulSet) => spec.persistentVolumeClaimRetentionPolicy;
