import type { FieldError } from '../../meta/field-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { SideWrites } from './storage.ts';
import type { WriteContext } from './write-context.ts';

/** An object with its allocated values filled in, and the keys that hold them. */
export interface Allocation {
  readonly object: AnyObject;
  readonly errors: readonly FieldError[];
  readonly side: SideWrites;
}

const NOTHING: SideWrites = { claim: [], release: [] };

/** Cluster IPs and node ports of Services; nothing for other kinds. */
export function allocate(_context: WriteContext, object: AnyObject, _old: AnyObject | undefined): Allocation {
  return { object, errors: [], side: NOTHING };
}

/** What a deleted object gives back. */
export function releaseAll(_context: WriteContext, _object: AnyObject): SideWrites {
  return NOTHING;
}
