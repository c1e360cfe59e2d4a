import { sha256 } from '../../base/sha256.ts';
import type { Node } from '../../kinds/core/node.ts';
import type { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import type { VolumeAttachment } from '../../kinds/storage/volume-attachment.ts';

const CSI = 'kubernetes.io/csi/';

/** How nodes name a volume, in `status.volumesAttached` and `status.volumesInUse`; undefined for one no CSI driver has. */
export const volumeName = ({ spec: { csi } }: PersistentVolume): string | undefined => (csi ? `${CSI}${csi.driver}^${csi.volumeHandle}` : undefined);

/** The one VolumeAttachment that stands for a volume, by the name nodes give it, on a node; '' where no CSI driver has it. */
export function attachmentName(volume: string, node: string): string {
  const at = volume.indexOf('^');
  if (!volume.startsWith(CSI) || at < 0) return '';
  return `csi-${sha256(volume.slice(at + 1) + volume.slice(CSI.length, at) + node)}`;
}

/** Whether the attachment is of those made here: others, by whatever name, are somebody else's. */
export const isOurs = ({ metadata, spec }: VolumeAttachment): boolean =>
  spec.source.persistentVolumeName !== undefined && /^csi-[0-9a-f]{64}$/.test(metadata.name);

/** Whether the node says that the volume is, or may be, mounted. */
export const isInUse = (node: Node, { metadata }: VolumeAttachment): boolean =>
  (node.status.volumesInUse ?? []).some((volume) => attachmentName(volume, node.metadata.name) === metadata.name);

/** The node's status without the attachment's volume, so that its kubelet no longer mounts it; the same where it is not there. */
export function withoutVolume(node: Node, { metadata }: VolumeAttachment): Node {
  const before = node.status.volumesAttached ?? [];
  const volumesAttached = before.filter(({ name }) => attachmentName(name, node.metadata.name) !== metadata.name);
  return volumesAttached.length === before.length ? node : { ...node, status: { ...node.status, volumesAttached } };
}

/** Whether volumes of the node are attached from here; a kubelet may do it by itself. */
export const isManaged = ({ metadata }: Node): boolean => metadata.annotations?.['volumes.kubernetes.io/controller-managed-attach-detach'] !== undefined;
