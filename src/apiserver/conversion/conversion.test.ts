import { expect, test } from 'vitest';
import { type Json, startApi } from '../testing/start-api.ts';

test('an event is one object in both groups, in either\'s words', async () => {
  await using api = await startApi();
  const core = '/api/v1/namespaces/default/events';
  const involvedObject = { kind: 'Pod', namespace: 'default', name: 'p' };
  const watch = await api.watch('/apis/events.k8s.io/v1/namespaces/default/events?watch=1');

  const made = await api.request('POST', core, { metadata: { name: 'e' }, involvedObject, reason: 'Started', message: 'hello', type: 'Normal', count: 1 });
  const other = await api.request('GET', '/apis/events.k8s.io/v1/namespaces/default/events/e');
  const listed = await api.request('GET', '/apis/events.k8s.io/v1/events');
  const [event] = await watch.take(1);

  expect(made.status).toBe(201);
  expect(other.body).toMatchObject({ kind: 'Event', apiVersion: 'events.k8s.io/v1', note: 'hello', regarding: involvedObject, deprecatedCount: 1 });
  expect(other.body.metadata).toEqual(made.body.metadata);
  expect(listed.body.items.map((item: Json) => item.note)).toEqual(['hello']);
  expect(event.object.note).toBe('hello');
  watch.stop();
});

test('an autoscaler of v1 is one of v2 with a cpu metric', async () => {
  await using api = await startApi();
  const spec = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, minReplicas: 1, maxReplicas: 5, targetCPUUtilizationPercentage: 70 };

  const made = await api.request('POST', '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers', { metadata: { name: 'h' }, spec });
  const v2 = await api.request('GET', '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/h');
  const v1 = await api.request('GET', '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers/h');

  expect(made.status).toBe(201);
  expect(v2.body.spec.metrics).toEqual([{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }]);
  expect(v1.body.spec).toMatchObject(spec);
  expect(v1.body.metadata).toEqual(v2.body.metadata);
});
