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

/** The pod's claims that a container uses, with the requests it uses of each; '' is all. */
export function claimsOfContainer(pod: Pod, name: string): readonly { readonly claim: string; readonly requests: readonly string[] }[] {
  const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((one) => one.name === name);
  const used = container?.resources?.claims ?? [];
  return (pod.spec.resourceClaims ?? []).flatMap((podClaim) => {
    const requests = used.filter((one) => one.name === podClaim.name).map(({ request = '' }) => request);
    const found = requests.length === 0 ? undefined : claimOf(pod, podClaim);
    return found ? [{ claim: found.name, requests }] : [];
  });
}
