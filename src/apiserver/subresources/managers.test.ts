import { expect, test } from 'vitest';
import { type Json, startApi, type TestApi } from '../testing/start-api.ts';

const MERGE = { headers: { 'content-type': 'application/merge-patch+json' } };
const APPLY = { headers: { 'content-type': 'application/apply-patch+yaml' } };
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const SCALABLE: readonly (readonly [url: string, spec: Json])[] = [
  ['/apis/apps/v1/namespaces/default/deployments', { selector: { matchLabels: { a: 'b' } }, template }],
  ['/apis/apps/v1/namespaces/default/replicasets', { selector: { matchLabels: { a: 'b' } }, template }],
  ['/apis/apps/v1/namespaces/default/statefulsets', { selector: { matchLabels: { a: 'b' } }, serviceName: 's', template }],
  ['/api/v1/namespaces/default/replicationcontrollers', { selector: { a: 'b' }, template }],
];
const named = (name: string) => `?fieldManager=${name}`;
const managers = async (api: TestApi, url: string): Promise<readonly Json[]> =>
  ((await api.request('GET', url)).body.metadata.managedFields ?? []).map(({ manager, operation, subresource = '', fieldsV1 }: Json) => [manager, operation, subresource, fieldsV1]);

test.each(SCALABLE)('whoever scales %s owns its replicas, by subresource scale', async (url, spec) => {
  await using api = await startApi();
  await api.request('POST', `${url}${named('maker')}`, { metadata: { name: 'x' }, spec: { ...spec, replicas: 1 } });
  const { body: scale } = await api.request('GET', `${url}/x/scale`);

  const put = await api.request('PUT', `${url}/x/scale${named('putter')}`, { ...scale, spec: { replicas: 2 } });
  const patched = await api.request('PATCH', `${url}/x/scale${named('patcher')}`, { spec: { replicas: 3 } }, MERGE);
  const before = await managers(api, `${url}/x`);
  const refused = await api.request('PATCH', `${url}/x/scale${named('applier')}`, { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'x' }, spec: { replicas: 4 } }, APPLY);
  const forced = await api.request('PATCH', `${url}/x/scale${named('applier')}&force=true`, { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'x' }, spec: { replicas: 4 } }, APPLY);
  const negative = await api.request('PATCH', `${url}/x/scale${named('applier')}`, { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'x' }, spec: { replicas: -4 } }, APPLY);
  const elsewhere = await api.request('PUT', `${url}/x/scale`, { ...scale, metadata: { name: 'y' } });
  const replicas = { 'f:spec': { 'f:replicas': {} } };

  expect([put.body.spec, patched.body.spec, forced.body.spec]).toEqual([{ replicas: 2 }, { replicas: 3 }, { replicas: 4 }]);
  expect(before.filter(([, , subresource]) => subresource === 'scale')).toEqual([['patcher', 'Update', 'scale', replicas]]);
  expect([refused.status, refused.body.message]).toEqual([409, 'Apply failed with 1 conflict: conflict with "patcher" with subresource "scale" using autoscaling/v1: .spec.replicas']);
  expect(refused.body.details.causes[0].field).toBe('.spec.replicas');
  expect((await managers(api, `${url}/x`)).filter(([, , subresource]) => subresource === 'scale')).toEqual([['applier', 'Apply', 'scale', replicas]]);
  expect(negative.body.message).toBe('Scale.autoscaling "x" is invalid: spec.replicas: Invalid value: -4: must be greater than or equal to 0');
  expect(elsewhere.body.message).toBe('the name of the object (y) does not match the name on the URL (x)');
});

test('a binding is nobody\'s, as upstream leaves it; status and ephemeral containers are their writers\'', async () => {
  await using api = await startApi();
  const pods = '/api/v1/namespaces/default/pods';
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  await api.request('POST', `${pods}${named('maker')}`, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } });

  const unnamed = await api.request('POST', `${pods}/p/binding`, { target: { name: 'n' } });
  await api.request('POST', `${pods}/p/binding${named('scheduler')}`, { metadata: { name: 'p' }, target: { name: 'n' } });
  await api.request('PATCH', `${pods}/p/status${named('kubelet')}`, { status: { phase: 'Running' } }, MERGE);
  await api.request('PATCH', `${pods}/p/ephemeralcontainers${named('debugger')}`, { spec: { ephemeralContainers: [{ name: 'd', image: 'i' }] } }, MERGE);
  const all = await managers(api, `${pods}/p`);

  expect(unnamed.body.message).toBe('name in URL does not match name in Binding object');
  expect(all.map(([manager, operation, subresource]) => [manager, operation, subresource])).toEqual([
    ['debugger', 'Update', 'ephemeralcontainers'], ['kubelet', 'Update', 'status'], ['maker', 'Update', ''],
  ]);
  expect(JSON.stringify(all)).not.toContain('f:nodeName');
});

test('finalizers are their writer\'s', async () => {
  await using api = await startApi();
  await api.request('POST', `/api/v1/namespaces${named('maker')}`, { metadata: { name: 'x' } });
  const { body } = await api.request('GET', '/api/v1/namespaces/x');

  await api.request('PUT', `/api/v1/namespaces/x/finalize${named('finalizer')}`, { ...body, spec: { finalizers: ['kubernetes', 'example.com/more'] } });
  const elsewhere = await api.request('PUT', '/api/v1/namespaces/x/finalize', { ...body, metadata: { name: 'y' } });

  expect((await managers(api, '/api/v1/namespaces/x')).map(([manager, , subresource]) => [manager, subresource])).toContainEqual(['finalizer', 'finalize']);
  expect(elsewhere.status).toBe(400);
});
