import type { Node } from '../../kinds/core/node.ts';
import type { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import type { PodInfo } from './pod-info.ts';

/** What may make a rejected pod fit. Each plugin lists those that can change its verdict. */
export type WakeReason =
  | 'node-added'
  | 'node-allocatable'
  | 'node-labels'
  | 'node-taints'
  | 'node-images'
  | 'node-removed'
  /** A pod that counts on its node was created, or came to count there. */
  | 'pod-assigned'
  | 'pod-labels'
  | 'pod-removed'
  | 'pod-scaled-down'
  | 'namespace-labels'
  | 'claim-changed'
  | 'volume-changed'
  | 'volume-detached'
  | 'storage-class'
  | 'csi-node'
  | 'csi-driver'
  | 'csi-capacity'
  | 'device-claim'
  | 'device-class'
  | 'device-slice'
  /** Changes of the waiting pod itself. */
  | 'own-gates'
  | 'own-tolerations'
  | 'own-labels'
  | 'own-requests'
  /** The names of claims made for it. */
  | 'own-claims'
  | 'own-spec';

/** Something that happened in the cluster. */
export interface ClusterEvent {
  readonly reason: WakeReason;
  readonly node?: Node;
  readonly oldNode?: Node;
  /** The other pod, or the waiting one itself for `own-` reasons. */
  readonly pod?: PodInfo;
  /** A PersistentVolumeClaim, as `namespace/name`. */
  readonly claim?: string;
  /** Without its allocation where it is gone. */
  readonly deviceClaim?: ResourceClaim;
  readonly oldDeviceClaim?: ResourceClaim;
}
