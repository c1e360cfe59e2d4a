import { expect, test } from 'vitest';
import { builtinKinds } from '../../kinds/index.ts';
import { startApi } from '../testing/start-api.ts';
import { comparePriority } from './version-order.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';
const start = () => startApi({ kinds: builtinKinds });

test('the core group lists pods with their subresources', async () => {
  await using api = await start();
  const { body } = await api.request('GET', '/api/v1');
  const byName = new Map((body.resources as { name: string }[]).map((one) => [one.name, one]));
  expect(body).toMatchObject({ kind: 'APIResourceList', groupVersion: 'v1' });
  expect(byName.get('pods')).toEqual({
    name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', shortNames: ['po'], categories: ['all'], storageVersionHash: 'xPOwRZ+Yhw8=',
    verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
  });
  expect(byName.get('pods/status')).toEqual({ name: 'pods/status', singularName: '', namespaced: true, kind: 'Pod', verbs: ['get', 'patch', 'update'] });
  expect(byName.get('pods/eviction')).toMatchObject({ group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] });
  expect(byName.get('serviceaccounts/token')).toMatchObject({ group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' });
});

test('groups name their versions, the preferred one first', async () => {
  await using api = await start();
  const { body } = await api.request('GET', '/apis');
  const groups = body.groups as { name: string; preferredVersion: unknown }[];
  expect(groups.find(({ name }) => name === 'apps')).toEqual({ name: 'apps', versions: [{ groupVersion: 'apps/v1', version: 'v1' }], preferredVersion: { groupVersion: 'apps/v1', version: 'v1' } });
  expect(groups.find(({ name }) => name === 'autoscaling')!.preferredVersion).toEqual({ groupVersion: 'autoscaling/v2', version: 'v2' });
  expect((await api.request('GET', '/apis/apps')).body).toMatchObject({ kind: 'APIGroup', apiVersion: 'v1', name: 'apps' });
  expect((await api.request('GET', '/apis/none')).status).toBe(404);
  expect(['v1beta1', 'v2', 'v1alpha1', 'v1'].toSorted(comparePriority)).toEqual(['v2', 'v1', 'v1beta1', 'v1alpha1']);
});

test('aggregated discovery has everything at once, and 304 for who knows it already', async () => {
  await using api = await start();
  const first = await api.request('GET', '/apis', undefined, { headers: { accept: AGGREGATED } });
  expect(first.headers['content-type']).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
  const apps = (first.body.items as { metadata: { name: string }; versions: { resources: { resource: string; subresources?: unknown }[] }[] }[]).find(({ metadata }) => metadata.name === 'apps')!;
  expect(apps.versions[0]!.resources.find(({ resource }) => resource === 'deployments')).toMatchObject({
    responseKind: { group: 'apps', version: 'v1', kind: 'Deployment' }, scope: 'Namespaced', singularResource: 'deployment', shortNames: ['deploy'],
    subresources: [{ subresource: 'scale', responseKind: { kind: 'Scale', group: 'autoscaling' } }, { subresource: 'status' }],
  });
  const again = await api.raw('GET', '/apis', undefined, { headers: { accept: AGGREGATED, 'if-none-match': first.headers['etag']! } });
  expect(again.status).toBe(304);
});

test('the OpenAPI index leads to documents whose references all resolve', async () => {
  await using api = await start();
  const { body: index } = await api.request('GET', '/openapi/v3');
  const paths = index.paths as Record<string, { serverRelativeURL: string }>;
  expect(Object.keys(paths)).toContain('apis/apps/v1');
  for (const { serverRelativeURL } of Object.values(paths)) {
    const { status, body, headers } = await api.request('GET', serverRelativeURL);
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('public, immutable');
    const schemas = (body.components as { schemas: object }).schemas;
    const wanted = [...JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]!);
    expect(wanted.filter((name) => !(name in schemas))).toEqual([]);
  }
});

test('OpenAPI v2 is JSON, or protobuf for old kubectl', async () => {
  await using api = await start();
  const json = await api.request('GET', '/openapi/v2');
  expect(json.body.definitions).toHaveProperty(['io.k8s.api.core.v1.PodSpec']);
  const protobuf = await api.raw('GET', '/openapi/v2', undefined, { headers: { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' } });
  expect(protobuf.headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
});
