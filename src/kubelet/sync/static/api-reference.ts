import type { Pod } from '../../../kinds/core/pod.ts';
import type { Volume } from '../../../kinds/core/volume.ts';
import { referencesOf } from '../../volumes/objects.ts';

const PLURALS: Readonly<Record<string, string>> = { ConfigMap: 'configmaps', Secret: 'secrets' };

/** The first kind of API object the pod needs, by its plural: a pod that has to run without the API server may need none. */
export function apiReference(pod: Pod): string | undefined {
  const { spec } = pod;
  if (spec.serviceAccountName) return 'serviceaccounts';
  const [named] = referencesOf(pod);
  if (named) return PLURALS[named.kind.kind];
  if (spec.resourceClaims?.length) return 'resourceclaims';
  for (const volume of spec.volumes ?? []) {
    const needed = neededBy(volume);
    if (needed) return needed;
  }
  return undefined;
}

function neededBy({ persistentVolumeClaim, ephemeral, csi, projected }: Volume): string | undefined {
  if (persistentVolumeClaim || ephemeral) return 'persistentvolumeclaims';
  if (csi) return 'csidrivers';
  for (const source of projected?.sources ?? []) {
    if (source.serviceAccountToken) return 'serviceaccounts';
    if (source.clusterTrustBundle) return 'clustertrustbundles';
    if ('podCertificate' in source && source.podCertificate) return 'podcertificates';
  }
  return undefined;
}
