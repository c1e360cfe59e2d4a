import { expect, test } from 'vitest';
import { CustomResourceDefinition } from '../../kinds/apiextensions/custom-resource-definition.ts';
import { ConfigMap } from '../../kinds/core/config-map.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { ResourceQuota } from '../../kinds/core/resource-quota.ts';
import { Service } from '../../kinds/core/service.ts';
import { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import type { Resource } from '../../meta/resource.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { resourceQuotaController } from './resource-quota.ts';

const at = { namespace: 'shop' };
const start = async (hard: Record<string, string>, more: object = {}): Promise<TestCluster> => {
  const cluster = await startControlled([resourceQuotaController]);
  await cluster.client.create(ResourceQuota, { metadata: { name: 'q', namespace: 'shop' }, spec: { hard, ...more } });
  await cluster.quiet();
  return cluster;
};
const pod = (name: string, requests: Record<string, string> = {}, spec: object = {}) =>
  ({ metadata: { name, namespace: 'shop' }, spec: { containers: [{ name: 'main', image: 'x', resources: { requests } }], ...spec } });
const used = async ({ client, quiet }: TestCluster) => {
  await quiet();
  return (await client.get(ResourceQuota, 'q', at)).status.used;
};
const why = (promise: Promise<unknown>) => promise.then(() => 'done', (error: Error) => error.message);

test('a quota starts with what is there, is charged by each creation, and gets back what goes', async () => {
  await using cluster = await start({ 'count/configmaps': '9', pods: '2', 'requests.cpu': '1', services: '1', 'services.nodeports': '1' });
  const { client } = cluster;
  expect(await used(cluster)).toEqual({ 'count/configmaps': '0', pods: '0', 'requests.cpu': '0', services: '0', 'services.nodeports': '0' });
  await client.create(Pod, pod('a', { cpu: '600m' }));
  await client.create(ConfigMap, { metadata: { name: 'c', namespace: 'shop' } });
  expect(await used(cluster)).toMatchObject({ pods: '1', 'requests.cpu': '600m', 'count/configmaps': '1' });
  expect(await why(client.create(Pod, pod('b', { cpu: '500m' })))).toBe(
    'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1');
  expect(await why(client.create(Pod, pod('b')))).toBe('pods "b" is forbidden: failed quota: q: must specify requests.cpu for: main');
  await client.create(Service, { metadata: { name: 's', namespace: 'shop' }, spec: { ports: [{ port: 80 }] } });
  expect(await why(client.patch(Service, 's', { type: 'merge', body: { spec: { type: 'NodePort', ports: [{ name: 'a', port: 80 }, { name: 'b', port: 81 }] } } }, at))).toBe(
    'services "s" is forbidden: exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1');
  await client.delete(Pod, 'a', { ...at, gracePeriodSeconds: 0 });
  expect(await used(cluster)).toMatchObject({ pods: '0', 'requests.cpu': '0' });
});

test('fifty creations side by side never exceed it, and as many succeed as there is room for', async () => {
  await using cluster = await start({ pods: '7' });
  const results = await Promise.all(Array.from({ length: 50 }, (_, n) => why(cluster.client.create(Pod, pod(`p${n}`)))));
  expect(results.filter((result) => result === 'done')).toHaveLength(7);
  expect((await cluster.client.list(Pod, at)).items).toHaveLength(7);
  expect(await used(cluster)).toEqual({ pods: '7' });
});

test('a dry run and a creation refused elsewhere cost nothing', async () => {
  await using cluster = await start({ pods: '1' });
  await cluster.client.create(Pod, pod('a'), { dryRun: true });
  expect(await why(cluster.client.create(Pod, pod('a', {}, { serviceAccountName: 'nobody' })))).toMatch(/serviceaccount "nobody" not found/);
  expect(await used(cluster)).toEqual({ pods: '0' });
});

test('custom resources are counted too, and what goes of them is found again', async () => {
  await using cluster = await start({ 'count/widgets.example.com': '1' });
  const { client, pass } = cluster;
  await client.create(CustomResourceDefinition, {
    metadata: { name: 'widgets.example.com' },
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }] },
  } as never);
  const widgets: Resource = { group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets', scope: 'Namespaced' };
  const widget = (name: string) => ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name, namespace: 'shop' } });
  await expect.poll(() => why(client.create(widgets, widget('a'))), { timeout: 60_000 }).toMatch(/^done$|already exists/);
  expect(await used(cluster)).toEqual({ 'count/widgets.example.com': '1' });
  expect(await why(client.create(widgets, widget('b')))).toBe(
    'widgets.example.com "b" is forbidden: exceeded quota: q, requested: count/widgets.example.com=1, used: count/widgets.example.com=1, limited: count/widgets.example.com=1');
  await client.delete(widgets, 'a', at);
  await pass(301);
  expect(await used(cluster)).toEqual({ 'count/widgets.example.com': '0' });
});

test('a pod that has ended makes room, but still counts as an object', async () => {
  await using cluster = await start({ pods: '1', 'count/pods': '2' });
  const made = await cluster.client.create(Pod, pod('a'));
  await cluster.client.updateStatus(Pod, { ...made, status: { ...made.status, phase: 'Succeeded' } });
  expect(await used(cluster)).toEqual({ pods: '0', 'count/pods': '1' });
  await cluster.client.create(Pod, pod('b'));
  expect(await why(cluster.client.create(Pod, pod('c')))).toBe(
    'pods "c" is forbidden: exceeded quota: q, requested: count/pods=1,pods=1, used: count/pods=2,pods=1, limited: count/pods=2,pods=1');
});

test.each([
  [{ scopes: ['BestEffort'] }, ['best']],
  [{ scopes: ['NotBestEffort'] }, ['burst', 'batch']],
  [{ scopes: ['Terminating'] }, ['batch']],
  [{ scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] }] } }, ['burst']],
])('%j takes only its own', async (scopes, names) => {
  await using cluster = await start({ pods: '9' }, scopes);
  await cluster.client.create(Pod, pod('best'));
  await cluster.client.create(Pod, pod('burst', { cpu: '1m' }, { priorityClassName: 'system-node-critical' }));
  await cluster.client.create(Pod, pod('batch', { cpu: '1m' }, { activeDeadlineSeconds: 60 }));
  expect(await used(cluster)).toEqual({ pods: String(names.length) });
});

test('a quota not yet counted admits nothing it limits', async () => {
  await using cluster = await startControlled([]);
  await cluster.client.create(ResourceQuota, { metadata: { name: 'q', namespace: 'shop' }, spec: { hard: { pods: '5' } } });
  expect(await why(cluster.client.create(Pod, pod('a')))).toBe('pods "a" is forbidden: status unknown for quota: q, resources: pods');
});

test('claims are charged for the devices of each class they ask for', async () => {
  await using cluster = await start({ 'gpu.deviceclass.resource.k8s.io/devices': '3' });
  const claim = (name: string, count: number) => cluster.client.create(ResourceClaim, {
    metadata: { name, namespace: 'shop' }, spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count } }] } },
  });
  await claim('a', 2);
  expect(await used(cluster)).toEqual({ 'gpu.deviceclass.resource.k8s.io/devices': '2' });
  expect(await why(claim('b', 2))).toBe(
    'resourceclaims.resource.k8s.io "b" is forbidden: exceeded quota: q, requested: gpu.deviceclass.resource.k8s.io/devices=2, used: gpu.deviceclass.resource.k8s.io/devices=2, limited: gpu.deviceclass.resource.k8s.io/devices=3');
  await cluster.client.delete(ResourceClaim, 'a', at);
  expect(await used(cluster)).toEqual({ 'gpu.deviceclass.resource.k8s.io/devices': '0' });
});
