import type { Node } from '../../kinds/core/node.ts';
import { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { StorageClass } from '../../kinds/storage/storage-class.ts';
import { classOf } from '../../kinds/core/storage-class-of.ts';
import { DEFAULT_STORAGE_CLASS, defaultOf } from '../../rules/default-class.ts';
import { findVolume, isKeptFor } from '../../rules/volume-matching.ts';
import { isTerminalPhase } from '../../rules/pod-conditions.ts';
import type { Announcement } from '../runtime/index.ts';
import { mismatch } from './mismatch.ts';

export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
/** The provisioner that there is none: volumes are made by hand. */
const BY_HAND = 'kubernetes.io/no-provisioner';

export interface Observed {
  readonly claim: PersistentVolumeClaim;
  readonly volumes: readonly PersistentVolume[];
  readonly classes: readonly StorageClass[];
  /** Finds a node by name. */
  readonly node: (name: string) => Node | undefined;
  /** Those that name the claim. */
  readonly pods: () => readonly Pod[];
}

/** What is to become of a claim, as data. */
export type ClaimPlan =
  /** Claim and volume are tied to one another. */
  | { readonly act: 'bind'; readonly volume: PersistentVolume }
  | { readonly act: 'wait'; readonly announce?: Announcement }
  /** A provisioner is asked for a volume. */
  | { readonly act: 'provision'; readonly provisioner: string; readonly announce: Announcement }
  | { readonly act: 'lose'; readonly announce: Announcement }
  /** The default class was made after the claim. */
  | { readonly act: 'classify'; readonly storageClassName: string };

const warning = (reason: string, message: string): Announcement => ['Warning', reason, message];
const normal = (reason: string, message: string): Announcement => ['Normal', reason, message];

export function planClaim(observed: Observed): ClaimPlan {
  const { claim } = observed;
  if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) return keep(observed);
  return claim.spec.volumeName ? bindNamed(observed, claim.spec.volumeName) : bindAny(observed);
}

/** A claim that was bound stays so, or is lost. */
function keep({ claim, volumes }: Observed): ClaimPlan {
  const lose = (reason: string, message: string): ClaimPlan => ({ act: 'lose', announce: warning(reason, message) });
  if (!claim.spec.volumeName) return lose('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
  const volume = volumes.find(({ metadata }) => metadata.name === claim.spec.volumeName);
  if (!volume) return lose('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  if (!volume.spec.claimRef || isKeptFor(volume, claim)) return { act: 'bind', volume };
  return lose('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
}

function bindNamed({ claim, volumes }: Observed, name: string): ClaimPlan {
  const volume = volumes.find(({ metadata }) => metadata.name === name);
  if (!volume) return { act: 'wait' };
  if (!volume.spec.claimRef) {
    const why = mismatch(volume, claim);
    return why === undefined ? { act: 'bind', volume } : { act: 'wait', announce: warning('VolumeMismatch', `Cannot bind to requested volume "${name}": ${why}`) };
  }
  if (isKeptFor(volume, claim)) return { act: 'bind', volume };
  return { act: 'wait', announce: warning('FailedBinding', `volume ${JSON.stringify(name)} already bound to a different claim.`) };
}

function bindAny({ claim, volumes, classes, node, pods }: Observed): ClaimPlan {
  if (claim.spec.storageClassName === undefined && classOf(claim) === '') {
    const standard = defaultOf(classes, DEFAULT_STORAGE_CLASS);
    if (standard) return { act: 'classify', storageClassName: standard.metadata.name };
  }
  const name = classOf(claim);
  const storageClass = classes.find(({ metadata }) => metadata.name === name);
  const selected = claim.metadata.annotations?.[SELECTED_NODE];
  const delayed = storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && selected === undefined;
  const place = selected === undefined ? undefined : node(selected);
  // While its first pod is awaited, only a volume that was meant for it from the start will do.
  const candidates = delayed ? volumes.filter((one) => isKeptFor(one, claim)) : volumes;
  const volume = findVolume(claim, candidates, { ...(place ? { node: place } : {}), isTaken: () => false });
  if (volume) return { act: 'bind', volume };
  if (delayed) return { act: 'wait', announce: whomItAwaits(pods()) };
  if (name === '') return { act: 'wait', announce: normal('FailedBinding', 'no persistent volumes available for this claim and no storage class is set') };
  if (!storageClass) return { act: 'wait', announce: warning('ProvisioningFailed', `storageclass.storage.k8s.io ${JSON.stringify(name)} not found`) };
  const { provisioner } = storageClass;
  if (provisioner === BY_HAND) return { act: 'wait', announce: warning('ProvisioningFailed', `no volume plugin matched name: ${BY_HAND}`) };
  return {
    act: 'provision', provisioner,
    announce: normal('ExternalProvisioning', `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`),
  };
}

/** A claim that is bound for its first pod waits for one to be made, then for it to be given a node. */
function whomItAwaits(pods: readonly Pod[]): Announcement {
  const names = pods.filter((pod) => !pod.spec.nodeName && !isTerminalPhase(pod.status.phase)).map(({ metadata }) => metadata.name);
  if (names.length === 0) return normal('WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
  return normal('WaitForPodScheduled', `waiting for ${names.length > 1 ? 'pods' : 'pod'} ${names.join(',')} to be scheduled`);
}

/** The volume as it is once tied to the claim. */
export function boundVolume(volume: PersistentVolume, { metadata }: PersistentVolumeClaim): PersistentVolume {
  const { claimRef, ...spec } = volume.spec;
  if (claimRef?.uid === metadata.uid) return volume;
  const reference = { kind: 'PersistentVolumeClaim', namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid, apiVersion: 'v1', resourceVersion: metadata.resourceVersion };
  const annotations = claimRef ? volume.metadata.annotations : { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' };
  return { ...volume, metadata: { ...volume.metadata, ...(annotations ? { annotations } : {}) }, spec: { ...spec, claimRef: reference } };
}

/** The claim as it is once tied to the volume. */
export function boundClaim(claim: PersistentVolumeClaim, { metadata }: PersistentVolume): PersistentVolumeClaim {
  const annotations = {
    ...claim.metadata.annotations,
    ...(claim.spec.volumeName ? {} : { [BOUND_BY_CONTROLLER]: 'yes' }),
    [BIND_COMPLETED]: 'yes',
  };
  return { ...claim, metadata: { ...claim.metadata, annotations }, spec: { ...claim.spec, volumeName: metadata.name } };
}
