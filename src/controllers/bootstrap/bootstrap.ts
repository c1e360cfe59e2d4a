import { CompactSign } from 'jose';
import { ConfigMap } from '../../kinds/core/config-map.ts';
import { Secret } from '../../kinds/core/secret.ts';
import { defineController, watchOf } from '../runtime/index.ts';
import { expiresIn, isBootstrapToken, signingToken, TOKEN_NAMESPACE, withSignatures, type Token } from './tokens.ts';

const NAMESPACE = 'kube-public';
const NAME = 'cluster-info';
const CONTENT = 'kubeconfig';

/** Signs the kubeconfig everybody may read with every token, so that whoever holds one knows it for true. */
export const bootstrapSigner = defineController({
  name: 'bootstrapsigner',
  component: 'bootstrapsigner',
  for: ConfigMap,
  when: ({ metadata }) => metadata.namespace === NAMESPACE && metadata.name === NAME,
  watches: [watchOf(Secret, (secret) => (isBootstrapToken(secret) ? [`${NAMESPACE}/${NAME}`] : []))],

  async reconcile(map, { cache, client, now }) {
    const content = map.data?.[CONTENT];
    if (content === undefined) return;
    const tokens = cache.list(Secret, TOKEN_NAMESPACE).filter(isBootstrapToken).flatMap((secret) => signingToken(secret, now) ?? []);
    const signatures = new Map(await Promise.all(tokens.map(async (token) => [token.id, await detachedSignature(content, token)] as const)));
    const data = withSignatures(map, signatures);
    if (data) await client.update(ConfigMap, { ...map, data });
  },
});

const utf8 = new TextEncoder();

/** A JWS (RFC 7515) by HMAC with the token's secret, its middle left out: who checks it has the content. */
export async function detachedSignature(content: string, { id, secret }: Token): Promise<string> {
  const whole = await new CompactSign(utf8.encode(content)).setProtectedHeader({ alg: 'HS256', kid: id }).sign(utf8.encode(secret));
  const [header, , signature] = whole.split('.');
  return `${header}..${signature}`;
}

/** Removes tokens that have expired. */
export const tokenCleaner = defineController({
  name: 'tokencleaner',
  component: 'token-cleaner',
  for: Secret,
  when: isBootstrapToken,

  async reconcile(secret, { client, now }) {
    const left = isBootstrapToken(secret) ? expiresIn(secret, now) : undefined;
    if (left === undefined || left > 0) return left;
    await client.remove(Secret, secret);
    return undefined;
  },
});
