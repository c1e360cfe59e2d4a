import type { AnyObject } from '../../meta/object.ts';
import { isRecord } from '../../meta/own.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import { trackUpdate as track, type Write } from '../../schema/apply/apply.ts';
import { managerFromUserAgent } from '../../schema/apply/managers.ts';
import type { InVersion } from '../../schema/apply/versions.ts';
import { conversionOf } from '../conversion/conversion.ts';
import type { Resources, Served } from '../resources.ts';
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
  return { kind: served.kind, manager, now: core.clock.now(), subresource, convert: (object, apiVersion) => inVersion(core.resources, served, { object, apiVersion }) };
}

/** An object of this resource as the version `apiVersion` has it, by way of the stored one. */
function inVersion(resources: Resources, { codec: { prefix } }: Served, { object, apiVersion }: { object: AnyObject; apiVersion: string }): InVersion | undefined {
  const versions = resources.served().filter(({ codec }) => codec.prefix === prefix);
  const named = (version: unknown) => versions.find(({ kind }) => apiVersionOf(kind) === version)?.kind;
  const [from, to] = [named(object['apiVersion']), named(apiVersion)];
  // A webhook takes its time: those who manage another version's fields are told of the writer's.
  if (!from || !to || from.custom?.convert) return undefined;
  const stored = conversionOf(from)?.toStored(object) ?? object;
  return { kind: to, object: { ...(conversionOf(to)?.fromStored(stored) ?? stored), apiVersion, kind: to.kind } };
}

/**
 * An empty list of managers, which decoding drops, forgets them all, as a list of one empty entry does.
 * @param json what the caller sent, or made by a patch
 */
export function keepReset(json: unknown, object: AnyObject): AnyObject {
  const metadata = isRecord(json) ? json['metadata'] : undefined;
  const given = isRecord(metadata) ? metadata['managedFields'] : undefined;
  return Array.isArray(given) && given.length === 0 ? { ...object, metadata: { ...object.metadata, managedFields: [{}] } } : object;
}
