import type { Millis } from '../../base/clock.ts';
import { Pod } from '../../kinds/core/pod.ts';
import type { DeviceRequestAllocationResult } from '../../kinds/resource/device-claim-status.ts';
import type { DeviceTaint } from '../../kinds/resource/device.ts';
import { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import { ResourceSlice } from '../../kinds/resource/resource-slice.ts';
import { isTerminalPhase } from '../../rules/pod-conditions.ts';
import { disrupt, type Moment, shortestOf, toleratedFor } from '../eviction-by-taint.ts';
import { defineController, watchOf, type Cache, type Context, type Index } from '../runtime/index.ts';

const poolOf = (driver: string, pool: string): string => `${driver}/${pool}`;
const SLICES: Index<ResourceSlice> = { name: 'pool', values: ({ spec }) => [poolOf(spec.driver, spec.pool.name)] };
const CLAIMS: Index<ResourceClaim> = { name: 'allocated-from', values: ({ status }) => [...new Set((status.allocation?.devices.results ?? []).map(({ driver, pool }) => poolOf(driver, pool)))] };

/** Deletes pods whose devices have NoExecute taints that their claims do not put up with, or no longer do (KEP-5055). */
export const deviceTaintEvictionController = () => {
  /** By claim and taint: since when it is known, for taints that do not say so themselves. */
  const taintedSince = new Map<string, Millis>();
  return defineController({
    name: 'device-taint-eviction',
    component: 'device-taint-eviction-controller',
    for: ResourceClaim,
    reads: [Pod],
    watches: [watchOf(ResourceSlice, ({ spec }, cache) => cache.byIndex(ResourceClaim, CLAIMS, poolOf(spec.driver, spec.pool.name)).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))],
    when: ({ status }) => status.allocation !== undefined,

    async reconcile(claim, context) {
      const { cache, now } = context;
      const { uid, namespace = '' } = claim.metadata;
      const since = taintedSince.get(uid) ?? now;
      const wait = evictIn(claim, (device) => taintsOf(device, cache), { now, since });
      if (wait === undefined) taintedSince.delete(uid);
      else taintedSince.set(uid, since);
      if (wait === undefined || wait > 0) return wait;
      for (const user of claim.status.reservedFor ?? []) {
        const pod = cache.get(Pod, user.name, namespace);
        if (pod?.metadata.uid === user.uid && pod.spec.nodeName && pod.metadata.deletionTimestamp === undefined && !isTerminalPhase(pod.status.phase)) await evict(pod, context);
      }
      return undefined;
    },
  });
};

/** Of the device as the newest generation of its pool has it. */
function taintsOf({ driver, pool, device }: DeviceRequestAllocationResult, cache: Cache): readonly DeviceTaint[] {
  const slices = cache.byIndex(ResourceSlice, SLICES, poolOf(driver, pool));
  const newest = Math.max(...slices.map(({ spec }) => spec.pool.generation));
  const current = slices.filter(({ spec }) => spec.pool.generation === newest).flatMap(({ spec }) => spec.devices ?? []);
  return current.find(({ name }) => name === device)?.taints ?? [];
}

/** Milliseconds until the claim's pods have to go, undefined for never. */
export function evictIn({ status }: ResourceClaim, taints: (device: DeviceRequestAllocationResult) => readonly DeviceTaint[], moment: Moment): Millis | undefined {
  return shortestOf((status.allocation?.devices.results ?? []).flatMap((result) =>
    taints(result).filter(({ effect }) => effect === 'NoExecute').map((taint) => toleratedFor(result.tolerations ?? [], taint, moment))));
}

async function evict(pod: Pod, context: Context): Promise<void> {
  context.events.event(pod, 'Normal', 'DeviceTaintManagerEviction', 'Marking for deletion');
  await disrupt(pod, { reason: 'DeletionByDeviceTaintManager', message: 'Device Taint manager: deleting due to NoExecute taint' }, context);
}
