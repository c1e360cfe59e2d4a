import { messageOf } from '../../../base/message-of.ts';
import { ApiError } from '../../../meta/api-error.ts';
import { applyJsonPatch } from '../../../meta/json-patch.ts';
import type { AnyObject } from '../../../meta/object.ts';
import { decodeObject } from '../../../schema/decode.ts';
import { sameObject } from '../../registry/equality.ts';
import type { Core } from '../../core.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';
import { CallFailure, consult } from './call.ts';
import { brought } from './equivalents.ts';
import { hooksOf } from './hooks.ts';
import { seenObject, type Verdict } from './review.ts';
import { isExempt } from './rules.ts';
import { type Invocation, invocationOf } from './select.ts';

const NAME = 'MutatingAdmissionWebhook';
/** What audit is told of each webhook asked: whether it changed the object, and how. */
const MUTATION = 'mutation.webhook.admission.k8s.io';
const PATCH = 'patch.webhook.admission.k8s.io';

/** What is kept from the first pass to the second. */
interface Kept {
  /** Webhooks that wish to be asked again, by uid, in the order they were. */
  readonly asked: Set<string>;
  /** Those of them that have reason to. */
  readonly again: Set<string>;
  /** As the webhooks left it. */
  last: AnyObject | undefined;
}

/** Asks the mutating webhooks, one after the other, each seeing what those before it made of the object. */
export const mutatingWebhooks: AdmissionPlugin = {
  name: NAME,
  on: { operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'], subresources: ['*'] },
  idle: (core) => hooksOf(core, 'admit').length === 0,

  async mutate(attributes, core) {
    if (isExempt(attributes)) return attributes.object;
    const { rounds } = attributes;
    const kept = (rounds?.kept.get(NAME) as Kept | undefined) ?? { asked: new Set(), again: new Set(), last: undefined };
    rounds?.kept.set(NAME, kept);
    const isSecond = rounds?.number === 1;
    // The other plugins, asked again, changed what the webhooks had seen last.
    if (isSecond && kept.last && attributes.object && !sameObject(kept.last, attributes.object)) promote(kept);
    let { object } = attributes;
    for (const [index, hook] of hooksOf(core, 'admit').entries()) {
      const present = { ...attributes, object };
      const invocation = await invocationOf(core, hook, present);
      if (!invocation || (isSecond && !kept.again.has(hook.uid))) continue;
      const place = `round_${rounds?.number ?? 0}_index_${index}`;
      const next = await mutatedBy(core, invocation, { attributes: present, place });
      if (!next) continue;
      const mutated = next.object !== object;
      object = next.object;
      if (mutated) promote(kept);
      if (mutated && rounds) rounds.wantsAnother = true;
      if (hook.reinvocationPolicy === 'IfNeeded') kept.asked.add(hook.uid);
    }
    kept.last = object;
    return object;
  },
};

/** Who was asked before the object changed has reason to be asked again. */
function promote({ asked, again }: Kept): void {
  for (const uid of asked) again.add(uid);
  asked.clear();
}

/** What becomes of the object, told to audit; undefined where the webhook failed and that is to be ignored. */
async function mutatedBy(core: Core, invocation: Invocation, { attributes, place }: { readonly attributes: Attributes; readonly place: string }): Promise<{ readonly object: AnyObject } | undefined> {
  const { hook: { configuration, name: webhook } } = invocation;
  let mutated = false;
  try {
    return await consult(core, invocation, {
      attributes, place,
      async use(verdict) {
        const patch = patchIn(verdict);
        if (patch === undefined) return { object: attributes.object };
        const object = await patched(invocation, { attributes, verdict, patch });
        mutated = object !== attributes.object;
        attributes.annotate?.(`${PATCH}/${place}`, JSON.stringify({ configuration, webhook, patch, patchType: verdict.patchType }), 'Request');
        return { object };
      },
    });
  } finally {
    attributes.annotate?.(`${MUTATION}/${place}`, JSON.stringify({ configuration, webhook, mutated }));
  }
}

/** Undefined where there is none, or one of no steps. */
function patchIn({ patch: text }: Verdict): unknown {
  const patch = text === undefined ? undefined : inner(() => JSON.parse(text) as unknown);
  return Array.isArray(patch) && patch.length === 0 ? undefined : patch;
}

interface Patching {
  readonly attributes: Attributes;
  readonly verdict: Verdict;
  readonly patch: unknown;
}

/** The object with a webhook's patch applied, decoded and defaulted; itself where nothing changed. @throws ApiError, CallFailure */
async function patched(invocation: Invocation, { attributes, verdict, patch }: Patching): Promise<AnyObject> {
  const { hook, shape } = invocation;
  const { object, kind, shown } = attributes;
  if (!object || attributes.operation === 'DELETE') {
    throw internal(`admission webhook ${JSON.stringify(hook.name)} attempted to modify the object, which is not supported for this operation`);
  }
  if (verdict.patchType !== 'JSONPatch') throw new CallFailure(hook, `unsupported patch type ${JSON.stringify(verdict.patchType)}`, { status: 503 });
  const seen = seenObject(object, invocation, attributes)!;
  const changed = inner(() => applyJsonPatch(seen, patch));
  if (shown) return shown.take ? shown.take(object, changed) : object;
  const read = inner(() => decodeObject(shape.of, changed, (why) => new Error(why)).value);
  const back = shape.of === kind ? read : await brought(read, shape.of, kind);
  const own = shape.of === kind ? read : inner(() => decodeObject(kind, back, (why) => new Error(why)).value);
  const { resourceVersion } = object.metadata;
  const next = resourceVersion === undefined || own.metadata.resourceVersion === resourceVersion ? own : { ...own, metadata: { ...own.metadata, resourceVersion } };
  return sameObject(next, object) ? object : next;
}

/** A patch that makes no sense is the webhook's mistake, and the server's failure. */
function inner<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw internal(error instanceof ApiError && error.cause instanceof Error ? error.cause.message : messageOf(error));
  }
}

const internal = (message: string): ApiError => new ApiError('InternalError', `Internal error occurred: ${message}`, { details: { causes: [{ message }] } });
