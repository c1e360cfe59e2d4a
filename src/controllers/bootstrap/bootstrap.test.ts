import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { ConfigMap } from '../../kinds/core/config-map.ts';
import { Secret } from '../../kinds/core/secret.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { bootstrapSigner, tokenCleaner } from './bootstrap.ts';

const CONTENT = 'apiVersion: v1\nkind: Config\n';
const token = ({ client }: TestCluster, id: string, data: object = {}) => client.create(Secret, {
  metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' }, type: 'bootstrap.kubernetes.io/token',
  stringData: { 'token-id': id, 'token-secret': '0123456789abcdef', 'usage-bootstrap-signing': 'true', ...data },
});
const info = ({ client }: TestCluster, data: Record<string, string>) => client.create(ConfigMap, { metadata: { name: 'cluster-info', namespace: 'kube-public' }, data });
const base64url = (text: string) => Buffer.from(text).toString('base64url');
/** RFC 7515, written out: header and content, and their HMAC. */
function signature(id: string, content = CONTENT): string {
  const header = base64url(JSON.stringify({ alg: 'HS256', kid: id }));
  return `${header}..${createHmac('sha256', '0123456789abcdef').update(`${header}.${base64url(content)}`).digest('base64url')}`;
}
/** What the map says once this many signatures are on it. */
const signed = ({ client, find }: TestCluster, count: number) => find(async () => {
  const { data = {} } = await client.get(ConfigMap, 'cluster-info', { namespace: 'kube-public' });
  return Object.keys(data).filter((key) => key.startsWith('jws-kubeconfig-')).length === count ? data : undefined;
});

test('every token that may sign does, and a signature goes with its token', async () => {
  await using cluster = await startControlled([bootstrapSigner, tokenCleaner]);
  await token(cluster, 'abcdef');
  await token(cluster, 'ghijkl');
  await token(cluster, 'nosign', { 'usage-bootstrap-signing': 'false' });
  await token(cluster, 'others', { 'token-id': 'abcdeg' }).catch(() => undefined);
  await info(cluster, { kubeconfig: CONTENT, 'jws-kubeconfig-gone00': 'x', note: 'kept' });
  expect(await signed(cluster, 2)).toEqual({
    kubeconfig: CONTENT, note: 'kept', 'jws-kubeconfig-abcdef': signature('abcdef'), 'jws-kubeconfig-ghijkl': signature('ghijkl'),
  });
  await cluster.client.delete(Secret, 'bootstrap-token-ghijkl', { namespace: 'kube-system' });
  expect(Object.keys(await signed(cluster, 1))).toContain('jws-kubeconfig-abcdef');
});

test('another content is signed anew', async () => {
  await using cluster = await startControlled([bootstrapSigner]);
  await token(cluster, 'abcdef');
  await info(cluster, { kubeconfig: CONTENT });
  await signed(cluster, 1);
  await cluster.client.patch(ConfigMap, 'cluster-info', { type: 'merge', body: { data: { kubeconfig: 'else' } } }, { namespace: 'kube-public' });
  const data = await cluster.find(async () => {
    const now = await signed(cluster, 1);
    return now['jws-kubeconfig-abcdef'] === signature('abcdef') ? undefined : now;
  });
  expect(data['jws-kubeconfig-abcdef']).toBe(signature('abcdef', 'else'));
});

test('a token is removed when it expires, one of no end never', async () => {
  await using cluster = await startControlled([tokenCleaner]);
  const expiration = new Date(cluster.api.clock.now() + 60_000).toISOString();
  await token(cluster, 'brief0', { expiration });
  await token(cluster, 'always');
  const names = async () => (await cluster.client.list(Secret, { namespace: 'kube-system' })).items.map(({ metadata }) => metadata.name);
  await cluster.pass(58);
  expect(await names()).toEqual(['bootstrap-token-always', 'bootstrap-token-brief0']);
  await cluster.pass(3);
  expect(await names()).toEqual(['bootstrap-token-always']);
});
