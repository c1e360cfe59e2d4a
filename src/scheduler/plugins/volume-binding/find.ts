import type { Node } from '../../../kinds/core/node.ts';
import type { PersistentVolume } from '../../../kinds/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '../../../kinds/core/persistent-volume-claim.ts';
import { matchesLabelSelector } from '../../../meta/label-selector.ts';
import { amountOf } from '../../../rules/pod-resources.ts';
import { classOf } from '../../../kinds/core/storage-class-of.ts';
import { findVolume, isFullyBound, isKeptFor, reaches, requestedSize } from '../../../rules/volume-matching.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import { rejectForGood, type Rejection } from '../../framework/verdict.ts';
import type { StorageView } from '../../volumes/storage.ts';
import type { Assumed } from './assumed.ts';

const NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity";
const NO_VOLUME = "node(s) didn't find available persistent volumes to bind";
const NO_SPACE = 'node(s) did not have enough free storage';
const GONE = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';

export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

/** A pod's claims: those that have their volumes, and those that wait for the pod's node. */
export interface PodClaims {
  readonly bound: readonly PersistentVolumeClaim[];
  readonly waiting: readonly PersistentVolumeClaim[];
}

/** What has to be done before the pod can go to its node. */
export interface Bindings {
  readonly bind: readonly { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[];
  readonly provision: readonly PersistentVolumeClaim[];
}

export const keyOfClaim = ({ metadata }: PersistentVolumeClaim): string => `${metadata.namespace}/${metadata.name}`;

/** The pod's claims, or why no node will do before one of them changes. */
export function sortClaims({ claims, pod }: PodInfo, storage: StorageView): PodClaims | Rejection {
  const found: PersistentVolumeClaim[] = [];
  for (const { key, name, ephemeral } of claims) {
    const claim = storage.claim(key);
    if (!claim) return rejectForGood(ephemeral ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"` : `persistentvolumeclaim "${name}" not found`);
    if (claim.status.phase === 'Lost') return rejectForGood(`persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName}"`);
    if (claim.metadata.deletionTimestamp !== undefined) return rejectForGood(`persistentvolumeclaim "${name}" is being deleted`);
    if (ephemeral && !claim.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === pod.metadata.uid)) {
      return rejectForGood(`PVC ${key} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`);
    }
    found.push(claim);
  }
  const waits = (claim: PersistentVolumeClaim) => !claim.spec.volumeName && storage.storageClass(classOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer';
  if (found.some((claim) => !isFullyBound(claim) && !waits(claim))) return rejectForGood('pod has unbound immediate PersistentVolumeClaims');
  return { bound: found.filter(isFullyBound), waiting: found.filter((claim) => !isFullyBound(claim)) };
}

/** What to do with the claims for the pod to run on the node, or why it cannot. */
export function findBindings({ bound, waiting }: PodClaims, node: Node, { storage, assumed }: { readonly storage: StorageView; readonly assumed: Assumed }): Bindings | Rejection {
  const reasons: string[] = [];
  const volumes = bound.map(({ spec }) => storage.volume(spec.volumeName!));
  if (volumes.some((volume) => volume && !reaches(node, volume))) reasons.push(NODE_CONFLICT);
  const bind: { claim: PersistentVolumeClaim; volume: PersistentVolume }[] = [];
  const provision: PersistentVolumeClaim[] = [];
  for (const claim of waiting.toSorted((a, b) => requestedSize(a) - requestedSize(b))) {
    const selected = assumed.nodeOf(keyOfClaim(claim)) ?? claim.metadata.annotations?.[SELECTED_NODE];
    if (selected !== undefined && selected !== node.metadata.name) return rejectForGood(...reasons, NO_VOLUME);
    const isTaken = (volume: PersistentVolume) => bind.some((one) => one.volume === volume) || assumed.takes(volume.metadata.name, keyOfClaim(claim));
    const volume = selected === undefined ? findVolume(claim, storage.volumesOfClass(classOf(claim)), { node, isTaken }) : undefined;
    if (volume) bind.push({ claim, volume });
    else provision.push(claim);
  }
  for (const claim of provision) {
    const why = whyNotProvisioned(claim, node, storage);
    if (why !== undefined && !reasons.includes(why)) reasons.push(why);
  }
  if (volumes.includes(undefined)) reasons.push(GONE);
  return reasons.length > 0 ? rejectForGood(...reasons) : { bind: bind.filter(({ claim, volume }) => !(isKeptFor(volume, claim) && volume.spec.claimRef?.uid)), provision };
}

function whyNotProvisioned(claim: PersistentVolumeClaim, node: Node, storage: StorageView): string | undefined {
  const storageClass = storage.storageClass(classOf(claim));
  if (!storageClass || storageClass.provisioner === NO_PROVISIONER) return NO_VOLUME;
  const { labels = {} } = node.metadata;
  const { allowedTopologies: topologies = [] } = storageClass;
  const allowed = topologies.length === 0 || topologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => labels[key] !== undefined && values.includes(labels[key])));
  if (!allowed) return NO_VOLUME;
  if (!storage.csiDriver(storageClass.provisioner)?.spec.storageCapacity) return undefined;
  const size = requestedSize(claim);
  const hasRoom = storage.capacities(storageClass.metadata.name).some(({ maximumVolumeSize, capacity, nodeTopology }) =>
    (maximumVolumeSize ?? capacity) !== undefined && amountOf('storage', (maximumVolumeSize ?? capacity)!) >= size &&
    nodeTopology !== undefined && matchesLabelSelector(nodeTopology, labels));
  return hasRoom ? undefined : NO_SPACE;
}
