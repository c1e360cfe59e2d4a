import type { JWK } from 'jose';
import { randomSuffix } from '../../base/random.ts';
import { Secret } from '../../kinds/core/secret.ts';
import { ServiceAccount } from '../../kinds/core/service-account.ts';
import { isApiError } from '../../meta/api-error.ts';
import { defineController, watchOf, type Cache, type Context, type Controller } from '../runtime/index.ts';
import { ignoreRaces } from '../service-account/service-account.ts';
import { signLegacyToken } from './legacy-token.ts';

export const TOKEN_TYPE = 'kubernetes.io/service-account-token';
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

export interface TokenConfig {
  readonly caPem: string;
  readonly key: JWK;
}

/** Fills the Secrets in which someone asks for a lasting token, and removes those whose account has gone. */
export const tokenSecretController = ({ caPem, key }: TokenConfig): Controller => defineController({
  name: 'serviceaccount-token',
  component: 'serviceaccount-token-controller',
  for: Secret,
  watches: [watchOf(ServiceAccount, (account, cache) => secretsOf(account, cache).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))],

  async reconcile(secret, context) {
    if (secret.type !== TOKEN_TYPE || secret.metadata.deletionTimestamp !== undefined) return;
    const account = accountOf(secret, context.cache);
    if (!account) return remove(secret, context);
    const todo = missing(secret, account, caPem);
    if (!todo) return;
    const token = todo.token ? base64(await signLegacyToken(key, account, secret)) : (secret.data?.['token'] ?? '');
    const annotations = { ...secret.metadata.annotations, [ACCOUNT_UID]: account.metadata.uid };
    const data = { ...secret.data, ...todo.data, token };
    await context.client.update(Secret, { ...secret, metadata: { ...secret.metadata, annotations }, data }).catch(ignoreRaces);
  },
});

/** What a token Secret lacks; undefined when it is whole. */
export function missing({ data = {}, metadata }: Secret, account: ServiceAccount, caPem: string) {
  const wanted = { 'ca.crt': base64(caPem), namespace: base64(metadata.namespace ?? '') };
  const token = !data['token'];
  const whole = !token && data['ca.crt'] === wanted['ca.crt'] && data['namespace'] === wanted.namespace &&
    metadata.annotations?.[ACCOUNT_UID] === account.metadata.uid;
  return whole ? undefined : { token, data: wanted };
}

/** The account a Secret names, unless it names another of that name by its uid. */
export function accountOf({ metadata }: Secret, cache: Cache): ServiceAccount | undefined {
  const { [ACCOUNT_NAME]: name = '', [ACCOUNT_UID]: uid = '' } = metadata.annotations ?? {};
  const account = cache.get(ServiceAccount, name, metadata.namespace);
  return account && (uid === '' || uid === account.metadata.uid) ? account : undefined;
}

/** The cache may not know a new account yet: the server decides. */
async function remove(secret: Secret, { client }: Context): Promise<void> {
  const { metadata } = secret;
  const { [ACCOUNT_NAME]: account = '', [ACCOUNT_UID]: accountUid = '' } = metadata.annotations ?? {};
  const { namespace = '' } = metadata;
  const live = account === '' ? undefined : await client.get(ServiceAccount, account, { namespace }).catch(absent);
  if (live && (accountUid === '' || live.metadata.uid === accountUid)) return;
  await client.remove(Secret, secret);
}

/** Gives each ServiceAccount a token Secret of its own and names it there, as every cluster did before v1.24. */
export const legacyTokenController: Controller = defineController({
  name: 'legacy-serviceaccount-token',
  component: 'serviceaccount-token-controller',
  for: ServiceAccount,
  watches: [watchOf(Secret, ({ type, metadata }) => {
    const account = metadata.annotations?.[ACCOUNT_NAME];
    return type === TOKEN_TYPE && account !== undefined ? [`${metadata.namespace}/${account}`] : [];
  })],

  async reconcile(account, context) {
    const { cache, client, random } = context;
    if (account.metadata.deletionTimestamp !== undefined) return;
    const { name, namespace = '' } = account.metadata;
    const standing = new Set(secretsOf(account, cache).map(({ metadata }) => metadata.name));
    // Names of Secrets that were deleted leave the list; others' stay.
    const listed = (account.secrets ?? []).filter((one) => standing.has(one.name ?? '') || cache.get(Secret, one.name ?? '', namespace));
    if (listed.some((one) => standing.has(one.name ?? '')) && listed.length === (account.secrets ?? []).length) return;
    const [found] = standing;
    const secret = found ?? await create(`${name}-token-${randomSuffix(random)}`);
    const secrets = listed.some((one) => one.name === secret) ? listed : [...listed, { name: secret }];
    await client.update(ServiceAccount, { ...account, secrets });

    async function create(wanted: string): Promise<string> {
      const annotations = { [ACCOUNT_NAME]: name, [ACCOUNT_UID]: account.metadata.uid };
      await client.create(Secret, { metadata: { name: wanted, namespace, annotations }, type: TOKEN_TYPE });
      return wanted;
    }
  },
});

const secretsOf = ({ metadata }: ServiceAccount, cache: Cache): readonly Secret[] =>
  cache.list(Secret, metadata.namespace).filter((secret) => secret.type === TOKEN_TYPE && secret.metadata.annotations?.[ACCOUNT_NAME] === metadata.name);

const base64 = (text: string): string => btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''));

function absent(error: unknown): undefined {
  if (!isApiError(error, 'NotFound')) throw error;
}
