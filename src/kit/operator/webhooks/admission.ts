/** AdmissionReview, answered: the API server's side of it is apiserver/admission/webhook. */
import { messageOf } from '../../../base/message-of.ts';
import { ApiError, badRequest, forbiddenRequest, invalidObject } from '../../../meta/api-error.ts';
import type { FieldError } from '../../../meta/field-error.ts';
import { differences } from '../../../meta/json-diff.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { isRecord } from '../../../meta/own.ts';
import type { UserInfo } from '../../../wire/api.ts';
import type { AdmissionHook, Operation, Review } from './declare.ts';

interface Asked {
  readonly uid: string;
  readonly operation: Operation;
  readonly name?: string;
  readonly namespace?: string;
  readonly userInfo: UserInfo;
  readonly object: KubeObject | null;
  readonly oldObject: KubeObject | null;
  readonly dryRun?: boolean;
}

/** @throws ApiError where the request is no review */
export async function answerAdmission(hook: AdmissionHook, body: unknown): Promise<object> {
  const request = isRecord(body) && body['kind'] === 'AdmissionReview' && isRecord(body['request']) ? (body['request'] as unknown as Asked) : undefined;
  if (!request || !isRecord(body)) throw badRequest('an AdmissionReview with a request is expected');
  const warnings: string[] = [];
  const auditAnnotations: Record<string, string> = {};
  const { operation, name = '', namespace, userInfo: user, dryRun = false, oldObject } = request;
  const review: Review<KubeObject> = {
    operation, name, namespace, user, dryRun, old: operation === 'UPDATE' ? (oldObject ?? undefined) : undefined,
    warn: (text) => void warnings.push(text),
    annotate: (key, value) => void (auditAnnotations[key] = value),
  };
  const verdict = await verdictOf(hook, request, review);
  return {
    kind: 'AdmissionReview', apiVersion: body['apiVersion'],
    response: {
      uid: request.uid, ...verdict,
      ...(warnings.length > 0 ? { warnings } : {}), ...(Object.keys(auditAnnotations).length > 0 ? { auditAnnotations } : {}),
    },
  };
}

async function verdictOf(hook: AdmissionHook, request: Asked, review: Review<KubeObject>): Promise<object> {
  const object = request.object ?? request.oldObject;
  if (!object) throw badRequest('the review has no object');
  try {
    const outcome: unknown = await hook.ask(object, review);
    if (hook.type === 'mutating') return allowed(object, outcome);
    const complaints = isIterable(outcome) ? [...outcome] : [];
    if (complaints.length > 0) return refused(refusalOf(hook, complaints, review.name));
    return { allowed: true };
  } catch (error) {
    return refused(error instanceof ApiError ? error : new ApiError('', messageOf(error)));
  }
}

const isIterable = (value: unknown): value is Iterable<FieldError | string> => typeof value === 'object' && value !== null && Symbol.iterator in value;
const refused = (error: ApiError): object => ({ allowed: false, status: error.toStatus() });

function allowed(before: KubeObject, after: unknown): object {
  const patch = differences(before, after);
  if (patch.length === 0) return { allowed: true };
  return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
}

/** Fields make it Invalid, as the server's own validation would; sentences alone make it Forbidden. */
function refusalOf({ resource }: AdmissionHook, complaints: readonly (FieldError | string)[], name: string): ApiError {
  const fields = complaints.filter((one) => typeof one !== 'string');
  const sentences = complaints.filter((one) => typeof one === 'string');
  if (sentences.length === 0) return invalidObject(resource, name, fields);
  return forbiddenRequest(resource, name, [...sentences, ...fields.map(({ field, message }) => `${field}: ${message}`)].join(', '));
}
