/** @kubernetes/client-node, the common JavaScript client, against a server over TLS. It needs no node: its streams are in streams.test.ts. */
import { AppsV1Api, CoreV1Api, KubeConfig, KubernetesObjectApi, makeInformer, PatchStrategy, setHeaderOptions, VersionApi, Watch, type V1ConfigMap, type V1Deployment } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silent } from '../../src/base/log.ts';
import { startApi, type TestApi } from '../../src/apiserver/testing/start-api.ts';
import { serve, type HttpServer } from '../../src/wire/node/http-server.ts';
import { AUTHORITY, JANE, SERVER } from '../../src/wire/node/testing/certificates.ts';

const NAMESPACE = 'default';
const MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
let api: TestApi;
let server: HttpServer;
let config: KubeConfig;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

beforeAll(async () => {
  api = await startApi();
  await api.request('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'jane' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
  });
  server = await serve(api.server.handler, { host: '127.0.0.1', port: 0, tls: SERVER, clientCa: AUTHORITY, log: silent });
  config = new KubeConfig();
  config.loadFromString(JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'c',
    clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${server.port}`, 'certificate-authority-data': base64(AUTHORITY) } }],
    users: [{ name: 'jane', user: { 'client-certificate-data': base64(JANE.cert), 'client-key-data': base64(JANE.key) } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'jane' } }],
  }));
});
afterAll(async () => {
  await server?.close();
  await api?.[Symbol.asyncDispose]();
});

/** Collects what is told, and waits for enough of it. */
function gathering<T>() {
  const all: T[] = [];
  let look = () => {};
  return {
    all,
    add(item: T) {
      all.push(item);
      look();
    },
    until: (enough: (all: readonly T[]) => boolean) => new Promise<readonly T[]>((resolve) => {
      look = () => enough(all) && resolve(all);
      look();
    }),
  };
}

const deployment = (name: string): V1Deployment => ({
  metadata: { name, labels: { app: name } },
  spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } } },
});

test('it reads the version, and creates, reads, lists, replaces and deletes', async () => {
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  expect((await config.makeApiClient(VersionApi).getCode()).major).toBe('1');

  const created = await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: { metadata: { generateName: 'note-', labels: { of: 'crud' } }, data: { a: '1' } } });
  const { name = '' } = created.metadata!;
  expect(name).toMatch(/^note-\w{5}$/);
  expect(created.metadata!.creationTimestamp).toBeInstanceOf(Date);
  expect((await core.listNamespacedConfigMap({ namespace: NAMESPACE, labelSelector: 'of=crud' })).items.map(({ data }) => data)).toEqual([{ a: '1' }]);
  const replaced = await core.replaceNamespacedConfigMap({ namespace: NAMESPACE, name, body: { ...created, data: { a: '2' } } });
  expect(replaced.data).toEqual({ a: '2' });
  await expect(core.replaceNamespacedConfigMap({ namespace: NAMESPACE, name, body: { ...created, data: {} } })).rejects.toMatchObject({ code: 409 });
  await core.deleteNamespacedConfigMap({ namespace: NAMESPACE, name });
  await expect(core.readNamespacedConfigMap({ namespace: NAMESPACE, name })).rejects.toMatchObject({ code: 404, body: expect.stringContaining(`configmaps \\"${name}\\" not found`) as string });

  await apps.createNamespacedDeployment({ namespace: NAMESPACE, body: deployment('web') });
  const scale = await apps.readNamespacedDeploymentScale({ namespace: NAMESPACE, name: 'web' });
  expect(scale.spec).toEqual({ replicas: 2 });
  await apps.replaceNamespacedDeploymentScale({ namespace: NAMESPACE, name: 'web', body: { ...scale, spec: { replicas: 3 } } });
  expect((await apps.readNamespacedDeployment({ namespace: NAMESPACE, name: 'web' })).spec?.replicas).toBe(3);
  const status = await apps.patchNamespacedDeploymentStatus({ namespace: NAMESPACE, name: 'web', body: { status: { readyReplicas: 1, replicas: 1 } } }, setHeaderOptions('Content-Type', PatchStrategy.MergePatch));
  expect(status.status?.readyReplicas).toBe(1);
  await apps.deleteNamespacedDeployment({ namespace: NAMESPACE, name: 'web', propagationPolicy: 'Background' });
});

test('every type of patch', async () => {
  const apps = config.makeApiClient(AppsV1Api);
  const at = { namespace: NAMESPACE, name: 'patched' };
  await apps.createNamespacedDeployment({ namespace: NAMESPACE, body: deployment('patched') });
  const patch = (body: unknown, type: string, more: object = {}) => apps.patchNamespacedDeployment({ ...at, body, ...more }, setHeaderOptions('Content-Type', type));

  expect((await patch([{ op: 'replace', path: '/spec/replicas', value: 4 }], PatchStrategy.JsonPatch)).spec?.replicas).toBe(4);
  expect((await patch({ metadata: { labels: { tier: 'x' } } }, PatchStrategy.MergePatch)).metadata?.labels).toEqual({ app: 'patched', tier: 'x' });
  const second = { spec: { template: { spec: { containers: [{ name: 'd', image: 'j' }] } } } };
  expect((await patch(second, PatchStrategy.StrategicMergePatch)).spec?.template.spec?.containers.map(({ name }) => name)).toEqual(['d', 'c']);
  const applied = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'patched' }, spec: { replicas: 7 } };
  await expect(patch(applied, PatchStrategy.ServerSideApply, { fieldManager: 'other' })).rejects.toMatchObject({ code: 409 });
  expect((await patch(applied, PatchStrategy.ServerSideApply, { fieldManager: 'other', force: true })).spec?.replicas).toBe(7);
  expect((await apps.readNamespacedDeployment(at)).metadata?.managedFields?.some(({ manager, operation }) => manager === 'other' && operation === 'Apply')).toBe(true);
});

test('objects of any kind, found by discovery', async () => {
  const objects = KubernetesObjectApi.makeApiClient(config);
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'any', namespace: NAMESPACE }, rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] };
  await objects.create(role);
  expect(await objects.read(role)).toMatchObject({ rules: role.rules });
  const patched = await objects.patch({ ...role, rules: [{ ...role.rules[0]!, verbs: ['list'] }] }, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch);
  expect(patched).toMatchObject({ rules: [{ verbs: ['list'] }] });
  expect((await objects.list('rbac.authorization.k8s.io/v1', 'Role', NAMESPACE)).items.map(({ metadata }) => metadata?.name)).toContain('any');
  await objects.delete(role);
});

test('a watch tells what happens, from a version on, until it is left', async () => {
  const core = config.makeApiClient(CoreV1Api);
  const { metadata } = await core.listNamespacedConfigMap({ namespace: NAMESPACE });
  const told = gathering<string>();
  const ended = gathering<unknown>();
  const watch = await new Watch(config).watch(MAPS, { resourceVersion: metadata?.resourceVersion, allowWatchBookmarks: true }, (phase: string, object: V1ConfigMap) => told.add(`${phase} ${object.metadata?.name}`), (error: unknown) => ended.add(error));
  await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: { metadata: { name: 'w' } } });
  await core.patchNamespacedConfigMap({ namespace: NAMESPACE, name: 'w', body: { data: { a: 'b' } } }, setHeaderOptions('Content-Type', PatchStrategy.MergePatch));
  await core.deleteNamespacedConfigMap({ namespace: NAMESPACE, name: 'w' });
  expect(await told.until((all) => all.length === 3)).toEqual(['ADDED w', 'MODIFIED w', 'DELETED w']);
  watch.abort();
  await ended.until((all) => all.length > 0);

  const gone = gathering<unknown>();
  await new Watch(config).watch(MAPS, { resourceVersion: 'x' }, () => {}, (error: unknown) => gone.add(error));
  expect(String((await gone.until((all) => all.length > 0))[0])).toMatch(/400|Bad Request|Invalid/i);
});

test('an informer lists, follows, and keeps its cache', async () => {
  const core = config.makeApiClient(CoreV1Api);
  await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: { metadata: { name: 'before', labels: { of: 'informer' } } } });
  const told = gathering<string>();
  const informer = makeInformer<V1ConfigMap>(config, MAPS, () => core.listNamespacedConfigMap({ namespace: NAMESPACE, labelSelector: 'of=informer' }), 'of=informer');
  for (const event of ['add', 'update', 'delete'] as const) informer.on(event, ({ metadata }) => told.add(`${event} ${metadata?.name}`));
  await informer.start();

  await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: { metadata: { name: 'after', labels: { of: 'informer' } } } });
  await told.until((all) => all.includes('add after'));
  await core.patchNamespacedConfigMap({ namespace: NAMESPACE, name: 'after', body: { data: { a: 'b' } } }, setHeaderOptions('Content-Type', PatchStrategy.MergePatch));
  await told.until((all) => all.includes('update after'));
  expect(informer.get('after', NAMESPACE)?.data).toEqual({ a: 'b' });
  // Out of the selector is gone.
  await core.patchNamespacedConfigMap({ namespace: NAMESPACE, name: 'before', body: { metadata: { labels: null } } }, setHeaderOptions('Content-Type', PatchStrategy.MergePatch));
  await told.until((all) => all.includes('delete before'));
  expect(informer.list(NAMESPACE)?.map(({ metadata }) => metadata?.name)).toEqual(['after']);
  expect(told.all.filter((one) => one.startsWith('add'))).toEqual(['add before', 'add after']);
  await informer.stop();
});
