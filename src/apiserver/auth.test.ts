import { exportJWK, generateKeyPair } from 'jose';
import { expect, test } from 'vitest';
import { builtinKinds } from '../kinds/index.ts';
import type { UserInfo } from '../wire/api.ts';
import { systemRandom } from '../base/random.ts';
import { Tokens } from './authn/tokens.ts';
import { type Json, startApi, type TestApi } from './testing/start-api.ts';
import { TEST_KEY } from './testing/test-key.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const AUTHZ = '/apis/authorization.k8s.io/v1';
const JANE: UserInfo = { username: 'jane', groups: [] };
const ISSUER = 'https://kubernetes.default.svc.cluster.local';

async function grant(api: TestApi, rules: Json, who: UserInfo = JANE, namespace = 'default') {
  await api.request('POST', `${RBAC}/namespaces/${namespace}/roles`, { metadata: { name: 'r' }, rules });
  const bound = await api.request('POST', `${RBAC}/namespaces/${namespace}/rolebindings`, {
    metadata: { name: 'r' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: who.username }],
  });
  expect(bound.status).toBe(201);
}

test('a user without rights is told what is missing, in upstream\'s words', async () => {
  await using api = await startApi();

  const list = await api.request('GET', '/api/v1/namespaces/default/pods', undefined, { user: JANE });
  const get = await api.request('GET', '/apis/apps/v1/namespaces/default/deployments/web/scale', undefined, { user: JANE });
  const cluster = await api.request('GET', '/api/v1/nodes', undefined, { user: JANE });
  const path = await api.request('GET', '/metrics', undefined, { user: JANE });

  expect(list.status).toBe(403);
  expect(list.body.message).toBe('pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"');
  expect(list.body).toMatchObject({ reason: 'Forbidden', details: { kind: 'pods' }, code: 403 });
  expect(get.body.message).toBe('deployments.apps "web" is forbidden: User "jane" cannot get resource "deployments/scale" in API group "apps" in the namespace "default"');
  expect(cluster.body.message).toBe('nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope');
  expect(path.body.message).toBe('forbidden: User "jane" cannot get path "/metrics"');
});

test('a role grants at once, and ends with its binding', async () => {
  await using api = await startApi();
  await grant(api, [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }]);

  expect((await api.request('GET', '/api/v1/namespaces/default/pods', undefined, { user: JANE })).status).toBe(200);
  expect((await api.request('GET', '/api/v1/namespaces/kube-system/pods', undefined, { user: JANE })).status).toBe(403);
  await api.request('DELETE', `${RBAC}/namespaces/default/rolebindings/r`);
  expect((await api.request('GET', '/api/v1/namespaces/default/pods', undefined, { user: JANE })).status).toBe(403);
});

test('resourceNames and subresources are told apart', async () => {
  await using api = await startApi();
  await grant(api, [{ verbs: ['get'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['a'] }]);
  const get = async (name: string) => (await api.request('GET', `/api/v1/namespaces/default/configmaps/${name}`, undefined, { user: JANE })).status;

  expect([await get('a'), await get('b')]).toEqual([404, 403]);
});

test('nobody grants what they do not have', async () => {
  await using api = await startApi();
  await grant(api, [
    { verbs: ['create'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'] },
    { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
  ]);
  const create = (rules: Json, name: string) => api.request('POST', `${RBAC}/namespaces/default/roles`, { metadata: { name }, rules }, { user: JANE });

  const held = await create([{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }], 'held');
  const more = await create([{ verbs: ['get', 'delete'], apiGroups: [''], resources: ['pods'] }], 'more');
  const bind = await api.request('POST', `${RBAC}/namespaces/default/rolebindings`, {
    metadata: { name: 'admin' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' }, subjects: [],
  }, { user: JANE });

  expect([held.status, more.status, bind.status]).toEqual([201, 403, 403]);
  expect(more.body.message).toBe('roles.rbac.authorization.k8s.io "more" is forbidden: user "jane" (groups=["system:authenticated"]) is attempting to ' +
    'grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}');
});

test('reviews answer for oneself and for others', async () => {
  await using api = await startApi();
  await grant(api, [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }]);
  const resourceAttributes = { namespace: 'default', verb: 'get', resource: 'pods' };

  const self = await api.request('POST', `${AUTHZ}/selfsubjectaccessreviews`, { spec: { resourceAttributes } }, { user: JANE });
  const other = await api.request('POST', `${AUTHZ}/subjectaccessreviews`, { spec: { user: 'joe', resourceAttributes } });
  const rules = await api.request('POST', `${AUTHZ}/selfsubjectrulesreviews`, { spec: { namespace: 'default' } }, { user: JANE });
  const whoami = await api.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { user: JANE });

  expect(self.status).toBe(201);
  expect(self.body.status.allowed).toBe(true);
  expect(self.body.status.reason).toBe('RBAC: allowed by RoleBinding "r/default" of Role "r" to User "jane"');
  expect(other.body.status).toEqual({ allowed: false });
  expect(rules.body.status.resourceRules).toContainEqual({ verbs: ['get'], apiGroups: [''], resources: ['pods'] });
  expect(whoami.body.status.userInfo).toEqual({ username: 'jane', groups: ['system:authenticated'] });
});

test('impersonation needs the right to it', async () => {
  await using api = await startApi();
  const headers = { 'impersonate-user': 'jane', 'impersonate-group': 'dev' };

  const allowed = await api.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { headers });
  const refused = await api.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { headers, user: { username: 'joe', groups: [] } });

  expect(allowed.body.status.userInfo).toEqual({ username: 'jane', groups: ['dev', 'system:authenticated'] });
  expect(refused.status).toBe(403);
  expect(refused.body.message).toBe('users "jane" is forbidden: User "joe" cannot impersonate resource "users" in API group "" at the cluster scope');
});

async function accountToken(api: TestApi, pod?: { name: string; uid: string }) {
  const { body: account } = await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'robot' } });
  const tokens = new Tokens({ config: { issuer: ISSUER, audiences: [ISSUER], signingKey: TEST_KEY }, clock: api.clock, random: systemRandom });
  return tokens.sign({ namespace: 'default', serviceaccount: { name: 'robot', uid: account.metadata.uid }, ...(pod ? { pod } : {}) }, { audiences: [ISSUER], seconds: 600 });
}

const whoami = (api: TestApi, token: string) =>
  api.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { user: null, headers: { authorization: `Bearer ${token}` } });

test('a service account token names its account until it expires or the account is gone', async () => {
  await using api = await startApi();
  const { token } = await accountToken(api);

  const answer = await whoami(api, token);
  expect(answer.body.status.userInfo).toMatchObject({
    username: 'system:serviceaccount:default:robot', groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
  });
  await api.clock.advance(601_000);
  expect((await whoami(api, token)).status).toBe(401);
});

test('a token dies with the account, and one bound to a pod with the pod', async () => {
  await using api = await startApi();
  const { token } = await accountToken(api, { name: 'web', uid: 'u' });
  expect((await whoami(api, token)).status).toBe(401);

  await using second = await startApi();
  const { token: unbound } = await accountToken(second);
  expect((await whoami(second, unbound)).status).toBe(201);
  await second.request('DELETE', '/api/v1/namespaces/default/serviceaccounts/robot');
  const dead = await whoami(second, unbound);
  expect(dead.status).toBe(401);
  expect(dead.body).toMatchObject({ reason: 'Unauthorized', message: 'Unauthorized', code: 401 });
});

test('a tampered token, and one of another audience, are refused', async () => {
  await using api = await startApi();
  const { token } = await accountToken(api);

  const review = await api.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token, audiences: ['vault'] } });

  expect((await whoami(api, `${token.slice(0, -3)}abc`)).status).toBe(401);
  expect(review.body.status).toMatchObject({ authenticated: false });
});

test('a client certificate gives name and groups; nobody is anonymous', async () => {
  await using api = await startApi();

  const node = await api.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { certificate: { commonName: 'system:node:n1', organizations: ['system:nodes'] } });
  const nobody = await api.request('GET', '/api/v1/pods', undefined, { user: null });

  expect(node.body.status.userInfo).toEqual({ username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] });
  expect(nobody.body.message).toBe('pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope');
});

test('a node reads the secrets of its own pods and no others', async () => {
  await using api = await startApi();
  const node: UserInfo = { username: 'system:node:n1', groups: ['system:nodes'] };
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  for (const name of ['mine', 'other']) await api.request('POST', '/api/v1/namespaces/default/secrets', { metadata: { name } });
  const pod = await api.request('POST', '/api/v1/namespaces/default/pods', {
    metadata: { name: 'p' },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i', envFrom: [{ secretRef: { name: 'mine' } }] }] },
  });
  expect(pod.status).toBe(201);
  const get = async (name: string) => (await api.request('GET', `/api/v1/namespaces/default/secrets/${name}`, undefined, { user: node })).status;

  expect([await get('mine'), await get('other')]).toEqual([200, 403]);
});

test('a node reads the device claims of its own pods, and offers devices in its own name alone', async () => {
  await using api = await startApi({ kinds: builtinKinds });
  const as = { user: { username: 'system:node:n1', groups: ['system:nodes'] } };
  const [claims, slices] = ['/apis/resource.k8s.io/v1/namespaces/default/resourceclaims', '/apis/resource.k8s.io/v1/resourceslices'];
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  for (const name of ['named', 'made', 'other']) await api.request('POST', claims, { metadata: { name }, spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] } } });
  const spec = { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }], resourceClaims: [{ name: 'a', resourceClaimName: 'named' }, { name: 'b', resourceClaimTemplateName: 't' }] };
  const { body: pod } = await api.request('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'p' }, spec });
  await api.request('PUT', '/api/v1/namespaces/default/pods/p/status', { ...pod, status: { resourceClaimStatuses: [{ name: 'b', resourceClaimName: 'made' }] } });
  const read = await Promise.all(['named', 'made', 'other'].map(async (name) => (await api.request('GET', `${claims}/${name}`, undefined, as)).status));
  expect(read).toEqual([200, 200, 403]);

  const slice = (nodeName: string) => ({ metadata: { name: `gpus-${nodeName}` }, spec: { driver: 'gpu.example.com', nodeName, pool: { name: nodeName, generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'd' }] } });
  const foreign = await api.request('POST', slices, slice('n2'), as);
  expect([foreign.status, foreign.body.message]).toEqual([403, 'resourceslices.resource.k8s.io "gpus-n2" is forbidden: can only create ResourceSlice with the same NodeName as the requesting node']);
  await api.request('POST', slices, slice('n2'));
  const answers = [
    await api.request('POST', slices, slice('n1'), as), await api.request('GET', `${slices}/gpus-n1`, undefined, as), await api.request('GET', `${slices}?fieldSelector=spec.nodeName%3Dn1`, undefined, as),
    await api.request('GET', `${slices}/gpus-n2`, undefined, as), await api.request('DELETE', slices, undefined, as), await api.request('GET', slices, undefined, as),
    await api.request('DELETE', `${slices}?fieldSelector=spec.nodeName%3Dn1,spec.driver%3Dgpu.example.com`, undefined, as),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 403, 403, 403, 200]);
});

test('a node announces its own DNS endpoint, and touches no other slice', async () => {
  await using api = await startApi();
  const as = { user: { username: 'system:node:n1', groups: ['system:nodes'] }, headers: { 'content-type': 'application/merge-patch+json' } };
  const slices = '/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices';
  const slice = (name: string) => ({ metadata: { name }, addressType: 'IPv4', endpoints: [], ports: [] });
  await api.request('POST', slices, slice('kube-dns-n2'));

  const made = await api.request('POST', slices, slice('kube-dns-n1'), { user: as.user });
  const patched = await api.request('PATCH', `${slices}/kube-dns-n1`, { metadata: { labels: { a: 'b' } } }, as);
  const foreign = await api.request('PATCH', `${slices}/kube-dns-n2`, { metadata: { labels: { a: 'b' } } }, as);

  expect([made.status, patched.status, foreign.status]).toEqual([201, 200, 403]);
});

test('what every cluster starts with is there, and stays as others made it', async () => {
  await using first = await startApi({ config: { advertise: { address: '192.0.2.1', port: 6443 } } });
  const { body: view } = await first.request('GET', `${RBAC}/clusterroles/view`);
  const { body: service } = await first.request('GET', '/api/v1/namespaces/default/services/kubernetes');
  const before = first.driver.revision;
  await using again = await startApi({ driver: first.driver, config: { advertise: { address: '192.0.2.1', port: 6443 } } });

  expect(view.rules.length).toBeGreaterThan(5);
  expect(service.spec.clusterIP).toBe('10.96.0.1');
  expect((await again.request('GET', '/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical')).body.value).toBe(2_000_001_000);
  expect(again.driver.revision).toBe(before);
});

test('a token of another audience, another issuer, another key, or none, is nobody\'s', async () => {
  await using api = await startApi();
  const { body: account } = await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'robot' } });
  const claims = { namespace: 'default', serviceaccount: { name: 'robot', uid: account.metadata.uid } };
  const sign = async ({ issuer = ISSUER, audiences = [ISSUER], signingKey = TEST_KEY } = {}) =>
    (await new Tokens({ config: { issuer, audiences: [issuer], signingKey }, clock: api.clock, random: systemRandom }).sign(claims, { audiences, seconds: 600 })).token;
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const good = await sign();
  const [, payload] = good.split('.');
  const headed = (head: object) => `${Buffer.from(JSON.stringify(head)).toString('base64url')}.${payload}.`;

  expect((await whoami(api, good)).status).toBe(201);
  for (const [what, token] of Object.entries({
    audience: await sign({ audiences: ['vault'] }), issuer: await sign({ issuer: 'https://evil.example.com', audiences: [ISSUER] }),
    'swapped key': await sign({ signingKey: { ...(await exportJWK(privateKey)), alg: 'ES256', kid: 'test' } }),
    'alg none': headed({ alg: 'none' }), 'alg none of a known key': headed({ alg: 'none', kid: 'test', typ: 'JWT' }), 'alg None': headed({ alg: 'None' }),
    'no signature': good.slice(0, good.lastIndexOf('.') + 1), 'a secret in place of a key': `${headed({ alg: 'HS256', kid: 'test' })}${'A'.repeat(43)}`,
  })) {
    const { status, body } = await whoami(api, token);
    expect([what, status, body.reason]).toEqual([what, 401, 'Unauthorized']);
  }
});

test('a token bound to a pod dies with it, one bound to a Secret with that, and one of an account made anew is another\'s', async () => {
  await using api = await startApi();
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  await api.request('POST', accounts, { metadata: { name: 'robot' } });
  await api.request('POST', '/api/v1/namespaces/default/secrets', { metadata: { name: 's' } });
  await api.request('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'p' }, spec: { serviceAccountName: 'robot', containers: [{ name: 'c', image: 'i' }] } });
  const ask = async (boundObjectRef?: object): Promise<string> => (await api.request('POST', `${accounts}/robot/token`, { spec: boundObjectRef ? { boundObjectRef } : {} })).body.status.token;
  const [ofPod, ofSecret, ofAccount] = [await ask({ apiVersion: 'v1', kind: 'Pod', name: 'p' }), await ask({ apiVersion: 'v1', kind: 'Secret', name: 's' }), await ask()];
  const statuses = () => Promise.all([ofPod, ofSecret, ofAccount].map(async (token) => (await whoami(api, token)).status));

  expect(await statuses()).toEqual([201, 201, 201]);
  await api.request('DELETE', '/api/v1/namespaces/default/pods/p?gracePeriodSeconds=0');
  await api.clock.advance(11_000);
  expect(await statuses()).toEqual([401, 201, 201]);
  await api.request('DELETE', '/api/v1/namespaces/default/secrets/s');
  expect(await statuses()).toEqual([401, 401, 201]);
  await api.request('DELETE', `${accounts}/robot`);
  await api.request('POST', accounts, { metadata: { name: 'robot' } });
  expect(await statuses()).toEqual([401, 401, 401]);
});
