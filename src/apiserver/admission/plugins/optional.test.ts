/** Plugins that are off unless turned on. */
import { expect, test } from 'vitest';
import type { PluginConfigs } from '../../config.ts';
import { type Json, startApi, type TestApi } from '../../testing/start-api.ts';

const NAMESPACE = '/api/v1/namespaces/default';
const pod = (spec: object = {}): Json => ({ metadata: { name: 'web' }, spec: { containers: [{ name: 'a', image: 'b:1' }], ...spec } });

async function startWith(name: string, plugins: PluginConfigs = {}): Promise<TestApi> {
  const api = await startApi({ config: { admission: { enable: [name], plugins } } });
  await api.request('POST', `${NAMESPACE}/serviceaccounts`, { metadata: { name: 'default' } });
  return api;
}

test('AlwaysPullImages overrules every pull policy, and leaves alone what brings no image', async () => {
  await using api = await startWith('AlwaysPullImages');
  const patch = (path: string, body: object) => api.request('PATCH', `${NAMESPACE}/pods/web${path}`, body, { headers: { 'content-type': 'application/strategic-merge-patch+json' } });

  const { body } = await api.request('POST', `${NAMESPACE}/pods`, pod({ containers: [{ name: 'a', image: 'b:1', imagePullPolicy: 'Never' }], initContainers: [{ name: 'i', image: 'c:1' }] }));

  expect([body.spec.containers[0].imagePullPolicy, body.spec.initContainers[0].imagePullPolicy]).toEqual(['Always', 'Always']);
  expect((await patch('', { metadata: { labels: { a: 'b' } } })).status).toBe(200);
  expect((await patch('/ephemeralcontainers', { spec: { ephemeralContainers: [{ name: 'd', image: 'd:1', imagePullPolicy: 'IfNotPresent' }] } })).body.spec.ephemeralContainers[0].imagePullPolicy).toBe('Always');
});

test('ExtendedResourceToleration lets pods that ask for a device onto nodes tainted with its name', async () => {
  await using api = await startWith('ExtendedResourceToleration');
  const { body } = await api.request('POST', `${NAMESPACE}/pods`, pod({ containers: [{ name: 'a', image: 'b', resources: { limits: { 'example.com/gpu': '1', cpu: '1' } } }] }));
  expect(body.spec.tolerations).toContainEqual({ key: 'example.com/gpu', operator: 'Exists', effect: 'NoSchedule' });
  expect(body.spec.tolerations.filter(({ effect }: Json) => effect === 'NoSchedule')).toHaveLength(1);
});

test('PodNodeSelector adds what the namespace\'s annotation says, else the default, and refuses what contradicts it', async () => {
  await using api = await startWith('PodNodeSelector', { podNodeSelector: { clusterDefaultNodeSelector: 'pool=common', guarded: 'pool=guarded,disk=fast' } });
  const inGuarded = async (annotation: string | undefined, nodeSelector: object): Promise<Json> => {
    await api.request('POST', '/api/v1/namespaces', { metadata: { name: 'guarded' } });
    await api.request('POST', '/api/v1/namespaces/guarded/serviceaccounts', { metadata: { name: 'default' } });
    await api.request('PATCH', '/api/v1/namespaces/guarded', { metadata: { annotations: { 'scheduler.alpha.kubernetes.io/node-selector': annotation ?? null } } }, { headers: { 'content-type': 'application/merge-patch+json' } });
    return (await api.request('POST', '/api/v1/namespaces/guarded/pods?dryRun=All', pod({ nodeSelector }))).body;
  };

  expect((await api.request('POST', `${NAMESPACE}/pods`, pod({ nodeSelector: { a: 'b' } }))).body.spec.nodeSelector).toEqual({ pool: 'common', a: 'b' });
  expect((await inGuarded('pool=guarded', { disk: 'fast' })).spec.nodeSelector).toEqual({ pool: 'guarded', disk: 'fast' });
  expect((await inGuarded('pool=guarded', { pool: 'other' })).message).toBe('pods "web" is forbidden: pod node label selector conflicts with its namespace node label selector');
  expect((await inGuarded('pool=guarded', { room: 'x' })).message).toBe('pods "web" is forbidden: pod node label selector labels conflict with its namespace whitelist');
});

test('PodNodeSelector knows names and labels for what they are', async () => {
  await using api = await startWith('PodNodeSelector', { podNodeSelector: { clusterDefaultNodeSelector: 'constructor=x' } });
  await api.request('POST', '/api/v1/namespaces', { metadata: { name: 'constructor' } });
  await api.request('POST', '/api/v1/namespaces/constructor/serviceaccounts', { metadata: { name: 'default' } });
  expect((await api.request('POST', '/api/v1/namespaces/constructor/pods', pod())).body.spec?.nodeSelector).toEqual({ constructor: 'x' });
});

test('EventRateLimit lets in a burst, then a number a second, each user by itself', async () => {
  await using api = await startWith('EventRateLimit', { eventRateLimit: [{ type: 'User', qps: 1, burst: 2, cacheSize: 10 }] });
  const tell = (username = 'one') => api.request('POST', `${NAMESPACE}/events`, { metadata: { generateName: 'e' }, involvedObject: { namespace: 'default' } }, { user: { username, groups: ['system:masters'] } });

  expect([(await tell()).status, (await tell()).status]).toEqual([201, 201]);
  const third = await tell();
  expect([third.status, third.body.reason, third.body.message]).toEqual([429, 'TooManyRequests', 'Too many requests: limit reached on type User for key one']);
  expect((await tell('other')).status).toBe(201);
  await api.clock.advance(1000);
  expect((await tell()).status).toBe(201);
});
