import { expect, test } from 'vitest';
import { duplexPair } from '../../wire/duplex.ts';
import { type Json, startApi, type StartApi, type TestApi } from '../testing/start-api.ts';

const PODS = '/api/v1/namespaces/default/pods';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const MERGE = { headers: { 'content-type': 'application/merge-patch+json' } };

async function withPod(more: Json = {}, options: StartApi = {}): Promise<TestApi> {
  const api = await startApi(options);
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  const { status } = await api.request('POST', PODS, { metadata: { name: 'p', labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] }, ...more });
  expect(status).toBe(201);
  return api;
}

async function withDeployment(): Promise<TestApi> {
  const api = await startApi();
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  await api.request('POST', DEPLOYMENTS, { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } });
  return api;
}

test('status is written apart: neither side touches the other', async () => {
  await using api = await withDeployment();
  const { body: first } = await api.request('GET', `${DEPLOYMENTS}/d`);

  const status = await api.request('PUT', `${DEPLOYMENTS}/d/status`, { ...first, spec: { ...first.spec, replicas: 9 }, status: { replicas: 3 } });
  const spec = await api.request('PUT', `${DEPLOYMENTS}/d`, { ...status.body, spec: { ...status.body.spec, replicas: 2 }, status: { replicas: 7 } });

  expect(status.body.status.replicas).toBe(3);
  expect(status.body.spec.replicas).toBe(1);
  expect(status.body.metadata.generation).toBe(1);
  expect(spec.body.spec.replicas).toBe(2);
  expect(spec.body.status.replicas).toBe(3);
});

test('scale shows and sets replicas', async () => {
  await using api = await withDeployment();

  const read = await api.request('GET', `${DEPLOYMENTS}/d/scale`);
  const set = await api.request('PUT', `${DEPLOYMENTS}/d/scale`, { ...read.body, spec: { replicas: 4 } });
  const patched = await api.request('PATCH', `${DEPLOYMENTS}/d/scale`, { spec: { replicas: 5 } }, MERGE);
  const stale = await api.request('PUT', `${DEPLOYMENTS}/d/scale`, { ...read.body, spec: { replicas: 6 } });
  const negative = await api.request('PATCH', `${DEPLOYMENTS}/d/scale`, { spec: { replicas: -1 } }, MERGE);

  expect(read.body).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name: 'd', namespace: 'default' }, spec: { replicas: 1 }, status: { selector: 'a=b' } });
  expect([set.body.spec.replicas, patched.body.spec.replicas]).toEqual([4, 5]);
  expect((await api.request('GET', `${DEPLOYMENTS}/d`)).body).toMatchObject({ spec: { replicas: 5 }, metadata: { generation: 3 } });
  expect(stale.status).toBe(409);
  expect(negative.body.message).toBe('Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0');
});

test('binding assigns a pod once', async () => {
  await using api = await withPod();
  const binding = { kind: 'Binding', apiVersion: 'v1', metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } };

  const first = await api.request('POST', `${PODS}/p/binding`, binding);
  const again = await api.request('POST', `${PODS}/p/binding`, binding);
  const nowhere = await api.request('POST', `${PODS}/p/binding`, { ...binding, target: {} });
  const { body: pod } = await api.request('GET', `${PODS}/p`);

  expect(first.body).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
  expect(pod.spec.nodeName).toBe('n1');
  expect(pod.status.conditions).toContainEqual(expect.objectContaining({ type: 'PodScheduled', status: 'True' }));
  expect(again.status).toBe(409);
  expect(again.body.message).toBe('Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"');
  expect(nowhere.body.message).toBe('Binding "p" is invalid: target.name: Required value');
});

test('a token can be asked for, bound to a pod of the account', async () => {
  await using api = await withPod();
  const url = '/api/v1/namespaces/default/serviceaccounts/default/token';
  const { body: pod } = await api.request('GET', `${PODS}/p`);

  const { status, body } = await api.request('POST', url, {
    spec: { expirationSeconds: 1200, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: pod.metadata.uid } },
  });
  const short = await api.request('POST', url, { spec: { expirationSeconds: 5 } });
  const who = await api.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { user: null, headers: { authorization: `Bearer ${body.status.token}` } });

  expect(status).toBe(201);
  expect(body.status.expirationTimestamp).toBe('2026-01-01T00:20:00Z');
  expect(who.body.status.userInfo).toMatchObject({ username: 'system:serviceaccount:default:default', extra: { 'authentication.kubernetes.io/pod-name': ['p'] } });
  expect(short.body.message).toBe('TokenRequest.authentication.k8s.io "default" is invalid: spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes');
});

test('eviction spends the budget and stops where it ends', async () => {
  await using api = await withPod();
  const pdbs = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
  await api.request('POST', pdbs, { metadata: { name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } } });
  await api.request('PATCH', `${PODS}/p/status`, { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }, MERGE);
  const state = { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 };
  await api.request('PATCH', `${pdbs}/b/status`, { status: state }, MERGE);
  const evict = (apiVersion: string) => api.request('POST', `${PODS}/p/eviction`, { kind: 'Eviction', apiVersion, metadata: { name: 'p' } });

  const refused = await evict('policy/v1beta1');
  await api.request('PATCH', `${pdbs}/b/status`, { status: { ...state, disruptionsAllowed: 1 } }, MERGE);
  const allowed = await evict('policy/v1');

  expect(refused.status).toBe(429);
  expect(refused.headers['retry-after']).toBeUndefined(); // clients would retry by themselves
  expect(refused.body).toMatchObject({
    reason: 'TooManyRequests', message: 'Cannot evict pod as it would violate the pod\'s disruption budget.',
    details: { causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget b needs 1 healthy pods and has 1 currently' }] },
  });
  expect(allowed.status).toBe(201);
  expect((await api.request('GET', `${PODS}/p`)).status).toBe(404);
  expect((await api.request('GET', `${pdbs}/b`)).body.status).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { p: '2026-01-01T00:00:00Z' } });
});

test('a namespace goes when its last finalizer is taken away', async () => {
  await using api = await startApi();
  await api.request('POST', '/api/v1/namespaces', { metadata: { name: 'x' } });
  await api.request('DELETE', '/api/v1/namespaces/x');
  const { body } = await api.request('GET', '/api/v1/namespaces/x');

  const { status } = await api.request('PUT', '/api/v1/namespaces/x/finalize', { ...body, spec: {} });

  expect(status).toBe(200);
  expect((await api.request('GET', '/api/v1/namespaces/x')).status).toBe(404);
});

test('logs and exec are asked of the pod\'s kubelet', async () => {
  const asked: string[] = [];
  await using api = await withPod({}, {
    config: {
      kubelet: async (node, { method, url, headers }) => {
        asked.push(`${method} ${node.address}:${node.port}${url} ${headers['authorization'] ?? ''}`);
        return { status: 200, headers: { 'content-type': 'text/plain' }, body: { type: 'bytes', chunks: [new TextEncoder().encode('hello\n')] } };
      },
    },
  });
  await api.request('POST', '/api/v1/nodes', { metadata: { name: 'n1' }, status: {} });
  await api.request('PATCH', '/api/v1/nodes/n1/status', { status: { addresses: [{ type: 'InternalIP', address: '192.0.2.7' }], daemonEndpoints: { kubeletEndpoint: { Port: 10250 } } } }, MERGE);

  const early = await api.request('GET', `${PODS}/p/log`);
  const noHost = await api.request('POST', `${PODS}/p/exec?command=sh`);
  await api.request('POST', `${PODS}/p/binding`, { metadata: { name: 'p' }, target: { name: 'n1' } });
  const log = await api.request('GET', `${PODS}/p/log?follow=true&tailLines=5`, undefined, { headers: { authorization: 'Bearer secret' } });
  const plain = await api.request('POST', `${PODS}/p/exec?command=sh&stdout=true`);
  await api.request('POST', `${PODS}/p/exec?command=sh&command=-c&stdin=true&stdout=true&tty=false`, undefined, { upgrade: duplexPair()[0] });
  const wrong = await api.request('GET', `${PODS}/p/log?container=x`);

  expect([early.status, early.text]).toEqual([200, '']);
  expect(noHost.body.message).toBe('pod p does not have a host assigned');
  expect(log.text).toBe('hello\n');
  expect([plain.status, plain.body.message]).toEqual([400, 'Upgrade request required']);
  expect(asked).toEqual([
    'GET 192.0.2.7:10250/containerLogs/default/p/c?follow=true&tailLines=5 ',
    'POST 192.0.2.7:10250/exec/default/p/c?input=1&output=1&command=sh&command=-c ',
  ]);
  expect(wrong.body.message).toBe('container x is not valid for pod p');
});

test('what a resource does not have answers 404, what it does not do 405', async () => {
  await using api = await withPod();

  expect((await api.request('GET', `${PODS}/p/nothing`)).status).toBe(404);
  expect((await api.request('DELETE', `${PODS}/p/binding`)).status).toBe(405);
  expect((await api.request('GET', '/api/v1/configmaps/x/scale')).status).toBe(404);
});

test.each([
  [`${DEPLOYMENTS}/d`, ['annotations', 'finalizers', 'ownerReferences']],
  [`${PODS}/p`, ['annotations', 'finalizers', 'labels']],
])('a status update of %s changes of metadata what upstream lets it: %j', async (path, changed) => {
  await using api = path.includes('pods') ? await withPod() : await withDeployment();
  const { body: { metadata: before } } = await api.request('GET', path);
  const metadata = {
    labels: { x: 'y' }, annotations: { x: 'y' }, finalizers: ['example.com/x'],
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' }],
  };
  const { status, body } = await api.request('PATCH', `${path}/status`, { metadata }, MERGE);
  expect(status).toBe(200);
  const fields = ['annotations', 'finalizers', 'labels', 'ownerReferences'];
  expect(fields.filter((field) => JSON.stringify(body.metadata[field]) !== JSON.stringify(before[field]))).toEqual(changed);
});
