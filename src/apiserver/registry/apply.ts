import { badRequest, conflict } from '../../meta/api-error.ts';
import { applyPatch as applied, type Write } from '../../schema/apply/apply.ts';
import { decodeObject } from '../../schema/decode.ts';
import type { AnyObject } from '../../meta/object.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import { Scale } from '../../kinds/autoscaling/scale.ts';
import { createDecoded } from './create.ts';
import { withConversions, writeOf } from './managed-fields.ts';
import { modify } from './update.ts';
import type { Outcome, WriteContext } from './write-context.ts';

type Config = Readonly<Record<string, unknown>>;

/** Server-side apply: the fields a manager says it cares about. Creates the object where there is none. */
export async function applyPatch(context: WriteContext, config: Config): Promise<Outcome> {
  const { served, name, subresource } = context;
  checkApplied(context, config);
  const { uid, name: given } = metadataOf(config);
  return modify(context, {
    transform: (live) => withConversions(context, (write) => laidOver(write, { context, live, config })),
    onMissing: subresource !== '' ? undefined : () => {
      if (uid) throw conflict(served.kind, name, `uid mismatch: the provided object specified uid ${String(uid)}, and no existing object was found`);
      if (!given) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
      return createDecoded(context, applyOnto(context, undefined, config), 'by update');
    },
  });
}

/** The live object with the configuration laid over it; itself where nothing changes. */
export const applyOnto = (context: WriteContext, live: AnyObject | undefined, config: Config): AnyObject => laidOver(writeOf(context), { context, live, config });

interface Laying {
  readonly context: WriteContext;
  readonly live: AnyObject | undefined;
  readonly config: Config;
}

function laidOver(write: Write, { context, live, config }: Laying): AnyObject {
  const { served: { kind }, query: { force }, subresource } = context;
  const seenAs = subresource === 'scale' ? apiVersionOf(Scale) : undefined;
  const object = applied({ ...write, live, applied: config, force, seenAs });
  return object === live ? object : decodeObject(kind, object).value;
}

interface AppliedMetadata {
  readonly name?: unknown;
  readonly namespace?: unknown;
  readonly uid?: unknown;
}

const metadataOf = (config: Config): AppliedMetadata => (typeof config['metadata'] === 'object' && config['metadata'] !== null ? config['metadata'] : {});

/** Whether the configuration is of this kind, and about what the URL says; a name may be left out where there is an object. */
export function checkApplied({ name, namespace, served, exchange: { info } }: WriteContext, config: Config): void {
  const expected = info.subresource === 'scale' ? Scale : served.kind;
  if (config['kind'] !== expected.kind || config['apiVersion'] !== apiVersionOf(expected)) throw badRequest(`invalid object type: ${typeText(config)}`);
  const metadata = metadataOf(config);
  if (served.kind.scope === 'Namespaced' && metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (metadata.name && metadata.name !== name) throw badRequest(`the name of the object (${String(metadata.name)}) does not match the name on the URL (${name})`);
}

/** As Go prints a GroupVersionKind. */
function typeText({ apiVersion, kind }: Config): string {
  const version = typeof apiVersion === 'string' ? apiVersion : '';
  return `${version.includes('/') ? version : `/${version}`}, Kind=${typeof kind === 'string' ? kind : ''}`;
}
