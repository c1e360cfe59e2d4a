import type { DeviceClass } from '../../kinds/resource/device-class.ts';
import type { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import type { ResourceSlice } from '../../kinds/resource/resource-slice.ts';
import type { DeviceView } from '../dra/devices.ts';
import { Ledger } from '../dra/ledger.ts';
import { PoolIndex } from '../dra/pools.ts';
import { DeviceSelectors } from '../dra/selectors.ts';

type Stored = DeviceClass | ResourceClaim | ResourceSlice;

/** What the DynamicResources plugin sees where these objects are all there is. */
export function devicesOf(objects: readonly Stored[]): DeviceView & { readonly allocated: Ledger } {
  const all = <T extends Stored>(kind: string) => objects.filter((one) => (one as { kind?: string }).kind === kind) as unknown as readonly T[];
  const allocated = new Ledger();
  const claims = all<ResourceClaim>('ResourceClaim');
  const pools = new PoolIndex(() => all('ResourceSlice'));
  for (const { metadata, status } of claims) allocated.record(metadata.uid, status.allocation);
  return {
    allocated,
    selectors: new DeviceSelectors(),
    claim: (name, namespace) => claims.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
    deviceClass: (name) => all<DeviceClass>('DeviceClass').find(({ metadata }) => metadata.name === name),
    classOfResource: (resource) => all<DeviceClass>('DeviceClass').find(({ spec }) => spec.extendedResourceName === resource),
    extendedClaim: () => undefined,
    pools: (node) => pools.on(node),
    isPending: () => false,
    propose: (uid, allocation) => allocated.record(uid, allocation),
    withdraw: (uid) => allocated.record(uid, undefined),
    learn: () => {},
    untilChange: () => new Promise(() => {}),
  };
}
