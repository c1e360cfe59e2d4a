import type { PersistentVolumeClaim } from '../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../kinds/core/pod.ts';
import { controllerOf, type Cache, type Index } from './runtime/index.ts';

const BY_CLAIM: Index<Pod> = { name: 'claim', values: claimsOf };

/** `namespace/claim` of every claim a pod's volumes name, those made for it included. */
export function claimsOf({ metadata, spec }: Pod): readonly string[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    const claim = persistentVolumeClaim?.claimName ?? (ephemeral ? `${metadata.name}-${name}` : undefined);
    return claim === undefined ? [] : [`${metadata.namespace}/${claim}`];
  });
}

/** The pods that name a claim, or for which one of its name would be made. */
export const podsOfClaim = (cache: Cache, key: string): readonly Pod[] => cache.byIndex(Pod, BY_CLAIM, key);

/** Whether the pod's volumes mean this very claim: one made for another pod is not its own, whatever its name. */
export function usesClaim({ metadata, spec }: Pod, claim: PersistentVolumeClaim): boolean {
  const { name } = claim.metadata;
  return (spec.volumes ?? []).some(({ name: volume, persistentVolumeClaim, ephemeral }) =>
    persistentVolumeClaim?.claimName === name ||
    (ephemeral && `${metadata.name}-${volume}` === name && controllerOf(claim)?.uid === metadata.uid));
}
