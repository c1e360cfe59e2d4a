/** One webhook asked about one request. */
import { messageOf } from '../../../base/message-of.ts';
import type { Status } from '../../../kinds/meta/status.ts';
import { ApiError, badRequest, type Reason } from '../../../meta/api-error.ts';
import type { TypeOf } from '../../../schema/field.ts';
import type { Core } from '../../core.ts';
import { callWebhook, WebhookFailure } from '../../webhook/client.ts';
import type { Attributes } from '../admission.ts';
import type { Hook } from './hooks.ts';
import { observe } from './observe.ts';
import { admissionReview, reviewOf, reviewVersion, type Verdict, verdictOf } from './review.ts';
import type { Invocation } from './select.ts';

/** A webhook could not be asked, or gave no answer: its failure policy decides what becomes of the request. */
export class CallFailure extends Error {
  readonly status: number;
  constructor({ name }: Hook, why: string, { status = 0, cause }: { readonly status?: number; readonly cause?: unknown } = {}) {
    super(`failed calling webhook ${JSON.stringify(name)}: ${why}`, cause === undefined ? undefined : { cause });
    this.name = 'CallFailure';
    this.status = status;
  }
}

const encoder = new TextEncoder();

/** @throws CallFailure, or ApiError where the webhook says no */
export async function ask(core: Core, invocation: Invocation, attributes: Attributes): Promise<Verdict> {
  const { hook } = invocation;
  if (attributes.dryRun && hook.sideEffects !== 'None' && hook.sideEffects !== 'NoneOnDryRun') {
    throw badRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`);
  }
  const version = reviewVersion(hook.admissionReviewVersions);
  if (!version) throw new CallFailure(hook, 'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)');
  const uid = core.random.uuid();
  const body = encoder.encode(JSON.stringify(reviewOf(core, invocation, { attributes, uid, version })));
  const answer = await answerOf(core, hook, { body, attributes });
  let verdict: Verdict;
  try {
    verdict = verdictOf(answer, { uid, version, mutating: hook.type === 'admit' });
  } catch (error) {
    throw new CallFailure(hook, `received invalid webhook response: ${messageOf(error)}`, { status: 503, cause: error });
  }
  for (const [key, value] of Object.entries(verdict.auditAnnotations)) attributes.annotate?.(`${hook.name}/${key}`, value);
  for (const warning of verdict.warnings) attributes.warn(warning);
  if (!verdict.allowed) throw refusal(hook, verdict.status ?? {});
  return verdict;
}

async function answerOf(core: Core, hook: Hook, { body, attributes: { signal, deadline } }: { readonly body: Uint8Array; readonly attributes: Attributes }): Promise<TypeOf<typeof admissionReview>> {
  const own = hook.timeoutSeconds * 1000;
  const timeout = deadline === undefined ? own : Math.max(1, Math.min(own, deadline - core.clock.monotonic()));
  try {
    return await callWebhook(core, { client: hook.clientConfig, body, answer: admissionReview, timeout, ...(signal ? { signal } : {}) });
  } catch (error) {
    if (!(error instanceof WebhookFailure)) throw error;
    throw new CallFailure(hook, `failed to call webhook: ${error.message}`, { status: error.status, cause: error });
  }
}

/** The webhook's own status, made a failure whatever it says, with who said it before its words. */
function refusal({ name }: Hook, { code = 0, message, reason = '', details }: Status): ApiError {
  const denied = `admission webhook ${JSON.stringify(name)} denied the request`;
  const why = message || reason;
  return new ApiError(reason as Reason, why === '' ? `${denied} without explanation` : `${denied}: ${why}`, { code: code >= 400 && code <= 599 ? code : 400, ...(details ? { details } : {}) });
}

export interface Consultation<T> {
  readonly attributes: Attributes;
  /** Where in the order it stands, as audit names it: `round_0_index_1`. */
  readonly place: string;
  /** What is made of an approval. @throws CallFailure where it makes no sense */
  use(verdict: Verdict): T | Promise<T>;
}

/**
 * Asks, counts what came of it, and lets the failure policy speak.
 * @returns undefined where the webhook failed and that is to be ignored
 * @throws ApiError
 */
export async function consult<T>(core: Core, invocation: Invocation, { attributes, place, use }: Consultation<T>): Promise<T | undefined> {
  const { hook } = invocation;
  const { operation } = attributes;
  const start = core.clock.monotonic();
  const seen = (outcome: Parameters<typeof observe>[2]) => observe(core.metrics, { hook, operation, seconds: (core.clock.monotonic() - start) / 1000 }, outcome);
  let answered = false;
  try {
    const verdict = await ask(core, invocation, attributes);
    answered = true;
    const done = await use(verdict);
    seen({ type: 'allowed' });
    return done;
  } catch (error) {
    if (!(error instanceof CallFailure)) {
      seen(error instanceof ApiError && !answered ? { type: 'rejected', code: error.code } : { type: 'broken' });
      throw error;
    }
    const ignored = hook.failurePolicy === 'Ignore';
    seen({ type: ignored ? 'ignored' : 'failed', code: error.status });
    if (!ignored) throw new ApiError('InternalError', `Internal error occurred: ${error.message}`, { cause: error, details: { causes: [{ message: error.message }] } });
    if (attributes.signal?.aborted) throw new ApiError('Timeout', 'request did not complete within requested timeout', { details: {} });
    core.log.warn('a webhook failed, and the request goes on without it', { webhook: hook.name, error: error.message });
    attributes.annotate?.(`failed-open.${hook.type === 'admit' ? 'mutation' : 'validating'}.webhook.admission.k8s.io/${place}`, hook.name);
    return undefined;
  }
}
