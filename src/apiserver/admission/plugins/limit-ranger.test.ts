import { expect, test } from 'vitest';
import { type Json, startApi, type TestApi } from '../../testing/start-api.ts';

const BASE = '/api/v1/namespaces/default';
const pod = (resources: Json = {}, more: Json = {}) => ({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i', resources }], ...more } });

async function withLimits(...limits: Json[]): Promise<TestApi> {
  const api = await startApi();
  await api.request('POST', `${BASE}/serviceaccounts`, { metadata: { name: 'default' } });
  await api.request('POST', `${BASE}/limitranges`, { metadata: { name: 'l' }, spec: { limits } });
  return api;
}

test('containers that say nothing get the defaults, and an annotation tells so', async () => {
  await using api = await withLimits({ type: 'Container', default: { cpu: '500m', memory: '1Gi' }, defaultRequest: { cpu: '100m' } });

  const { body } = await api.request('POST', `${BASE}/pods`, pod({ limits: { cpu: '1' } }, { initContainers: [{ name: 'i', image: 'i' }] }));

  expect(body.spec.containers[0].resources).toEqual({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } });
  expect(body.spec.initContainers[0].resources).toEqual({ limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '100m', memory: '1Gi' } });
  expect(body.metadata.annotations['kubernetes.io/limit-ranger']).toBe(
    'LimitRanger plugin set: memory request for container c; memory limit for container c; cpu, memory request for init container i; cpu, memory limit for init container i');
});

test.each([
  [{ min: { cpu: '100m' } }, { requests: { cpu: '50m' } }, 'minimum cpu usage per Container is 100m, but request is 50m'],
  [{ max: { memory: '1Gi' }, default: {} }, { requests: { memory: '1Mi' }, limits: { memory: '2Gi' } }, 'maximum memory usage per Container is 1Gi, but limit is 2Gi'],
  [{ maxLimitRequestRatio: { cpu: '2' } }, { requests: { cpu: '100m' }, limits: { cpu: '500m' } }, 'cpu max limit to request ratio per Container is 2, but provided ratio is 5.000000'],
  [{ maxLimitRequestRatio: { cpu: '2' } }, {}, 'cpu max limit to request ratio per Container is 2, but no request is specified or request is 0'],
])('%j refuses %j', async (item, resources, message) => {
  await using api = await withLimits({ type: 'Container', ...item });

  const { status, body } = await api.request('POST', `${BASE}/pods`, pod(resources));

  expect(status).toBe(403);
  expect(body.message).toBe(`pods "p" is forbidden: ${message}`);
});

test('a pod is bounded as a whole, and all that is wrong is told', async () => {
  await using api = await withLimits({ type: 'Pod', max: { cpu: '1', memory: '1Gi' } });
  const container = (name: string) => ({ name, image: 'i', resources: { limits: { cpu: '600m', memory: '1Gi' } } });

  const { body } = await api.request('POST', `${BASE}/pods`, pod({}, { containers: [container('a'), container('b')] }));

  expect(body.message).toBe('pods "p" is forbidden: [maximum cpu usage per Pod is 1, but limit is 1200m, maximum memory usage per Pod is 1Gi, but limit is 2Gi]');
});

test('claims have bounds of their own', async () => {
  await using api = await withLimits({ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } });
  const claim = (storage: string) => ({ metadata: { name: `c-${storage.toLowerCase()}` }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } } });

  const answers = [];
  for (const size of ['512Mi', '1Gi', '3Gi']) answers.push((await api.request('POST', `${BASE}/persistentvolumeclaims`, claim(size))).body.message);

  expect(answers).toEqual([
    'persistentvolumeclaims "c-512mi" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 512Mi',
    undefined,
    'persistentvolumeclaims "c-3gi" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
  ]);
});
