/** Which ResourceClaim stands behind one of a pod's (https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/). Pure. */
import type { Pod } from '../../kinds/core/pod.ts';
import type { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import { claimOf, isReservedFor, mustBeFor, type NamedClaim } from '../../rules/pod-resource-claims.ts';

/** @throws Error with upstream's text where the pod may not use the claim */
export function mayUse(pod: Pod, { name, isOwn }: NamedClaim, claim: ResourceClaim): void {
  const { uid } = pod.metadata;
  if (isOwn) mustBeFor(pod, claim);
  if (!isReservedFor(claim, uid)) throw new Error(`pod ${pod.metadata.name} (${uid}) is not allowed to use ResourceClaim ${name} (${claim.metadata.uid})`);
}

export const hasClaims = ({ spec, status }: Pod): boolean => (spec.resourceClaims?.length ?? 0) > 0 || status.extendedResourceClaimStatus !== undefined;

/** All of a pod's claims, that for its extended resources among them. @throws Error with upstream's text while one of them is not there yet */
export function claimsOfPod(pod: Pod): readonly NamedClaim[] {
  const named = (pod.spec.resourceClaims ?? []).flatMap((podClaim) => claimOf(pod, podClaim) ?? []);
  const extended = pod.status.extendedResourceClaimStatus?.resourceClaimName;
  return extended === undefined ? named : [...named, { name: extended, isOwn: true }];
}

/** A claim that a container uses, with the requests it uses of it; '' is all. */
export interface ContainerClaim {
  readonly claim: string;
  readonly requests: readonly string[];
  /** What the pod calls it; undefined of the one for extended resources. */
  readonly as?: string;
}

export function claimsOfContainer(pod: Pod, name: string): readonly ContainerClaim[] {
  const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((one) => one.name === name);
  const used = container?.resources?.claims ?? [];
  const named = (pod.spec.resourceClaims ?? []).flatMap((podClaim) => {
    const requests = used.filter((one) => one.name === podClaim.name).map(({ request = '' }) => request);
    const found = requests.length === 0 ? undefined : claimOf(pod, podClaim);
    return found ? [{ claim: found.name, requests, as: podClaim.name }] : [];
  });
  const { resourceClaimName = '', requestMappings = [] } = pod.status.extendedResourceClaimStatus ?? {};
  const mapped = requestMappings.filter(({ containerName }) => containerName === name).map(({ requestName }) => requestName);
  return mapped.length === 0 ? named : [...named, { claim: resourceClaimName, requests: mapped }];
}
