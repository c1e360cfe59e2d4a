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
