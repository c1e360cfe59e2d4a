/** AdmissionReview, there and back. */
import type { AnyObject } from '../../../meta/object.ts';
import { isRecord } from '../../../meta/own.ts';
import { apiVersionOf } from '../../../meta/resource.ts';
import type { Attributes } from '../admission.ts';
import { equivalents, inVersion } from './equivalents.ts';
import type { Core } from '../../core.ts';
import { type Invocation, placeOf } from './select.ts';

export type ReviewVersion = 'v1' | 'v1beta1';

const GROUP = 'admission.k8s.io';

/** The first of the versions a webhook speaks that this server speaks too. */
export const reviewVersion = (versions: readonly string[]): ReviewVersion | undefined => versions.find((one): one is ReviewVersion => one === 'v1' || one === 'v1beta1');

/** What a webhook is shown of an object: its version of it, with its kind. */
export function seenObject(object: AnyObject | undefined, { shape }: Pick<Invocation, 'shape'>, { kind, shown }: Attributes): AnyObject | undefined {
  if (!object) return undefined;
  if (shown) return shown.show ? shown.show(object) : object;
  const converted = inVersion(object, kind, shape.of);
  return { ...converted, kind: shape.of.kind, apiVersion: apiVersionOf(shape.of) };
}

export function reviewOf(core: Core, invocation: Invocation, { attributes, uid, version }: { readonly attributes: Attributes; readonly uid: string; readonly version: ReviewVersion }): object {
  const { operation, name, subresource, user, dryRun, object, old, options } = attributes;
  const { shape } = invocation;
  const [own] = equivalents(core, attributes);
  const namespace = placeOf(attributes);
  return {
    kind: 'AdmissionReview',
    apiVersion: `${GROUP}/${version}`,
    request: {
      uid,
      kind: shape.kind,
      resource: shape.resource,
      ...(subresource === '' ? {} : { subResource: subresource }),
      requestKind: own.kind,
      requestResource: own.resource,
      ...(subresource === '' ? {} : { requestSubResource: subresource }),
      ...(name === '' ? {} : { name }),
      ...(namespace === '' ? {} : { namespace }),
      operation,
      userInfo: { username: user.username, ...(user.uid ? { uid: user.uid } : {}), groups: user.groups, ...(user.extra ? { extra: user.extra } : {}) },
      object: operation === 'DELETE' ? null : (seenObject(object, invocation, attributes) ?? null),
      oldObject: seenObject(old, invocation, attributes) ?? null,
      dryRun,
      options: options?.(operation) ?? null,
    },
  };
}

/** What a webhook said, once it is known to be an answer. */
export interface Verdict {
  readonly allowed: boolean;
  readonly status: Readonly<Record<string, unknown>> | undefined;
  /** JSON text, where there is a patch. */
  readonly patch: string | undefined;
  readonly patchType: string;
  readonly warnings: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

/** @throws Error in upstream's words where the answer is none to this review */
export function verdictOf(answer: unknown, { uid, version, mutating }: { readonly uid: string; readonly version: ReviewVersion; readonly mutating: boolean }): Verdict {
  const { response, apiVersion, kind } = isRecord(answer) ? answer : {};
  if (!isRecord(response)) throw new Error('webhook response was absent');
  const { patch, patchType } = response;
  if (version === 'v1') {
    if (response['uid'] !== uid) throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(textOf(response['uid']))}`);
    if (apiVersion !== `${GROUP}/v1` || kind !== 'AdmissionReview') throw new Error(`expected webhook response of ${GROUP}/v1, Kind=AdmissionReview, got ${kindText(apiVersion, kind)}`);
    checkPatch({ patch: textOf(patch), patchType }, mutating);
  }
  const { allowed, status, warnings, auditAnnotations } = response;
  const given = mutating && typeof patch === 'string' && patch !== '' ? patch : undefined;
  return {
    allowed: allowed === true,
    status: isRecord(status) ? status : undefined,
    patch: given === undefined ? undefined : decoded(given),
    patchType: version === 'v1' ? textOf(patchType) : 'JSONPatch',
    warnings: Array.isArray(warnings) ? warnings.filter((one) => typeof one === 'string') : [],
    auditAnnotations: isRecord(auditAnnotations) ? Object.fromEntries(Object.entries(auditAnnotations).map(([key, value]) => [key, textOf(value)])) : {},
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** As Go prints a GroupVersionKind. */
function kindText(apiVersion: unknown, kind: unknown): string {
  const version = textOf(apiVersion);
  return `${version.includes('/') ? version : `/${version}`}, Kind=${textOf(kind)}`;
}

function checkPatch({ patch, patchType }: { readonly patch: string; readonly patchType: unknown }, mutating: boolean): void {
  const isTyped = patchType !== undefined && patchType !== null;
  if (!mutating) {
    if (patch !== '') throw new Error('validating webhook may not return response.patch');
    if (isTyped) throw new Error('validating webhook may not return response.patchType');
    return;
  }
  if (patch !== '' && !isTyped) throw new Error('webhook returned response.patch but not response.patchType');
  if (patch === '' && isTyped) throw new Error('webhook returned response.patchType but not response.patch');
  if (isTyped && patchType === '') throw new Error('webhook returned invalid response.patchType of ""');
}

function decoded(base64: string): string {
  let binary: string;
  try {
    binary = atob(base64);
  } catch {
    throw new Error('illegal base64 data at input byte 0');
  }
  return new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
}
