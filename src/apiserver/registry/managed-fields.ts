import type { AnyObject } from '../../meta/object.ts';
import { trackUpdate as track, type Write } from '../../schema/apply/apply.ts';
import { managerFromUserAgent } from '../../schema/apply/managers.ts';
import type { WriteContext } from './write-context.ts';

/**
 * Notes the fields a creation sets. Not for what the cluster's own components make in-process (pods, slices, leases):
 * their objects would be twice the size for nobody's sake. Should someone apply to one, all of it then counts as
 * `before-first-apply`, as with objects older than managedFields.
 */
export const trackCreate = (context: WriteContext, object: AnyObject): AnyObject =>
  context.exchange.request.wantsObjects ? object : track({ ...writeOf(context), live: undefined, next: object });

/** Notes the fields an update changes, and who changed them. */
export const trackUpdate = (context: WriteContext, object: AnyObject, old: AnyObject): AnyObject =>
  track({ ...writeOf(context), live: old, next: object });

/** Who writes what, as managedFields tell managers apart. */
export function writeOf({ core, exchange, served, subresource, query }: WriteContext): Write {
  const manager = query.fieldManager || managerFromUserAgent(exchange.request.headers['user-agent'] ?? '');
  return { kind: served.kind, manager, now: core.clock.now(), subresource };
}
