import { expect, test } from 'vitest';
import { type Json, startApi, type TestApi } from '../testing/start-api.ts';

const PODS = '/api/v1/namespaces/default/pods';
const pod = (spec: Json = {}) => ({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });

async function withAccount(account: Json = {}): Promise<TestApi> {
  const api = await startApi();
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' }, ...account });
  return api;
}

test('a pod gets its account\'s token, CA and namespace as one volume', async () => {
  await using api = await withAccount();

  const { body } = await api.request('POST', PODS, pod());

  const [volume] = body.spec.volumes;
  expect(volume.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
  expect(volume.projected.sources.map((source: Json) => Object.keys(source)[0])).toEqual(['serviceAccountToken', 'configMap', 'downwardAPI']);
  expect(body.spec.containers[0].volumeMounts).toEqual([{ name: volume.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }]);
  expect(body.spec.serviceAccountName).toBe('default');
});

test('neither a pod nor an account that declines is given a token', async () => {
  await using api = await withAccount({ automountServiceAccountToken: false });

  expect((await api.request('POST', PODS, pod())).body.spec.volumes).toBeUndefined();
});

test('an account that is not there is named', async () => {
  await using api = await startApi();

  const { status, body } = await api.request('POST', PODS, pod({ serviceAccountName: 'robot' }));

  expect(status).toBe(403);
  expect(body.message).toBe('pods "p" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found');
});

test('a pod tolerates silent nodes for five minutes, unless it says otherwise', async () => {
  await using api = await withAccount();

  const { body } = await api.request('POST', PODS, pod({ tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }] }));

  expect(body.spec.tolerations).toEqual([
    { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 },
    { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
  ]);
});

test('a priority class becomes a number; an unknown one is refused', async () => {
  await using api = await withAccount();

  const plain = await api.request('POST', PODS, pod());
  const critical = await api.request('POST', PODS, { ...pod({ priorityClassName: 'system-node-critical' }), metadata: { name: 'q' } });
  const unknown = await api.request('POST', PODS, { ...pod({ priorityClassName: 'x' }), metadata: { name: 'r' } });

  expect(plain.body.spec).toMatchObject({ priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
  expect(critical.body.spec.priority).toBe(2_000_001_000);
  expect(unknown.body.message).toBe('pods "r" is forbidden: no PriorityClass with name x was found');
});

test('a node is born tainted as not ready', async () => {
  await using api = await startApi();

  const { body } = await api.request('POST', '/api/v1/nodes', { metadata: { name: 'n' } });

  expect(body.spec.taints).toEqual([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
});

test('a node writes itself and its own pods, and none of its neighbours\'', async () => {
  await using api = await withAccount();
  const as = { user: { username: 'system:node:n1', groups: ['system:nodes'] }, headers: { 'content-type': 'application/merge-patch+json' } };
  for (const name of ['n1', 'n2']) {
    await api.request('POST', '/api/v1/nodes', { metadata: { name } });
    await api.request('POST', PODS, { ...pod({ nodeName: name }), metadata: { name: `on-${name}` } });
  }
  const label = { metadata: { labels: { a: 'b' } } };
  const done = { status: { phase: 'Running' } };

  const allowed = [
    await api.request('PATCH', '/api/v1/nodes/n1', label, as), await api.request('PATCH', `${PODS}/on-n1/status`, done, as),
    await api.request('DELETE', `${PODS}/on-n1`, undefined, as),
  ];
  const refused = [
    await api.request('PATCH', '/api/v1/nodes/n2', label, as), await api.request('PATCH', `${PODS}/on-n2/status`, done, as),
    await api.request('DELETE', `${PODS}/on-n2`, undefined, as), await api.request('POST', PODS, { ...pod({ nodeName: 'n1' }), metadata: { name: 'x' } }, { user: as.user }),
  ];

  expect(allowed.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(refused.map(({ body }) => body.message)).toEqual([
    'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
    'pods "on-n2" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself',
    'pods "on-n2" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself',
    'pods "x" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
  ]);
});
