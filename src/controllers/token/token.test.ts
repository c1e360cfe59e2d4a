import { decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { expect, test } from 'vitest';
import { ConfigMap } from '../../kinds/core/config-map.ts';
import { Secret } from '../../kinds/core/secret.ts';
import { ServiceAccount } from '../../kinds/core/service-account.ts';
import { rootCaPublisher } from '../root-ca/root-ca.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { legacyTokenController, TOKEN_TYPE, tokenSecretController } from './token.ts';

const at = { namespace: 'shop' };
const { privateKey } = await generateKeyPair('ES256', { extractable: true });
const key = { ...(await exportJWK(privateKey)), alg: 'ES256', kid: 'k1' };
const start = () => startControlled([rootCaPublisher('CA'), tokenSecretController({ caPem: 'CA', key }), legacyTokenController]);
/** The Secret once it is filled. */
const filled = ({ client, find }: TestCluster, name: string) => find(async () => {
  const secret = await client.get(Secret, name, at);
  return secret.data?.['token'] === undefined ? undefined : secret;
});
const claims = ({ data }: Secret) => decodeJwt(atob(data!['token']!));

test('every namespace has its default account, the CA, and the account a token', async () => {
  await using cluster = await start();
  const { client, pass } = cluster;
  await pass(1);
  const account = await client.get(ServiceAccount, 'default', at);
  expect((await client.get(ConfigMap, 'kube-root-ca.crt', at)).data).toEqual({ 'ca.crt': 'CA' });
  expect(account.secrets).toHaveLength(1);
  const secret = await filled(cluster, account.secrets![0]!.name!);
  expect(secret.metadata.name).toMatch(/^default-token-[a-z0-9]{5}$/);
  expect([atob(secret.data!['ca.crt']!), atob(secret.data!['namespace']!)]).toEqual(['CA', 'shop']);
  expect(claims(secret)).toMatchObject({
    iss: 'kubernetes/serviceaccount', sub: 'system:serviceaccount:shop:default',
    'kubernetes.io/serviceaccount/namespace': 'shop', 'kubernetes.io/serviceaccount/secret.name': secret.metadata.name,
    'kubernetes.io/serviceaccount/service-account.name': 'default', 'kubernetes.io/serviceaccount/service-account.uid': account.metadata.uid,
  });
});

test('a changed CA map is put right, a deleted account comes back', async () => {
  await using cluster = await start();
  const { client, pass } = cluster;
  await client.patch(ConfigMap, 'kube-root-ca.crt', { type: 'merge', body: { data: { 'ca.crt': 'other', more: 'x' } } }, at);
  const { metadata } = await client.get(ServiceAccount, 'default', at);
  await client.delete(ServiceAccount, 'default', at);
  await pass(1);
  expect((await client.get(ConfigMap, 'kube-root-ca.crt', at)).data).toEqual({ 'ca.crt': 'CA' });
  expect((await client.get(ServiceAccount, 'default', at)).metadata.uid).not.toBe(metadata.uid);
});

test('a Secret that asks for a token is filled, and goes with its account', async () => {
  await using cluster = await start();
  const { client, pass } = cluster;
  await client.create(ServiceAccount, { metadata: { name: 'robot', namespace: 'shop' } });
  const annotations = { 'kubernetes.io/service-account.name': 'robot' };
  await client.create(Secret, { metadata: { name: 'asked', namespace: 'shop', annotations }, type: TOKEN_TYPE });
  await pass(1);
  expect(claims(await filled(cluster, 'asked')).sub).toBe('system:serviceaccount:shop:robot');
  await client.delete(ServiceAccount, 'robot', at);
  await pass(1);
  const left = (await client.list(Secret, at)).items.map(({ metadata }) => metadata.annotations?.['kubernetes.io/service-account.name']);
  expect(left).not.toContain('robot');
});

test('a token Secret that names no account is removed', async () => {
  await using cluster = await start();
  const annotations = { 'kubernetes.io/service-account.name': 'nobody' };
  await cluster.client.create(Secret, { metadata: { name: 'lost', namespace: 'shop', annotations }, type: TOKEN_TYPE });
  await cluster.pass(1);
  await expect(cluster.client.get(Secret, 'lost', at)).rejects.toMatchObject({ reason: 'NotFound' });
});
