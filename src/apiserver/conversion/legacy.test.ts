import { expect, test } from 'vitest';
import { builtinKinds } from '../../kinds/index.ts';
import { FormerEndpointSlice, FormerPodDisruptionBudget, legacyKinds } from '../../kinds/legacy/index.ts';
import type { AnyObject } from '../../meta/object.ts';
import { encodeMessage } from '../../schema/protobuf/encode.ts';
import { wrap } from '../../schema/protobuf/envelope.ts';
import { type Json, startApi } from '../testing/start-api.ts';
import { fromBudget, toBudget } from './pod-disruption-budget.ts';

const start = () => startApi({ kinds: [...builtinKinds, ...legacyKinds] });
const SLICES = (version: string) => `/apis/discovery.k8s.io/${version}/namespaces/default/endpointslices`;
const BUDGETS = (version: string) => `/apis/policy/${version}/namespaces/default/poddisruptionbudgets`;
const CRON_JOBS = (version: string) => `/apis/batch/${version}/namespaces/default/cronjobs`;
const topology = { 'topology.kubernetes.io/zone': 'z', 'kubernetes.io/hostname': 'n', rack: '7' };
const slice = (name: string, more: Json = {}) => ({
  metadata: { name }, addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'], topology, nodeName: 'n', hints: { forZones: [{ name: 'z' }] } }], ports: [{ name: 'p', port: 80 }], ...more,
});

test('former versions are served only where they were asked for, and never preferred', async () => {
  await using plain = await startApi();
  await using api = await start();

  const policy = (await api.request('GET', '/apis/policy')).body;
  const list = (await api.request('GET', '/apis/policy/v1beta1')).body;
  const document = (await api.request('GET', '/openapi/v3/apis/discovery.k8s.io/v1beta1')).body;

  expect((await plain.request('GET', '/apis/policy/v1beta1')).status).toBe(404);
  expect(policy.preferredVersion.version).toBe('v1');
  expect(policy.versions.map(({ version }: Json) => version)).toEqual(['v1', 'v1beta1']);
  expect(list.resources.map(({ name }: Json) => name)).toEqual(['poddisruptionbudgets', 'poddisruptionbudgets/status']);
  expect(document.components.schemas['io.k8s.api.discovery.v1beta1.Endpoint'].properties).toHaveProperty('topology');
});

test('an endpoint\'s topology is nodeName and zone, and what else there was', async () => {
  await using api = await start();
  const watch = await api.watch(`${SLICES('v1')}?watch=1`);

  const made = await api.request('POST', SLICES('v1beta1'), slice('a'));
  const [{ object }] = await watch.take(1) as [Json];
  await api.request('PATCH', `${SLICES('v1')}/a`, [{ op: 'replace', path: '/endpoints/0/zone', value: 'y' }], { headers: { 'content-type': 'application/json-patch+json' } });
  const back = (await api.request('GET', `${SLICES('v1beta1')}/a`)).body;

  expect(made.body).toMatchObject({ apiVersion: 'discovery.k8s.io/v1beta1', endpoints: [{ topology, nodeName: 'n' }] });
  expect(object).toMatchObject({ apiVersion: 'discovery.k8s.io/v1', endpoints: [{ nodeName: 'n', zone: 'z', deprecatedTopology: { rack: '7' }, hints: { forZones: [{ name: 'z' }] } }] });
  expect(object.endpoints[0]).not.toHaveProperty('topology');
  expect(back.endpoints[0].topology).toEqual({ ...topology, 'topology.kubernetes.io/zone': 'y' });
  expect(back.metadata.uid).toBe(made.body.metadata.uid);
  watch.stop();
});

test('protobuf has the former version\'s field numbers, both ways', async () => {
  await using api = await start();
  const type = 'application/vnd.kubernetes.protobuf';
  const raw = encodeMessage(FormerEndpointSlice.schema, slice('a'));

  const made = await api.request('POST', SLICES('v1beta1'), wrap({ apiVersion: 'discovery.k8s.io/v1beta1', kind: 'EndpointSlice', raw }), { headers: { 'content-type': type } });
  const read = await api.raw('GET', `${SLICES('v1beta1')}/a`, undefined, { headers: { accept: type } });
  const { body } = made;

  expect(made.status).toBe(201);
  expect(body.endpoints[0]).toMatchObject({ topology, hints: { forZones: [{ name: 'z' }] } });
  expect(read.body?.type === 'bytes' && Buffer.concat([...read.body.chunks]).equals(wrap({ apiVersion: 'discovery.k8s.io/v1beta1', kind: 'EndpointSlice', raw: encodeMessage(FormerEndpointSlice.schema, body) }))).toBe(true);
});

test('a budget\'s empty selector is every pod in v1 and none in v1beta1', async () => {
  await using api = await start();
  const budget = (name: string, selector: Json) => ({ metadata: { name }, spec: { minAvailable: 1, selector } });

  await api.request('POST', BUDGETS('v1beta1'), budget('none', {}));
  await api.request('POST', BUDGETS('v1'), budget('all', {}));
  const read = async (version: string, name: string) => (await api.request('GET', `${BUDGETS(version)}/${name}`)).body.spec.selector;
  const term = (operator: string) => ({ matchExpressions: [{ key: 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match', operator }] });

  expect([await read('v1', 'none'), await read('v1beta1', 'none')]).toEqual([term('Exists'), {}]);
  expect([await read('v1', 'all'), await read('v1beta1', 'all')]).toEqual([{}, term('DoesNotExist')]);
});

test.each([{}, { matchLabels: { a: 'b' } }, { matchExpressions: [{ key: 'a', operator: 'Exists' }] }])('a selector %j survives the way there and back', (selector) => {
  const budget = { metadata: { name: 'b' }, spec: { selector } } as unknown as AnyObject;

  expect(fromBudget(toBudget(budget))).toEqual(budget);
  expect(toBudget(fromBudget(budget))).toEqual(budget);
});

test('a cron job is one object in both versions; either may apply, and status is written through either', async () => {
  await using api = await start();
  const apply = { headers: { 'content-type': 'application/apply-patch+yaml' } };
  const template = { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } } };

  const made = await api.request('PATCH', `${CRON_JOBS('v1beta1')}/c?fieldManager=m`, { apiVersion: 'batch/v1beta1', kind: 'CronJob', metadata: { name: 'c' }, spec: { schedule: '@hourly', jobTemplate: template } }, apply);
  const again = await api.request('PATCH', `${CRON_JOBS('v1')}/c?fieldManager=m`, { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'c' }, spec: { schedule: '@daily', jobTemplate: template } }, apply);
  const status = await api.request('PUT', `${CRON_JOBS('v1beta1')}/c/status`, { ...again.body, apiVersion: 'batch/v1beta1', status: { lastScheduleTime: '2026-01-01T00:00:00Z' } });

  expect([made.status, again.status, status.status]).toEqual([201, 200, 200]);
  expect(again.body.metadata.managedFields.map(({ manager, apiVersion }: Json) => [manager, apiVersion])).toEqual([['m', 'batch/v1']]);
  expect((await api.request('GET', `${CRON_JOBS('v1')}/c`)).body).toMatchObject({ spec: { schedule: '@daily' }, status: { lastScheduleTime: '2026-01-01T00:00:00Z' } });
});

test('an eviction heeds a budget of the former version', async () => {
  await using api = await start();
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  await api.request('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'p', labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } });
  await api.request('PATCH', '/api/v1/namespaces/default/pods/p/status', { status: { phase: 'Running' } }, { headers: { 'content-type': 'application/merge-patch+json' } });
  await api.request('POST', BUDGETS('v1beta1'), { metadata: { name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } } });

  const refused = await api.request('POST', '/api/v1/namespaces/default/pods/p/eviction', { kind: 'Eviction', apiVersion: 'policy/v1beta1', metadata: { name: 'p' } });

  expect(refused.status).toBe(429);
  expect((await api.request('DELETE', `${BUDGETS(FormerPodDisruptionBudget.version)}/b`)).status).toBe(200);
});
