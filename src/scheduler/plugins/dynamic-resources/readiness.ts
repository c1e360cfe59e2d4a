/** Whether devices that take time are ready for a pod to be bound (KEP-5007). */
import type { Millis } from '../../../base/clock.ts';
import type { DeviceRequestAllocationResult } from '../../../kinds/resource/device-claim-status.ts';
import type { ResourceClaim } from '../../../kinds/resource/resource-claim.ts';

/** How long they may take (DynamicResourcesArgs.bindingTimeout). */
export const BINDING_TIMEOUT: Millis = 10 * 60_000;

export type Readiness = { readonly type: 'ready' | 'waiting' } | { readonly type: 'failed'; readonly message: string };

const resultsOf = ({ status }: ResourceClaim): readonly DeviceRequestAllocationResult[] => status.allocation?.devices.results ?? [];

export const takesTime = (claim: ResourceClaim): boolean => resultsOf(claim).some(({ bindingConditions }) => bindingConditions?.length);

export function readinessOf(claim: ResourceClaim): Readiness {
  for (const { driver, pool, device, bindingConditions = [], bindingFailureConditions = [] } of resultsOf(claim)) {
    if (bindingConditions.length === 0) continue;
    const status = claim.status.devices?.find((one) => one.driver === driver && one.pool === pool && one.device === device);
    const conditions = (status?.conditions ?? []).filter((one) => one.status === 'True');
    const failed = bindingFailureConditions.map((type) => conditions.find((one) => one.type === type)).find((one) => one !== undefined);
    if (failed) {
      return { type: 'failed', message: `claim ${claim.metadata.name} binding failed: reason=${failed.reason}, message=${JSON.stringify(failed.message)}` };
    }
    if (!bindingConditions.every((type) => conditions.some((one) => one.type === type))) return { type: 'waiting' };
  }
  return { type: 'ready' };
}

export function isLate(claim: ResourceClaim, now: Millis): boolean {
  const since = claim.status.allocation?.allocationTimestamp;
  return since !== undefined && takesTime(claim) && Date.parse(since) + BINDING_TIMEOUT < now;
}
