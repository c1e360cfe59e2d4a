import { expect, test } from 'vitest';
import type { Json } from '../../testing/start-api.ts';
import { allow, configure, deny, hook, patch, rule, startHooked } from './testing/hooked.ts';

const PODS = '/api/v1/namespaces/default/pods';
const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const accept = () => allow;

test('a Scale is shown as one, and what is patched of it is what the object is scaled to', async () => {
  await using api = await startHooked({ '/scale': () => patch({ op: 'replace', path: '/spec/replicas', value: 4 }) });
  const sets = '/apis/apps/v1/namespaces/default/replicasets';
  await api.request('POST', sets, { metadata: { name: 'r' }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } });
  await configure(api, 'Mutating', { webhooks: [hook('/scale', rule('replicasets/scale'))] });

  const { body } = await api.request('PUT', `${sets}/r/scale`, { metadata: { name: 'r' }, spec: { replicas: 2 } });

  expect(body.spec.replicas).toBe(4);
  expect(api.asked[0]?.request).toMatchObject({
    kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, resource: { group: 'apps', version: 'v1', resource: 'replicasets' }, subResource: 'scale', operation: 'UPDATE',
    object: { kind: 'Scale', spec: { replicas: 2 } }, oldObject: { kind: 'Scale', spec: { replicas: 1 } },
  });
});

test('who connects to a pod is asked about with what is wanted of it', async () => {
  await using api = await startHooked({ '/connect': () => deny('no visitors') });
  await api.request('POST', PODS, pod);
  await configure(api, 'Validating', { webhooks: [hook('/connect', rule('pods/exec', { operations: ['CONNECT'] })), hook('/connect', { name: 'attach.example.com', ...rule('pods/attach', { operations: ['CONNECT'] }) })] });

  const exec = await api.request('POST', `${PODS}/p/exec?container=c&command=ls&command=-l&stdout=true`);
  const attach = await api.request('GET', `${PODS}/p/attach?stdin=true`);

  expect([exec.body.message, attach.status]).toEqual(['admission webhook "connect.example.com" denied the request: no visitors', 400]);
  expect(api.asked.map(({ request }) => [request.operation, request.subResource, request.kind.kind, request.object])).toEqual([
    ['CONNECT', 'exec', 'PodExecOptions', { kind: 'PodExecOptions', apiVersion: 'v1', stdout: true, container: 'c', command: ['ls', '-l'] }],
    ['CONNECT', 'attach', 'PodAttachOptions', { kind: 'PodAttachOptions', apiVersion: 'v1', stdin: true, container: '' }],
  ]);
});

test('evictions, bindings and requests for tokens are shown as what they are', async () => {
  await using api = await startHooked({ '/evict': () => deny('stay'), '/bind': accept, '/token': ({ object }) => (object.spec.expirationSeconds > 3600 ? deny('too long') : allow) });
  await api.request('POST', PODS, pod);
  await configure(api, 'Validating', { webhooks: [hook('/evict', rule('pods/eviction')), hook('/bind', rule('pods/binding')), hook('/token', rule('serviceaccounts/token'))] });
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } };

  const answers: Json[] = [
    await api.request('POST', `${PODS}/p/eviction`, eviction),
    await api.request('POST', `${PODS}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } }),
    await api.request('POST', '/api/v1/namespaces/default/serviceaccounts/default/token', { spec: { expirationSeconds: 7200 } }),
  ];

  expect(answers.map(({ status }) => status)).toEqual([400, 201, 400]);
  expect(api.asked.map(({ request: { operation, kind, resource, subResource, object } }) => [operation, kind.kind, resource.resource, subResource, object.kind])).toEqual([
    ['CREATE', 'Eviction', 'pods', 'eviction', 'Eviction'], ['CREATE', 'Binding', 'pods', 'binding', 'Binding'], ['CREATE', 'TokenRequest', 'serviceaccounts', 'token', 'TokenRequest'],
  ]);
});
