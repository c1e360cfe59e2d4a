import type { AnyObject } from '../../meta/object.ts';
import { isRecord } from '../../meta/own.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import { trackUpdate as track, type Write } from '../../schema/apply/apply.ts';
import { managerFromUserAgent } from '../../schema/apply/managers.ts';
import { decodeBare } from '../../schema/decode.ts';
import type { Kind } from '../../schema/kind.ts';
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

/** The same for objects that a webhook may have to convert: managers of another version are told in its words. */
export const trackConverted = (context: WriteContext, object: AnyObject, old: AnyObject): AnyObject | Promise<AnyObject> =>
  withConversions(context, (write) => track({ ...write, live: old, next: object }));

/** Does what may need an object in another version, at once where no webhook is asked for it. @param work pure: it is done again with each object that was converted for it */
export function withConversions<T>(context: WriteContext, work: (write: Write) => T): T | Promise<T> {
  const write = writeOf(context);
  return context.served.codec.isRemote ? afterConversions(context, write, work) : work(write);
}

async function afterConversions<T>({ core, served }: WriteContext, write: Write, work: (write: Write) => T): Promise<T> {
  const known = new Map<string, AnyObject | undefined>();
  const versions = core.resources.served().filter(({ codec }) => codec.prefix === served.codec.prefix).map(({ kind }) => kind);
  const named = (version: string) => versions.find((kind) => apiVersionOf(kind) === version);
  const convert = (object: AnyObject, apiVersion: string): InVersion | undefined => {
    const kind = named(apiVersion);
    if (!kind || !named(object.apiVersion)) return undefined;
    const { managedFields, ...metadata } = object.metadata;
    const bare = { ...object, metadata };
    const id = `${apiVersion} ${JSON.stringify(bare)}`;
    if (!known.has(id)) throw new Unconverted(id, bare, kind);
    const converted = known.get(id);
    return converted && { kind, object: managedFields ? { ...converted, metadata: { ...converted.metadata, managedFields } } : converted };
  };
  for (;;) {
    try {
      return work({ ...write, convert });
    } catch (error) {
      if (!(error instanceof Unconverted)) throw error;
      const { id, object, to } = error;
      const [made] = await named(object.apiVersion)!.custom!.convert!([object], apiVersionOf(to)).catch((failure: unknown) => {
        core.log.warn('fields of another version are told in the writer\'s words', { version: apiVersionOf(to), error: String(failure) });
        return [undefined];
      });
      known.set(id, made && decodeBare<AnyObject>(to, made).value);
    }
  }
}

/** An object is needed in another version, and has yet to be converted. */
class Unconverted extends Error {
  readonly id: string;
  readonly object: AnyObject;
  readonly to: Kind;
  constructor(id: string, object: AnyObject, to: Kind) {
    super();
    this.id = id;
    this.object = object;
    this.to = to;
  }
}

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
