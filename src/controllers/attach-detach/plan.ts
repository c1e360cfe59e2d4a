import type { Millis } from '../../base/clock.ts';
import type { Node } from '../../kinds/core/node.ts';
import type { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { VolumeAttachment } from '../../kinds/storage/volume-attachment.ts';
import { parseTime } from '../../meta/time.ts';
import { isConditionTrue } from '../../rules/pod-conditions.ts';
import { isInUse, isManaged } from './names.ts';

/** How long a node that has failed may keep what nobody wants on it any more. */
export const LONGEST_UNMOUNT: Millis = 6 * 60_000;
/** How long a driver may be silent before the pods are told. */
export const ATTACH_TIMEOUT: Millis = 2 * 60_000;

export interface Observed {
  /** The volume's name: it may be gone itself. */
  readonly name: string;
  readonly volume: PersistentVolume | undefined;
  /** Pods with the volume, by the node that is to have it; empty where nothing needs attaching. */
  readonly wanted: ReadonlyMap<string, readonly Pod[]>;
  /** Every attachment of the volume, on whatever node. */
  readonly attachments: readonly VolumeAttachment[];
  readonly node: (name: string) => Node | undefined;
  readonly now: Millis;
}

/** What must be kept from pass to pass, in memory alone: after a restart waiting begins anew, as upstream's does. */
export interface Memory {
  /** Since when nobody wants it, by attachment. */
  readonly idle: ReadonlyMap<string, Millis>;
  /** What was said last, by node. */
  readonly told: ReadonlyMap<string, string>;
}
export const NOTHING: Memory = { idle: new Map(), told: new Map() };

export interface Detachment {
  readonly attachment: VolumeAttachment;
  /** Though the node says, or may not be able to say otherwise than, that it has the volume mounted. */
  readonly forced: boolean;
}
export interface Complaint {
  readonly pod: Pod;
  readonly message: string;
}

export interface Plan {
  readonly detach: readonly Detachment[];
  /** Nodes. */
  readonly attach: readonly string[];
  readonly complaints: readonly Complaint[];
  readonly memory: Memory;
  readonly recheckIn?: Millis;
}

/**
 * One volume, on all nodes together: it is here that two nodes could fight over one.
 *
 *     (wanted) → attaching → attached → idle → (unmounted, or the node has failed) → detaching → (gone)
 *                    └─ failing ─┘        └─ wanted again: attached
 */
export function plan(observed: Observed, before: Memory): Plan {
  const { detach, idle, wakes } = planIdle(observed, before);
  const { attach, blocked } = planAttach(observed);
  const told = new Map<string, string>();
  const complaints: Complaint[] = [];
  const say = (node: string, sign: string, message: (pod: Pod) => string) => {
    told.set(node, sign);
    if (before.told.get(node) === sign) return;
    for (const pod of observed.wanted.get(node) ?? []) complaints.push({ pod, message: message(pod) });
  };
  for (const { node, holders } of blocked) {
    say(node, 'multi-attach', (pod) => `Multi-Attach error for volume ${JSON.stringify(observed.name)} ${takenBy(holders, pod)}`);
  }
  for (const attachment of observed.attachments.filter(({ spec }) => observed.wanted.has(spec.nodeName))) {
    const failure = failureOf(attachment, observed);
    if (failure?.message !== undefined) say(attachment.spec.nodeName, failure.sign, () => failed(observed.name, failure.message!));
    if (failure?.wake !== undefined) wakes.push(failure.wake);
  }
  const recheckIn = wakes.length === 0 ? {} : { recheckIn: Math.min(...wakes) };
  return { detach, attach, complaints, memory: { idle, told }, ...recheckIn };
}

export const failed = (volume: string, why: string): string => `AttachVolume.Attach failed for volume ${JSON.stringify(volume)} : ${why}`;

interface Idle {
  readonly detach: Detachment[];
  readonly idle: Map<string, Millis>;
  /** In how long to look again. */
  readonly wakes: Millis[];
}

/** What nobody wants any more goes once the node has unmounted it, has failed for long enough, or is out of service. */
function planIdle({ wanted, attachments, node, now }: Observed, before: Memory): Idle {
  const found: Idle = { detach: [], idle: new Map(), wakes: [] };
  for (const attachment of attachments) {
    const { metadata, spec } = attachment;
    const place = node(spec.nodeName);
    if (wanted.has(spec.nodeName) || (place && !isManaged(place))) continue;
    const since = before.idle.get(metadata.name) ?? now;
    found.idle.set(metadata.name, since);
    if (metadata.deletionTimestamp !== undefined) continue;
    const isOut = (place?.spec.taints ?? []).some(({ key }) => key === 'node.kubernetes.io/out-of-service');
    const hasFailed = place && !isConditionTrue(place.status.conditions, 'Ready');
    const left = since + LONGEST_UNMOUNT - now;
    const forced = isOut || (hasFailed === true && left <= 0);
    if (!place || forced || !isInUse(place, attachment)) found.detach.push({ attachment, forced });
    else if (hasFailed) found.wakes.push(left);
  }
  return found;
}

interface Blocked {
  readonly node: string;
  /** Pods elsewhere that have the volume. */
  readonly holders: readonly Pod[];
}

/** A volume that one node alone can have goes to the node whose pod came first. */
function planAttach({ volume, wanted, attachments }: Observed): { readonly attach: readonly string[]; readonly blocked: readonly Blocked[] } {
  const attach: string[] = [];
  const blocked: Blocked[] = [];
  const exclusive = volume !== undefined && isExclusive(volume);
  for (const node of [...wanted.keys()].sort((a, b) => (birth(wanted.get(a)!) < birth(wanted.get(b)!) ? -1 : 1))) {
    // One that is being detached must be gone before it is made again.
    if (attachments.some(({ spec }) => spec.nodeName === node)) continue;
    const holders = [...attachments.map(({ spec }) => spec.nodeName), ...attach];
    if (!exclusive || holders.length === 0) attach.push(node);
    else blocked.push({ node, holders: [...new Set(holders)].flatMap((one) => wanted.get(one) ?? []) });
  }
  return { attach, blocked };
}

/** Creation to the second, then names, so that every pass decides alike. */
const birth = (pods: readonly Pod[]): string => pods.map(({ metadata }) => `${metadata.creationTimestamp} ${metadata.namespace}/${metadata.name}`).sort()[0] ?? '';

function isExclusive({ spec: { accessModes = [] } }: PersistentVolume): boolean {
  return accessModes.length > 0 && !accessModes.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany');
}

/** Pods of other namespaces are counted, not named: their names are not this pod's users' business. */
function takenBy(holders: readonly Pod[], { metadata }: Pod): string {
  if (holders.length === 0) return 'Volume is already exclusively attached to one node and can\'t be attached to another';
  const near = holders.filter((pod) => pod.metadata.namespace === metadata.namespace).map((pod) => pod.metadata.name);
  const far = holders.length - near.length;
  const strangers = `${far} pod(s) in different namespaces`;
  if (near.length === 0) return `Volume is already used by ${strangers}`;
  return `Volume is already used by pod(s) ${near.join(', ')}${far > 0 ? ` and ${strangers}` : ''}`;
}

interface Failure {
  /** Tells one failure from the next. */
  readonly sign: string;
  /** Undefined while there is still time. */
  readonly message?: string;
  readonly wake?: Millis;
}

/** What is wrong with an attachment that is wanted: the driver said so, or says nothing. */
function failureOf({ metadata, spec, status }: VolumeAttachment, { volume, now }: Observed): Failure | undefined {
  if (status.attached || metadata.deletionTimestamp !== undefined) return undefined;
  const { attachError } = status;
  if (attachError) return { sign: `${metadata.uid} ${attachError.time} ${attachError.message}`, message: attachError.message ?? '' };
  const waited = now - (parseTime(metadata.creationTimestamp) ?? now);
  const rounds = Math.floor(waited / ATTACH_TIMEOUT);
  const wake = ATTACH_TIMEOUT - (waited % ATTACH_TIMEOUT);
  if (rounds === 0) return { sign: '', wake };
  const message = `timed out waiting for external-attacher of ${spec.attacher} CSI driver to attach volume ${volume?.spec.csi?.volumeHandle ?? ''}`;
  return { sign: `${metadata.uid} ${rounds}`, message, wake };
}
