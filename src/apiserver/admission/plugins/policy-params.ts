import type { ParamKind, ParamRef } from '../../../kinds/admissionregistration/matching.ts';
import { invalidObject } from '../../../meta/api-error.ts';
import { FieldPath, forbidden } from '../../../meta/field-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import { apiVersionOf } from '../../../meta/resource.ts';
import type { UserInfo } from '../../../wire/api.ts';
import { MASTERS } from '../../authz/union.ts';
import type { Core } from '../../core.ts';
import { sameObject } from '../../registry/equality.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';

const GROUP = 'admissionregistration.k8s.io';
const POLICIES = ['validatingadmissionpolicies', 'mutatingadmissionpolicies'];
const BINDINGS = ['validatingadmissionpolicybindings', 'mutatingadmissionpolicybindings'];

/** What it looks at of either sort. */
interface Spec {
  readonly paramKind?: ParamKind;
  readonly paramRef?: ParamRef;
  readonly policyName?: string;
}
const specOf = (object: AnyObject | undefined): Spec => (object?.['spec'] ?? {}) as Spec;

/** A policy's words can show what its parameters hold: who makes one, or binds it, may read them. */
export const policyParams: AdmissionPlugin = {
  name: 'PolicyParams',
  on: { operations: ['CREATE', 'UPDATE'], resources: [...POLICIES, ...BINDINGS].map((plural) => `${plural}.${GROUP}`) },

  async validate(attributes, core) {
    const { kind, object, old, user } = attributes;
    if (user.groups.includes(MASTERS)) return;
    const [spec, before] = [specOf(object), specOf(old)];
    if (POLICIES.includes(kind.plural)) {
      if (!spec.paramKind || sameObject(spec.paramKind, before.paramKind)) return;
      if (await mayGet(core, user, { ...parametersOf(core, spec.paramKind), namespace: '*', name: '*' })) return;
      const { kind: paramKind = '', apiVersion = '' } = spec.paramKind;
      throw refused(attributes, 'paramKind', `user ${printed(user)} must have "get" permission on all objects of the referenced paramKind (kind=${paramKind}, apiVersion=${apiVersion})`);
    }
    if (!spec.paramRef || (sameObject(spec.paramRef, before.paramRef) && spec.policyName === before.policyName)) return;
    const policy = core.resources.of(GROUP, kind.plural.replace(/bindings$/, '').replace(/policy$/, 'policies'))?.cache.object('', spec.policyName ?? '');
    const { namespace = '', name = '' } = spec.paramRef;
    if (await mayGet(core, user, { ...parametersOf(core, specOf(policy).paramKind), namespace, name })) return;
    throw refused(attributes, 'paramRef', `user ${printed(user)} does not have "get" permission on the object referenced by paramRef`);
  },
};

interface Parameters {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** The resource that a kind of parameters is; everything, as far as that cannot be told. */
function parametersOf({ resources }: Core, paramKind: ParamKind | undefined): Parameters {
  if (!paramKind) return { group: '*', version: '*', resource: '*' };
  const { apiVersion = '', kind } = paramKind;
  const slash = apiVersion.indexOf('/');
  const known = resources.kinds().find((one) => apiVersionOf(one) === apiVersion && one.kind === kind);
  return { group: apiVersion.slice(0, Math.max(slash, 0)), version: apiVersion.slice(slash + 1), resource: known?.plural ?? '*' };
}

const mayGet = async ({ authorizer }: Core, user: UserInfo, about: Parameters & { readonly namespace: string; readonly name: string }): Promise<boolean> =>
  (await authorizer.authorize({ user, verb: 'get', isResource: true, subresource: '', path: '', ...about })).allowed;

/** As Go prints a user. */
const printed = ({ username, uid = '', groups, extra = {} }: UserInfo): string =>
  `&{${username} ${uid} [${groups.join(' ')}] map[${Object.entries(extra).map(([key, values]) => `${key}:[${values.join(' ')}]`).join(' ')}]}`;

const refused = ({ kind, name }: Attributes, field: 'paramKind' | 'paramRef', why: string) => invalidObject(kind, name, [forbidden(FieldPath.of('spec').child(field), why)]);
