import type { Pod } from '../../kinds/core/pod.ts';

/** A PersistentVolumeClaim that a pod uses. */
export interface PodClaim {
  /** `namespace/name`. */
  readonly key: string;
  readonly name: string;
  /** Made for this pod, from a volume's template. */
  readonly ephemeral: boolean;
}

const NONE: readonly PodClaim[] = [];

export function claimsOf({ metadata, spec }: Pod): readonly PodClaim[] {
  if (!spec.volumes?.some(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim ?? ephemeral)) return NONE;
  const claim = (name: string, ephemeral: boolean): PodClaim => ({ key: `${metadata.namespace}/${name}`, name, ephemeral });
  return spec.volumes.flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return [claim(persistentVolumeClaim.claimName, false)];
    return ephemeral ? [claim(`${metadata.name}-${name}`, true)] : [];
  });
}
