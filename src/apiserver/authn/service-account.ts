import type { AnyObject } from '../../meta/object.ts';
import type { UserInfo } from '../../wire/api.ts';
import type { Resources } from '../resources.ts';
import type { Bound, Tokens, VerifiedToken } from './tokens.ts';

export interface TokenIdentity {
  readonly user: UserInfo;
  /** Those asked for that the token is good for. */
  readonly audiences: readonly string[];
}

/** Who a bearer token stands for, if all it is bound to still exists. */
export async function identify({ tokens, resources }: { tokens: Tokens; resources: Resources }, token: string, wanted = tokens.audiences): Promise<TokenIdentity | undefined> {
  const verified = await tokens.verify(token);
  if (!verified) return undefined;
  const legacy = verified.audiences.length === 0;
  const audiences = legacy ? wanted.filter((one) => tokens.audiences.includes(one)) : wanted.filter((one) => verified.audiences.includes(one));
  if (audiences.length === 0 || !alive(resources, verified, legacy ? token : undefined)) return undefined;
  return { user: userOf(verified), audiences };
}

function alive(resources: Resources, { account }: VerifiedToken, legacyToken: string | undefined): boolean {
  const { namespace, serviceaccount, pod, secret, node } = account;
  const look = (plural: string, at: string, bound: Bound) => {
    const object = resources.of('', plural)?.cache.object(at, bound.name);
    return object !== undefined && (bound.uid === '' || object.metadata.uid === bound.uid) && !longGone(object) ? object : undefined;
  };
  if (!look('serviceaccounts', namespace, serviceaccount)) return false;
  if (pod && !look('pods', namespace, pod)) return false;
  if (node && !pod && !look('nodes', '', node)) return false;
  if (!secret) return true;
  const found = look('secrets', namespace, secret);
  if (!found || legacyToken === undefined) return found !== undefined;
  return atobOr((found['data'] as Readonly<Record<string, string>> | undefined)?.['token'] ?? '') === legacyToken;
}

/** A token outlives the wish to delete its pod by a minute, so that the pod can say goodbye. */
const longGone = ({ metadata }: AnyObject): boolean => metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0 && (metadata.finalizers ?? []).length === 0;

function atobOr(text: string): string {
  try {
    return atob(text);
  } catch {
    return '';
  }
}

function userOf({ account, jti }: VerifiedToken): UserInfo {
  const { namespace, serviceaccount, pod, node } = account;
  const extra = {
    ...(jti ? { 'authentication.kubernetes.io/credential-id': [`JTI=${jti}`] } : {}),
    ...(pod ? { 'authentication.kubernetes.io/pod-name': [pod.name], 'authentication.kubernetes.io/pod-uid': [pod.uid] } : {}),
    ...(node ? { 'authentication.kubernetes.io/node-name': [node.name], ...(node.uid ? { 'authentication.kubernetes.io/node-uid': [node.uid] } : {}) } : {}),
  };
  return {
    username: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    ...(serviceaccount.uid ? { uid: serviceaccount.uid } : {}),
    groups: serviceAccountGroups(namespace),
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
}

export const serviceAccountGroups = (namespace: string): readonly string[] => ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
