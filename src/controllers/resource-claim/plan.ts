import type { Pod } from '../../kinds/core/pod.ts';
import type { ResourceClaimStatus } from '../../kinds/resource/device-claim-status.ts';
import type { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import { isTerminalPhase } from '../../rules/pod-conditions.ts';

/** Holds a claim for as long as devices are allocated to it. */
export const PROTECTION = 'resource.kubernetes.io/delete-protection';

/** Whether a pod needs its claims no more: it ended, or leaves without ever having had a node. */
export const isDone = ({ metadata, spec, status }: Pod): boolean =>
  isTerminalPhase(status.phase) || (metadata.deletionTimestamp !== undefined && !spec.nodeName);

export interface Release {
  /** The status to be written, where it differs. */
  readonly status?: ResourceClaimStatus;
  /** Nothing is allocated any more: the finalizer goes. */
  readonly letGo: boolean;
}

/** Takes the claim from those who are gone; with the last of them its devices go back. */
export function withoutUsers({ metadata, status }: ResourceClaim, live: ReadonlySet<string>): Release {
  const { reservedFor = [], allocation, ...rest } = status;
  const users = reservedFor.filter(({ uid }) => live.has(uid));
  const isHeld = metadata.finalizers?.includes(PROTECTION) ?? false;
  const isLeft = users.length === 0 && (reservedFor.length > 0 || metadata.deletionTimestamp !== undefined);
  const takesBack = isHeld && isLeft;
  const changes = users.length < reservedFor.length || (takesBack && allocation !== undefined);
  const next = {
    ...rest,
    ...(users.length > 0 ? { reservedFor: users } : {}),
    ...(allocation && !takesBack ? { allocation } : {}),
  };
  return { ...(changes ? { status: next } : {}), letGo: takesBack };
}
