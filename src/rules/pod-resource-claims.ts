/** Which ResourceClaim stands behind one of a pod's (https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/). */
import type { Pod } from '../kinds/core/pod.ts';
import type { ResourceClaim } from '../kinds/resource/resource-claim.ts';

export interface NamedClaim {
  readonly name: string;
  /** Made for this pod from a template: nobody else's may be taken for it. */
  readonly isOwn: boolean;
}

type PodClaim = NonNullable<Pod['spec']['resourceClaims']>[number];

/** @returns undefined where the template made none. @throws Error with upstream's text while there is none yet */
export function claimOf({ metadata, status }: Pod, { name, resourceClaimName }: Pick<PodClaim, 'name' | 'resourceClaimName'>): NamedClaim | undefined {
  if (resourceClaimName !== undefined) return { name: resourceClaimName, isOwn: false };
  const made = status.resourceClaimStatuses?.find((one) => one.name === name);
  if (!made) throw new Error(`pod "${metadata.namespace}/${metadata.name}": ResourceClaim not created yet`);
  return made.resourceClaimName === undefined ? undefined : { name: made.resourceClaimName, isOwn: true };
}

/** @throws Error with upstream's text where a claim that was to be the pod's own is somebody else's */
export function mustBeFor(pod: Pod, { metadata }: ResourceClaim): void {
  const { uid, name, namespace } = pod.metadata;
  if (metadata.ownerReferences?.some((one) => one.controller === true && one.uid === uid)) return;
  throw new Error(`ResourceClaim ${metadata.namespace}/${metadata.name} was not created for Pod ${namespace}/${name} (Pod is not owner)`);
}

export const isReservedFor = ({ status }: ResourceClaim, podUid: string): boolean => status.reservedFor?.some(({ uid }) => uid === podUid) ?? false;
