import { importJWK, SignJWT, type JWK } from 'jose';
import type { Secret } from '../../kinds/core/secret.ts';
import type { ServiceAccount } from '../../kinds/core/service-account.ts';

const CLAIM = 'kubernetes.io/serviceaccount';

/** Signs a token kept in a Secret: it names no audience and never expires; it is void once Secret or account are gone. */
export async function signLegacyToken(key: JWK, account: ServiceAccount, secret: Secret): Promise<string> {
  const alg = key.alg ?? (key.kty === 'RSA' ? 'RS256' : 'ES256');
  const { name, namespace, uid } = account.metadata;
  const claims = {
    iss: 'kubernetes/serviceaccount',
    [`${CLAIM}/namespace`]: namespace,
    [`${CLAIM}/secret.name`]: secret.metadata.name,
    [`${CLAIM}/service-account.name`]: name,
    [`${CLAIM}/service-account.uid`]: uid,
    sub: `system:serviceaccount:${namespace}:${name}`,
  };
  return new SignJWT(claims).setProtectedHeader({ alg, ...(key.kid ? { kid: key.kid } : {}) }).sign(await importJWK(key, alg));
}
