import { badRequest, invalidObject } from '../../meta/api-error.ts';
import { FieldPath } from '../../meta/field-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { decodeObject } from '../../schema/decode.ts';
import type { Kind } from '../../schema/kind.ts';
import type { ApiResponse, UserInfo } from '../../wire/api.ts';
import { identifyBearer } from '../authn/bearer.ts';
import { withGroup } from '../authn/stage.ts';
import { bodyOptions, checkKind, readBody } from '../body.ts';
import type { Core } from '../core.ts';
import type { Exchange } from '../exchange.ts';
import { JSON_MEDIA, METADATA_VIEWS, negotiate } from '../negotiate.ts';
import { answerIn } from '../respond.ts';
import { viewOf } from '../views.ts';
import type { AccessRequest } from './authorizer.ts';
import { saidFields, saidLabels, type SaidSelector, type Terms } from './selector-terms.ts';

/** Answers one review: its status. */
type Review = (core: Core, exchange: Exchange, object: AnyObject) => object | Promise<object>;

/** Kinds that are only asked, by kind. */
const REVIEWS: Readonly<Record<string, Review>> = {
  SelfSubjectAccessReview: (core, { user }, object) => decide(core, user, specOf(object)),
  SubjectAccessReview: (core, _exchange, object) => decide(core, subjectOf(specOf(object)), specOf(object)),
  LocalSubjectAccessReview: (core, _exchange, object) => decide(core, subjectOf(specOf(object)), specOf(object)),
  SelfSubjectRulesReview: (core, { user }, object) => rulesStatus(core, user, object),
  SelfSubjectReview: (_core, { user }) => ({ userInfo: user }),
  TokenReview: (core, _exchange, object) => reviewToken(core, object),
};

export const isReview = (kind: Kind): boolean => kind.kind in REVIEWS;

/** POST of a review: the same object, its status filled in. Nothing is stored. */
export async function review(core: Core, exchange: Exchange, kind: Kind): Promise<ApiResponse> {
  const { request } = exchange;
  const media = request.wantsObjects ? JSON_MEDIA : negotiate(request.headers['accept'], { protobuf: true, views: METADATA_VIEWS });
  const body = checkKind(core.resources.kinds(), kind, readBody(exchange.request, { ...bodyOptions(core, kind.kind), yaml: exchange.yaml }));
  const object = placed(decodeObject(kind, body).value, kind, exchange.info.namespace);
  const errors = [...(kind.validate?.(object as never, FieldPath.of()) ?? [])];
  if (errors.length > 0) throw invalidObject(kind, '', errors);
  const status = await REVIEWS[kind.kind]!(core, exchange, object);
  const answered = { ...object, metadata: { ...object.metadata, creationTimestamp: null }, status };
  const seen = media.as === undefined ? answered : viewOf({ media, kind, now: core.clock.now(), includeObject: 'Metadata' })!.one(answered as unknown as AnyObject);
  return answerIn(media, { request, status: 201, kinds: core.resources.kinds() }, seen);
}

/** A namespaced question is about the namespace it is put in. */
function placed(object: AnyObject, { kind, scope }: Kind, namespace: string): AnyObject {
  if (scope === 'Cluster') return object;
  const given = object.metadata.namespace ?? '';
  if (given !== '' && given !== namespace) throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  if (namespace === '') throw badRequest(`namespace is required on this type: ${kind}`);
  return { ...object, metadata: { ...object.metadata, namespace } };
}

interface ResourceAttributes {
  readonly namespace?: string;
  readonly verb?: string;
  readonly group?: string;
  readonly version?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
  readonly fieldSelector?: SaidSelector;
  readonly labelSelector?: SaidSelector;
}

interface ReviewSpec {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string };
  readonly user?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

const specOf = (object: AnyObject): ReviewSpec => (object['spec'] as ReviewSpec | undefined) ?? {};

const subjectOf = ({ user = '', groups = [], uid, extra }: ReviewSpec): UserInfo => ({ username: user, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) });

async function decide(core: Core, user: UserInfo, { resourceAttributes, nonResourceAttributes }: ReviewSpec): Promise<object> {
  const { fieldSelector, labelSelector, ...asked } = resourceAttributes ?? {};
  const [fields, labels] = [fieldSelector && saidFields(fieldSelector), labelSelector && saidLabels(labelSelector)];
  const none = { group: '', version: '', resource: '', subresource: '', namespace: '', name: '', path: '' };
  const access: AccessRequest = resourceAttributes
    ? { user, isResource: true, ...none, verb: '', ...asked, ...(fields ? { fieldTerms: fields.terms } : {}), ...(labels ? { labelTerms: labels.terms } : {}) }
    : { user, isResource: false, ...none, verb: nonResourceAttributes!.verb ?? '', path: nonResourceAttributes!.path ?? '' };
  // `*` is asked by `kubectl auth can-i '*' '*'`: only a rule that says so itself allows it.
  const { allowed, denied, reason, error } = await core.authorizer.authorize(access);
  const wrong = [error, ignored('fieldSelector', fields), ignored('labelSelector', labels)].filter((one) => one !== undefined).join('; ');
  return { allowed, ...(denied ? { denied } : {}), ...(reason === '' ? {} : { reason }), ...(wrong === '' ? {} : { evaluationError: wrong }) };
}

const ignored = (field: string, said: Terms | undefined): string | undefined =>
  (said?.ignored ? `spec.resourceAttributes.${field} ${said.terms.length > 0 ? 'partially ignored' : 'ignored'} due to parse error` : undefined);

function rulesStatus(core: Core, user: UserInfo, object: AnyObject): object {
  const namespace = (object['spec'] as { readonly namespace?: string } | undefined)?.namespace ?? '';
  if (namespace === '') throw badRequest('no namespace on request');
  const masters = user.groups.includes('system:masters');
  const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
  const rules = core.rbac.rulesFor(user, namespace);
  return {
    resourceRules: [
      ...(masters ? [everything] : []),
      ...rules.filter(({ nonResourceURLs }) => !nonResourceURLs?.length)
        .map(({ verbs, apiGroups = [], resources = [], resourceNames }) => ({ verbs, apiGroups, resources, ...(resourceNames?.length ? { resourceNames } : {}) })),
    ],
    nonResourceRules: [
      ...(masters ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : []),
      ...rules.flatMap(({ verbs, nonResourceURLs }) => (nonResourceURLs?.length ? [{ verbs, nonResourceURLs }] : [])),
    ],
    ...(core.config.authorizers?.some(({ type }) => type === 'Webhook') ? { incomplete: true, evaluationError: 'webhook authorizer does not support user rule resolution' } : { incomplete: false }),
  };
}

async function reviewToken(core: Core, object: AnyObject): Promise<object> {
  const { token = '', audiences } = (object['spec'] ?? {}) as { readonly token?: string; readonly audiences?: readonly string[] };
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const identity = await identifyBearer(core, token, audiences && audiences.length > 0 ? audiences : undefined);
  if (!identity) return { user: {}, authenticated: false, error: 'invalid bearer token' };
  return { authenticated: true, user: withGroup(identity.user), audiences: identity.audiences };
}
