import type { Pod } from '../../kinds/core/pod.ts';

/** The names of all Secrets a pod has to do with: for pulling images, in variables, as volumes, by its volumes' drivers. */
export function secretsMountedBy({ spec }: Pod): ReadonlySet<string> {
  const containers = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
  const names = [
    ...(spec.imagePullSecrets ?? []).map(({ name }) => name),
    ...containers.flatMap(({ env = [], envFrom = [] }) => [
      ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
      ...envFrom.map(({ secretRef }) => secretRef?.name),
    ]),
    ...(spec.volumes ?? []).flatMap((volume) => [
      volume.secret?.secretName,
      ...(volume.projected?.sources ?? []).map(({ secret }) => secret?.name),
      volume.azureFile?.secretName,
      ...[volume.cephfs, volume.cinder, volume.flexVolume, volume.rbd, volume.scaleIO, volume.iscsi, volume.storageos].map((source) => source?.secretRef?.name),
      volume.csi?.nodePublishSecretRef?.name,
    ]),
  ];
  return new Set(names.filter((name) => name !== undefined));
}
