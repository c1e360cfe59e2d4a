/** AdmissionReview, there and back. */
import type { AnyObject } from '../../../meta/object.ts';
import { type Status, status } from '../../../kinds/meta/status.ts';
import { boolean, bytes, list, map, object, string, type TypeOf } from '../../../schema/field.ts';
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
  readonly status: Status | undefined;
  /** JSON text, where there is a patch. */
  readonly patch: string | undefined;
  readonly patchType: string;
  readonly warnings: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

/** Of AdmissionReview, what a webhook answers with. */
export const admissionReview = object('admission.v1.AdmissionReview', {
  apiVersion: string(),
  kind: string(),
  response: object('admission.v1.AdmissionResponse', {
    uid: string(), allowed: boolean(), status: status(), patch: bytes(), patchType: string().pointer(), auditAnnotations: map(string()), warnings: list(string()),
  }),
});

/** @throws Error in upstream's words where the answer is none to this review */
export function verdictOf({ response, apiVersion = '', kind = '' }: TypeOf<typeof admissionReview>, { uid, version, mutating }: { readonly uid: string; readonly version: ReviewVersion; readonly mutating: boolean }): Verdict {
  if (!response) throw new Error('webhook response was absent');
  const { allowed = false, status, warnings = [], auditAnnotations = {}, patch = '', patchType } = response;
  if (version === 'v1') {
    if (response.uid !== uid) throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`);
    if (apiVersion !== `${GROUP}/v1` || kind !== 'AdmissionReview') throw new Error(`expected webhook response of ${GROUP}/v1, Kind=AdmissionReview, got ${kindText(apiVersion, kind)}`);
    checkPatch({ patch, patchType }, mutating);
  }
  return { allowed, status, patch: mutating && patch !== '' ? decoded(patch) : undefined, patchType: version === 'v1' ? (patchType ?? '') : 'JSONPatch', warnings, auditAnnotations };
}

/** As Go prints a GroupVersionKind. */
const kindText = (version: string, kind: string): string => `${version.includes('/') ? version : `/${version}`}, Kind=${kind}`;

function checkPatch({ patch, patchType }: { readonly patch: string; readonly patchType: string | undefined }, mutating: boolean): void {
  const isTyped = patchType !== undefined;
  if (!mutating) {
    if (patch !== '') throw new Error('validating webhook may not return response.patch');
    if (isTyped) throw new Error('validating webhook may not return response.patchType');
    return;
  }
  if (patch !== '' && !isTyped) throw new Error('webhook returned response.patch but not response.patchType');
  if (patch === '' && isTyped) throw new Error('webhook returned response.patchType but not response.patch');
  if (isTyped && patchType === '') throw new Error('webhook returned invalid response.patchType of ""');
}

const decoded = (base64: string): string => new TextDecoder().decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
