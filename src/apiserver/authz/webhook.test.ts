import { expect, test } from 'vitest';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import type { BackendTarget } from '../config.ts';
import { readApiConfiguration } from '../configuration/read.ts';
import { type Json, startApi } from '../testing/start-api.ts';

const KUBECONFIG = `
clusters: [{ name: service, cluster: { server: https://authz.example.com/decide, certificate-authority: ca.pem } }]
users: [{ name: us, user: { token: s3cret } }]
contexts: [{ name: webhook, context: { cluster: service, user: us } }]
current-context: webhook
`;
const FILES: Readonly<Record<string, string>> = { '/etc/authz/kubeconfig': KUBECONFIG, '/etc/authz/ca.pem': 'CA' };
const read = (authorizers: string) => readApiConfiguration(`apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers: ${authorizers}\n`, {
  readText: async (path) => FILES[path] ?? Promise.reject(new Error(`open ${path}: no such file or directory`)),
});
const WEBHOOK = 'timeout: 3s, subjectAccessReviewVersion: v1, connectionInfo: { type: KubeConfigFile, kubeConfigFile: /etc/authz/kubeconfig }';
const asked = (more = 'failurePolicy: NoOpinion', before = '') => `[${before}{ type: Webhook, name: service, webhook: { ${WEBHOOK}, ${more} } }, { type: RBAC, name: rbac }]`;

/** A service that answers; undefined where it fails. */
function service(decide: (spec: Json) => Json | undefined) {
  const calls: { readonly target: BackendTarget; readonly request: ApiRequest; readonly review: Json }[] = [];
  const askBackend = async (target: BackendTarget, request: ApiRequest): Promise<ApiResponse> => {
    const review = JSON.parse(new TextDecoder().decode(request.body?.type === 'bytes' ? request.body.bytes : undefined));
    calls.push({ target, request, review });
    const status = decide(review.spec);
    if (status === undefined) throw new Error('connection refused');
    return { status: 200, headers: { 'content-type': 'application/json' }, body: { type: 'bytes', chunks: [new TextEncoder().encode(JSON.stringify({ ...review, status }))] } };
  };
  return { calls, askBackend };
}
const ANN = { username: 'ann', groups: ['dev'], uid: '7', extra: { tenant: ['t'] } };
const PODS = '/api/v1/namespaces/default/pods';

test('a webhook is asked what upstream asks, with its credentials, once for as long as its answer holds', async () => {
  const { calls, askBackend } = service(({ user }) => ({ allowed: user === 'ann', reason: 'so said' }));
  await using api = await startApi({ config: { askBackend, ...await read(asked()) } });
  const list = () => api.request('GET', `${PODS}?fieldSelector=spec.nodeName%3Da&labelSelector=app%20in%20(x,y),!old,n%3E3`, undefined, { user: ANN });

  expect((await list()).status).toBe(200);
  expect((await list()).status).toBe(200);
  expect(calls).toHaveLength(1);
  const [{ target, request, review }] = calls as [(typeof calls)[0]];
  expect(target).toEqual({ host: 'authz.example.com', port: 443, serverName: 'authz.example.com', caBundle: 'CA' });
  expect([request.url, request.headers['authorization']]).toEqual(['/decide?timeout=3s', 'Bearer s3cret']);
  expect(review).toMatchObject({
    apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview',
    spec: {
      user: 'ann', uid: '7', groups: ['dev', 'system:authenticated'], extra: { tenant: ['t'] },
      resourceAttributes: {
        namespace: 'default', verb: 'list', version: 'v1', resource: 'pods',
        fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['a'] }] },
        labelSelector: { requirements: [{ key: 'app', operator: 'In', values: ['x', 'y'] }, { key: 'old', operator: 'DoesNotExist' }] },
      },
    },
  });
  await api.clock.advance(300_000);
  await list();
  expect(calls).toHaveLength(2);
  expect((await api.request('GET', '/api', undefined, { user: ANN })).status).toBe(200);
  expect(calls[2]!.review.spec.nonResourceAttributes).toEqual({ path: '/api', verb: 'get' });
});

test('it may deny what those behind it would allow, and never the masters', async () => {
  const { calls, askBackend } = service(() => ({ allowed: false, denied: true, reason: 'not on Sundays' }));
  await using api = await startApi({ config: { askBackend, ...await read(asked()) } });
  const review = (user: string, groups: readonly string[]) => api.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec: { user, groups, nonResourceAttributes: { path: '/healthz', verb: 'get' } } });

  expect((await api.request('GET', '/healthz', undefined, { user: ANN })).body.message).toContain('cannot get path "/healthz": not on Sundays');
  expect((await review('ann', [])).body.status).toEqual({ allowed: false, denied: true, reason: 'not on Sundays' });
  expect((await review('eve', ['system:masters'])).body.status).toEqual({ allowed: true });
  expect(calls).toHaveLength(2);
});

test('one that fails has no opinion, and is told of where nobody allows; or it denies', async () => {
  const { askBackend } = service(() => undefined);
  for (const [policy, healthz] of [['NoOpinion', 200], ['Deny', 500]] as const) {
    await using api = await startApi({ config: { askBackend, ...await read(asked(`failurePolicy: ${policy}`)) } });
    expect((await api.request('GET', '/healthz', undefined, { user: ANN })).status, policy).toBe(healthz);
    const refused = await api.request('GET', PODS, undefined, { user: ANN });
    expect([refused.status, refused.body.message]).toEqual([500, 'Internal error occurred: Post "https://authz.example.com/decide?timeout=3s": connection refused']);
  }
});

test('it is asked only where its conditions hold', async () => {
  const { calls, askBackend } = service(() => ({ allowed: true }));
  const conditions = 'failurePolicy: Deny, matchConditionSubjectAccessReviewVersion: v1, matchConditions: [{ expression: "has(request.resourceAttributes)" }, { expression: "request.resourceAttributes.namespace == \'default\' && \'dev\' in request.groups" }]';
  await using api = await startApi({ config: { askBackend, ...await read(asked(conditions)) } });
  const status = async (url: string) => (await api.request('GET', url, undefined, { user: ANN })).status;

  expect([await status(PODS), await status('/api/v1/namespaces/kube-system/pods'), await status('/logs')]).toEqual([200, 403, 403]);
  expect(calls).toHaveLength(1);
});

test('selectors of a review are passed on, and what says nothing is told', async () => {
  const { calls, askBackend } = service(() => ({ allowed: true }));
  await using api = await startApi({ config: { askBackend, ...await read(asked()) } });
  const review = (attributes: object) => api.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec: { user: 'ann', resourceAttributes: { verb: 'list', resource: 'pods', ...attributes } } });

  expect((await review({ fieldSelector: { rawSelector: 'spec.nodeName!=a' }, labelSelector: { requirements: [{ key: 'app', operator: 'Exists' }] } })).body.status).toEqual({ allowed: true });
  expect(calls[0]!.review.spec.resourceAttributes).toMatchObject({ fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'NotIn', values: ['a'] }] }, labelSelector: { requirements: [{ key: 'app', operator: 'Exists' }] } });
  expect((await review({ fieldSelector: { requirements: [{ key: 'a', operator: 'In', values: ['x', 'y'] }, { key: 'b', operator: 'In', values: ['z'] }] }, labelSelector: { rawSelector: '%' } })).body.status.evaluationError)
    .toBe('spec.resourceAttributes.fieldSelector partially ignored due to parse error; spec.resourceAttributes.labelSelector ignored due to parse error');
});

test('a policy\'s expression has the webhook\'s answer too', async () => {
  const { askBackend } = service(({ user, resourceAttributes }) => ({ allowed: user === 'ann' && (resourceAttributes?.verb !== 'steal' || resourceAttributes.name === 'mine') }));
  await using api = await startApi({ config: { askBackend, ...await read(asked()) } });
  const ADMISSION = '/apis/admissionregistration.k8s.io/v1';
  await api.request('POST', `${ADMISSION}/validatingadmissionpolicies`, {
    metadata: { name: 'own' }, spec: {
      matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }] },
      validations: [{ expression: 'authorizer.group("").resource("pods").name(object.metadata.name).check("steal").allowed()', message: 'not yours' }],
    },
  });
  await api.request('POST', `${ADMISSION}/validatingadmissionpolicybindings`, { metadata: { name: 'own' }, spec: { policyName: 'own', validationActions: ['Deny'] } });
  const make = async (name: string) => (await api.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name } }, { user: ANN })).status;

  expect([await make('mine'), await make('yours')]).toEqual([201, 422]);
});

const webhook = (fields: string) => `[{ type: Webhook, name: x, webhook: { ${fields} } }]`;
test.each([
  ['[]', 'authorizers: Required value: at least one authorization mode must be defined'],
  ['[{ name: x }]', 'authorizers[0].type: Required value'],
  ['[{ type: Oracle, name: x }]', 'authorizers[0].type: Unsupported value: "Oracle": supported values: "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"'],
  ['[{ type: RBAC, name: a }, { type: RBAC, name: b }]', 'authorizers[1].type: Duplicate value: "RBAC"'],
  ['[{ type: RBAC, name: a }, { type: Node, name: a }]', 'authorizers[1].name: Duplicate value: "a"'],
  ['[{ type: Webhook, name: a }]', 'authorizers[0].webhook: Required value: required when type=Webhook'],
  ['[{ type: RBAC, name: a, webhook: {} }]', 'authorizers[0].webhook: Invalid value: "non-null": may only be specified when type=Webhook'],
  [webhook(''), '[authorizers[0].timeout: Required value, authorizers[0].subjectAccessReviewVersion: Required value, authorizers[0].failurePolicy: Required value, authorizers[0].connectionInfo.type: Required value]'],
  [webhook(`${WEBHOOK.replace('3s', '40s')}, failurePolicy: Deny`), 'authorizers[0].timeout: Invalid value: "40s": must be > 0s and <= 30s'],
  [webhook(`${WEBHOOK.replace('/etc', 'etc')}, failurePolicy: Deny`), 'authorizers[0].connectionInfo.kubeConfigFile: Invalid value: "etc/authz/kubeconfig": must be an absolute path'],
  [webhook(`${WEBHOOK.replace('/etc', '/gone')}, failurePolicy: Deny`), 'error loading file: open /gone/authz/kubeconfig: no such file or directory'],
  [webhook(`${WEBHOOK}, failurePolicy: Deny, matchConditions: [{ expression: "true" }]`), 'authorizers[0].matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified'],
  [webhook(`${WEBHOOK}, failurePolicy: Deny, matchConditionSubjectAccessReviewVersion: v1, matchConditions: [{ expression: "request.resource" }]`), 'authorizers[0].matchConditions[0].expression: Invalid value: "request.resource": compilation failed'],
])('a configuration that means nothing is refused: %s', async (authorizers, why) => {
  await expect(read(authorizers)).rejects.toThrow(why);
});
