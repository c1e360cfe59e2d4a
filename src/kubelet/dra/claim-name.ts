/** Which ResourceClaim stands behind one of a pod's (https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/). Pure. */
import type { Pod } from '../../kinds/core/pod.ts';
import type { ResourceClaim } from '../../kinds/resource/resource-claim.ts';

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

/** @throws Error with upstream's text where the pod may not use the claim */
export function mayUse(pod: Pod, { name, isOwn }: NamedClaim, { metadata, status }: ResourceClaim): void {
  const { uid } = pod.metadata;
  const owner = metadata.ownerReferences?.some((one) => one.controller === true && one.uid === uid);
  if (isOwn && !owner) throw new Error(`ResourceClaim ${metadata.namespace}/${name} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`);
  const isReserved = status.reservedFor?.some((user) => user.uid === uid);
  if (!isReserved) throw new Error(`pod ${pod.metadata.name} (${uid}) is not allowed to use ResourceClaim ${name} (${metadata.uid})`);
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
