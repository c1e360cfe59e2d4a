import { Node } from '../../kinds/core/node.ts';
import type { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { CSIDriver } from '../../kinds/storage/csi-driver.ts';
import { isTerminalPhase } from '../../rules/pod-conditions.ts';
import { claimsOf, podsOfClaim, usesClaim } from '../claims-of-pod.ts';
import { podsOfNode } from '../pods-of-node.ts';
import type { Cache } from '../runtime/index.ts';
import { isManaged } from './names.ts';

/** The pods that need the volume attached, by node. Volumes written into a pod (`csi`) live and die with it: nothing attaches them. */
export function wantedOn(volume: PersistentVolume | undefined, cache: Cache): ReadonlyMap<string, readonly Pod[]> {
  const wanted = new Map<string, Pod[]>();
  const claim = volume && claimOf(volume, cache);
  if (!claim || !isAttachable(volume, cache)) return wanted;
  for (const pod of podsOfClaim(cache, `${claim.metadata.namespace}/${claim.metadata.name}`)) {
    const node = pod.spec.nodeName ? cache.get(Node, pod.spec.nodeName) : undefined;
    if (!node || !isManaged(node) || !usesClaim(pod, claim) || !needsVolumes(pod, node)) continue;
    wanted.set(node.metadata.name, [...(wanted.get(node.metadata.name) ?? []), pod]);
  }
  return wanted;
}

/** A driver that says so needs no attaching; one that says nothing does. */
export function isAttachable({ spec: { csi } }: PersistentVolume, cache: Cache): boolean {
  return csi !== undefined && cache.get(CSIDriver, csi.driver)?.spec.attachRequired !== false;
}

/** The claim the volume is bound to, where both say so. */
function claimOf({ metadata, spec: { claimRef } }: PersistentVolume, cache: Cache): PersistentVolumeClaim | undefined {
  const claim = claimRef && cache.get(PersistentVolumeClaim, claimRef.name ?? '', claimRef.namespace);
  const isBound = claim?.status.phase === 'Bound' && claim.spec.volumeName === metadata.name && claim.metadata.uid === claimRef?.uid;
  return isBound ? claim : undefined;
}

/** What a pod that has ended had mounted is unmounted, unless its node keeps it. */
function needsVolumes({ metadata, status }: Pod, node: Node): boolean {
  const stopped = (status.containerStatuses ?? []).every(({ state }) => state?.terminated || state?.waiting);
  const isOver = isTerminalPhase(status.phase) || (metadata.deletionTimestamp !== undefined && stopped);
  return !isOver || node.metadata.annotations?.['volumes.kubernetes.io/keep-terminated-pod-volumes'] === 'true';
}

/** The volumes a pod's claims are bound to. */
export function volumesOf(pod: Pod, cache: Cache): readonly string[] {
  return claimsOf(pod).flatMap((key) => {
    const [namespace, name] = key.split('/');
    const volume = cache.get(PersistentVolumeClaim, name!, namespace)?.spec.volumeName;
    return volume ? [volume] : [];
  });
}

/** The volumes that pods of a node have. */
export const volumesOnNode = (node: string, cache: Cache): readonly string[] => podsOfNode(cache, node).flatMap((pod) => volumesOf(pod, cache));
