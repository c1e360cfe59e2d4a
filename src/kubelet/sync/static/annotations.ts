/** How a pod from a file, and its mirror in the API, are known. Names are upstream's. */
import type { Pod } from '../../../kinds/core/pod.ts';
import { CONFIG_SOURCE } from '../../cri/labels.ts';

export const CONFIG_HASH = 'kubernetes.io/config.hash';
export const CONFIG_SEEN = 'kubernetes.io/config.seen';
/** On a mirror: the hash of the static pod it stands for. */
export const CONFIG_MIRROR = 'kubernetes.io/config.mirror';

/** Made from a manifest: of a file (`file`) or a URL (`http`). */
export const isStatic = ({ metadata: { annotations } }: Pick<Pod, 'metadata'>): boolean => (annotations?.[CONFIG_SOURCE] ?? 'api') !== 'api';

/** In the API only so that others see a static pod. */
export const isMirror = ({ metadata: { annotations } }: Pick<Pod, 'metadata'>): boolean => annotations?.[CONFIG_MIRROR] !== undefined;

export const mirrors = (mirror: Pod, pod: Pod): boolean => mirror.metadata.annotations?.[CONFIG_MIRROR] === pod.metadata.annotations?.[CONFIG_HASH];

/** What the API says of a pod's origin is not to be believed: a pod of a file may do more. */
export function fromApi(pod: Pod): Pod {
  const { annotations } = pod.metadata;
  return isStatic(pod) ? { ...pod, metadata: { ...pod.metadata, annotations: { ...annotations, [CONFIG_SOURCE]: 'api' } } } : pod;
}
