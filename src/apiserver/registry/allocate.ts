import { allocateService, releaseService, type ServiceAllocation } from '../allocators/service.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { SideWrites } from './storage.ts';
import type { WriteContext } from './write-context.ts';

/** An object with its allocated values filled in, and the keys that hold them. */
export type Allocation = ServiceAllocation;

const NOTHING: SideWrites = { claim: [], release: [] };
const isService = ({ served: { kind } }: WriteContext): boolean => kind.group === '' && kind.plural === 'services';

/** Cluster IPs and node ports of Services; nothing for other kinds. */
export function allocate(context: WriteContext, object: AnyObject, old: AnyObject | undefined): Allocation {
  if (!isService(context)) return { object, side: NOTHING };
  return allocateService(context.core.allocations, object, old);
}

/** What a deleted object gives back. */
export function releaseAll(context: WriteContext, object: AnyObject): SideWrites {
  return isService(context) ? releaseService(context.core.allocations, object) : NOTHING;
}
