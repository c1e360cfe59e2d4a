import { messageOf } from '../../../base/message-of.ts';
import { ApiError } from '../../../meta/api-error.ts';
import { applyJsonPatch } from '../../../meta/json-patch.ts';
import type { AnyObject } from '../../../meta/object.ts';
import { decodeObject } from '../../../schema/decode.ts';
import { sameObject } from '../../registry/equality.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';
import { CallFailure, consult } from './call.ts';
import { brought } from './equivalents.ts';
import { hooksOf } from './hooks.ts';
import { seenObject, type Verdict } from './review.ts';
import { isExempt } from './rules.ts';
import { type Invocation, invocationOf } from './select.ts';

const NAME = 'MutatingAdmissionWebhook';
const PREFIX = 'mutation.webhook.admission.k8s.io';

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
      const verdict = await consult(core, invocation, { attributes: present, place });
      if (!verdict) continue;
      const next = await patched(invocation, { attributes: present, verdict });
      const mutated = next !== object;
      attributes.annotate?.(`${PREFIX}/${place}`, JSON.stringify({ configuration: hook.configuration, webhook: hook.name, mutated }));
      object = next;
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

interface Patching {
  readonly attributes: Attributes;
  readonly verdict: Verdict;
}

/** The object with a webhook's patch applied, decoded and defaulted; itself where nothing changed. @throws ApiError */
async function patched(invocation: Invocation, { attributes, verdict }: Patching): Promise<AnyObject> {
  const { hook, shape } = invocation;
  const { object, kind, shown } = attributes;
  if (verdict.patch === undefined) return object;
  const patch = inner(() => JSON.parse(verdict.patch!) as unknown);
  if (Array.isArray(patch) && patch.length === 0) return object;
  if (!object || attributes.operation === 'DELETE') {
    throw internal(`admission webhook ${JSON.stringify(hook.name)} attempted to modify the object, which is not supported for this operation`);
  }
  if (verdict.patchType !== 'JSONPatch') {
    const failure = new CallFailure(hook, `unsupported patch type ${JSON.stringify(verdict.patchType)}`, { status: 503 });
    if (hook.failurePolicy === 'Ignore') return object;
    throw internal(failure.message);
  }
  const seen = seenObject(object, invocation, attributes)!;
  const changed = inner(() => applyJsonPatch(seen, patch));
  if (shown) return shown.take ? shown.take(object, changed) : object;
  const read = inner(() => decodeObject(shape.of, changed).value);
  const back = shape.of === kind ? read : await brought(read, shape.of, kind);
  const own = shape.of === kind ? read : inner(() => decodeObject(kind, back).value);
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
