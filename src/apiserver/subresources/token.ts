import { badRequest, invalidObject, notFound } from '../../meta/api-error.ts';
import { FieldPath, invalid } from '../../meta/field-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { TokenRequest } from '../../kinds/authentication/token-request.ts';
import { decodeObject } from '../../schema/decode.ts';
import type { AccountClaims } from '../authn/tokens.ts';
import { admitBody } from './admit-body.ts';
import { checkKind } from '../body.ts';
import type { Core } from '../core.ts';
import { timestamp } from '../registry/write-context.ts';
import { readFresh } from '../registry/storage.ts';
import { answerObject, bodyOf } from '../resource-request.ts';
import type { Subresource } from './table.ts';

const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
/** What the ServiceAccount plugin's volumes ask for; such tokens outlive it by far for clients that never read the file again. */
const PROJECTED_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;

interface Spec {
  readonly audiences?: readonly string[];
  readonly expirationSeconds?: number;
  readonly boundObjectRef?: { readonly kind?: string; readonly apiVersion?: string; readonly name?: string; readonly uid?: string };
}

/** Issues a token for a service account, bound to a pod, a secret or a node, or to the account alone. */
export const token: Subresource = {
  async create(at) {
    const { core, served, exchange: { info } } = at;
    const { value: given } = decodeObject(TokenRequest, checkKind(at.core.resources.kinds(), TokenRequest, bodyOf(at, 'TokenRequest')));
    const request = await admitBody(at, given, { kind: TokenRequest, subresource: 'token', name: info.name });
    const spec = request['spec'] as Spec;
    const seconds = spec.expirationSeconds ?? 3600;
    checkSeconds(seconds, info.name);
    const account = await readFresh(core, served, served.codec.keyOf(info.namespace, info.name));
    if (!account) throw notFound(served.kind, info.name);
    const audiences = spec.audiences?.length ? spec.audiences : core.tokens.audiences;
    const claims: AccountClaims = {
      namespace: info.namespace,
      serviceaccount: { name: info.name, uid: account.object.metadata.uid },
      ...boundTo(core, { namespace: info.namespace, account: info.name }, spec),
    };
    const extended = seconds === PROJECTED_SECONDS && claims.pod !== undefined && audiences.every((one) => core.tokens.audiences.includes(one));
    const now = Math.floor(core.clock.now() / 1000);
    const issued = await core.tokens.sign(extended ? { ...claims, warnafter: now + seconds } : claims, {
      audiences, seconds: extended ? EXTENDED_SECONDS : seconds,
    });
    return answerObject(at, 201, {
      ...request,
      metadata: { ...request.metadata, name: info.name, namespace: info.namespace, creationTimestamp: timestamp(core.clock.now()) },
      spec: { ...spec, audiences, expirationSeconds: seconds, boundObjectRef: spec.boundObjectRef ?? null },
      status: { token: issued.token, expirationTimestamp: timestamp((now + seconds) * 1000) },
    });
  },
};

function checkSeconds(seconds: number, name: string): void {
  const at = FieldPath.of('spec.expirationSeconds');
  const kind = { group: 'authentication.k8s.io', kind: 'TokenRequest' };
  if (seconds < MIN_SECONDS) throw invalidObject(kind, name, [invalid(at, seconds, 'may not specify a duration less than 10 minutes')]);
  if (seconds > MAX_SECONDS) throw invalidObject(kind, name, [invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds')]);
}

function boundTo(core: Core, { namespace, account }: { namespace: string; account: string }, { boundObjectRef: ref }: Spec): Partial<AccountClaims> {
  if (!ref) return {};
  const { kind = '', apiVersion = '', name = '' } = ref;
  if (apiVersion !== 'v1' || !['Pod', 'Secret', 'Node'].includes(kind)) throw badRequest(`cannot bind token to object of type ${apiVersion}, Kind=${kind}`);
  const plural = `${kind.toLowerCase()}s`;
  const object = core.resources.of('', plural)?.cache.object(kind === 'Node' ? '' : namespace, name);
  if (!object) throw notFound({ group: '', plural }, name);
  const bound = checkUid(object, ref.uid);
  if (kind === 'Secret') return { secret: bound };
  if (kind === 'Node') return { node: bound };
  const { serviceAccountName, nodeName } = object['spec'] as { readonly serviceAccountName?: string; readonly nodeName?: string };
  if (serviceAccountName !== account) {
    throw badRequest(`cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`);
  }
  const node = nodeName ? core.resources.of('', 'nodes')?.cache.object('', nodeName) : undefined;
  return { pod: bound, ...(nodeName ? { node: { name: nodeName, uid: node?.metadata.uid ?? '' } } : {}) };
}

function checkUid({ metadata: { name, uid } }: AnyObject, wanted: string | undefined) {
  if (wanted && wanted !== uid) throw badRequest(`the UID in the bound object reference (${wanted}) does not match the UID in record. The object might have been deleted and then recreated`);
  return { name, uid };
}
