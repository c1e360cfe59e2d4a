import { expect, test } from 'vitest';
import { builtinKinds } from '../../kinds/index.ts';
import { legacyKinds } from '../../kinds/legacy/index.ts';
import { type Json, startApi, type TestApi } from '../testing/start-api.ts';

const APPLY = { headers: { 'content-type': 'application/apply-patch+yaml' } };
const MERGE = { headers: { 'content-type': 'application/merge-patch+json' } };
const HPA = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers/h`;
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
const cpu = (averageUtilization: number) => ({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } });
const apply = (api: TestApi, url: string, { manager, body, force = false }: { manager: string; body: Json; force?: boolean }) => api.request('PATCH', `${url}?fieldManager=${manager}&force=${force}`, body, APPLY);
const hpa = (version: string, spec: Json) => ({ apiVersion: `autoscaling/${version}`, kind: 'HorizontalPodAutoscaler', metadata: { name: 'h' }, spec });
const owners = ({ body }: { body: Json }) => body.metadata.managedFields.map(({ manager, apiVersion, fieldsV1 }: Json) => [manager, apiVersion, Object.keys(fieldsV1['f:spec'] ?? {}).toSorted()]).toSorted();

test('what one version\'s manager changes, the other version\'s manager loses under its own name for it', async () => {
  await using api = await startApi();
  await apply(api, HPA('v2'), { manager: 'new', body: hpa('v2', { scaleTargetRef, maxReplicas: 5, metrics: [cpu(70)] }) });

  const same = await apply(api, HPA('v1'), { manager: 'old', body: hpa('v1', { targetCPUUtilizationPercentage: 70 }) });
  const refused = await apply(api, HPA('v1'), { manager: 'old', body: hpa('v1', { targetCPUUtilizationPercentage: 50 }) });
  const forced = await apply(api, HPA('v1'), { manager: 'old', body: hpa('v1', { targetCPUUtilizationPercentage: 50 }), force: true });

  expect(owners(same)).toEqual([['new', 'autoscaling/v2', ['f:maxReplicas', 'f:metrics', 'f:scaleTargetRef']], ['old', 'autoscaling/v1', ['f:targetCPUUtilizationPercentage']]]);
  expect([refused.status, refused.body.message]).toEqual([409, 'Apply failed with 1 conflict: conflict with "new": .spec.metrics']);
  expect(owners(forced)).toEqual([['new', 'autoscaling/v2', ['f:maxReplicas', 'f:scaleTargetRef']], ['old', 'autoscaling/v1', ['f:targetCPUUtilizationPercentage']]]);
});

test('a manager that turns to another version takes back what it said in the first', async () => {
  await using api = await startApi();
  await apply(api, HPA('v2'), { manager: 'm', body: hpa('v2', { scaleTargetRef, minReplicas: 2, maxReplicas: 5, metrics: [cpu(70)] }) });

  const turned = await apply(api, HPA('v1'), { manager: 'm', body: hpa('v1', { scaleTargetRef, maxReplicas: 5, targetCPUUtilizationPercentage: 70 }) });
  const v2 = (await api.request('GET', HPA('v2'))).body;

  expect(owners(turned)).toEqual([['m', 'autoscaling/v1', ['f:maxReplicas', 'f:scaleTargetRef', 'f:targetCPUUtilizationPercentage']]]);
  expect(v2.spec).toMatchObject({ minReplicas: 1, maxReplicas: 5, metrics: [cpu(70)] });
});

test('who changes an event\'s message in one group takes its note from the other\'s writer', async () => {
  await using api = await startApi({ kinds: [...builtinKinds, ...legacyKinds] });
  const core = '/api/v1/namespaces/default/events';
  const regarding = { kind: 'Pod', namespace: 'default', name: 'p' };
  const made = await api.request('POST', '/apis/events.k8s.io/v1/namespaces/default/events?fieldManager=a', {
    metadata: { name: 'e' }, regarding, reason: 'R', note: 'one', type: 'Normal', action: 'A', eventTime: '2026-01-01T00:00:00.000000Z', reportingController: 'c', reportingInstance: 'i',
  });
  expect(made.status).toBe(201);

  const changed = await api.request('PATCH', `${core}/e?fieldManager=b`, { message: 'two' }, MERGE);
  const fields = changed.body.metadata.managedFields.map(({ manager, apiVersion, fieldsV1 }: Json) => [manager, apiVersion, Object.keys(fieldsV1)]);

  expect(changed.status).toBe(200);
  expect(fields).toEqual([
    ['a', 'events.k8s.io/v1', expect.not.arrayContaining(['f:note'])],
    ['b', 'v1', ['f:message']],
  ]);
});
