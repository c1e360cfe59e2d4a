import type { AnyObject } from '../../meta/object.ts';
import { trackUpdate as track, type Write } from '../../schema/apply/apply.ts';
import { managerFromUserAgent } from '../../schema/apply/managers.ts';
import type { WriteContext } from './write-context.ts';

/** Notes the fields a creation sets. */
export const trackCreate = (context: WriteContext, object: AnyObject): AnyObject =>
  track({ ...writeOf(context), live: undefined, next: object });

/** Notes the fields an update changes, and who changed them. */
export const trackUpdate = (context: WriteContext, object: AnyObject, old: AnyObject): AnyObject =>
  track({ ...writeOf(context), live: old, next: object });

/** Who writes what, as managedFields tell managers apart. */
export function writeOf({ core, exchange, served, subresource, query }: WriteContext): Write {
  const manager = query.fieldManager || managerFromUserAgent(exchange.request.headers['user-agent'] ?? '');
  return { kind: served.kind, manager, now: core.clock.now(), subresource };
}
