import { expect, test } from 'vitest';
import type { Json } from '../../testing/start-api.ts';
import { duplexPair } from '../../../wire/duplex.ts';
import { allow, configure, deny, hook, patch, rule, startHooked, text } from './testing/hooked.ts';

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

test('what a webhook patches of a command is what is run', async () => {
  const urls: string[] = [];
  const [near] = duplexPair();
  const kubelet = async (_node: unknown, { url }: { readonly url: string }) => (urls.push(url), text('{}'));
  await using api = await startHooked({
    '/patch': () => patch({ op: 'replace', path: '/command', value: ['audited', 'ls'] }, { op: 'add', path: '/container', value: 'other' }, { op: 'remove', path: '/stdout' }),
    '/after': accept,
  }, { config: { kubelet } });
  await api.request('POST', '/api/v1/nodes', { metadata: { name: 'n' } });
  await api.request('PATCH', '/api/v1/nodes/n/status', { status: { addresses: [{ type: 'InternalIP', address: '192.0.2.7' }] } }, { headers: { 'content-type': 'application/merge-patch+json' } });
  await api.request('POST', PODS, { ...pod, spec: { nodeName: 'n', containers: [...pod.spec.containers, { name: 'other', image: 'i' }] } });
  await configure(api, 'Mutating', { webhooks: [hook('/patch', rule('pods/exec', { operations: ['CONNECT'] }))] });
  await configure(api, 'Validating', { webhooks: [hook('/after', rule('pods/exec', { operations: ['CONNECT'] }))] });

  await api.raw('POST', `${PODS}/p/exec?container=c&command=ls&stdout=true&stderr=true`, undefined, { upgrade: near, headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1' } });

  expect(urls).toEqual(['/exec/default/p/other?error=1&command=audited&command=ls']);
  expect(api.asked.at(-1)).toMatchObject({ path: '/after', request: { object: { kind: 'PodExecOptions', command: ['audited', 'ls'], container: 'other', stderr: true } } });
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
