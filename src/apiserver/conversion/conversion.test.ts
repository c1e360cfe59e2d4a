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

test('an event of the former group changes in the newer one by the newer rules, and loses nothing', async () => {
  await using api = await startApi();
  const now = '2026-01-01T00:00:00.000001Z';
  const about = { kind: 'Pod', namespace: 'default', name: 'p', fieldPath: 'spec' };
  const full = {
    metadata: { name: 'e' }, involvedObject: about, related: about, reason: 'Started', message: 'hello', type: 'Normal', count: 2, source: { component: 'c', host: 'n' },
    firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:01Z', eventTime: now, action: 'Start', reportingComponent: 'example.com/c', reportingInstance: 'c-0',
    series: { count: 2, lastObservedTime: now },
  };
  const newer = '/apis/events.k8s.io/v1/namespaces/default/events/e';

  const made = await api.request('POST', '/api/v1/namespaces/default/events', full);
  const { body } = await api.request('GET', newer);
  const changed = await api.request('PUT', newer, { ...body, series: { count: 3, lastObservedTime: now } });
  const refused = await api.request('PUT', newer, { ...body, action: 'Stop', metadata: { ...body.metadata, resourceVersion: undefined } });
  const again = await api.request('GET', '/api/v1/namespaces/default/events/e');

  expect(made.body).toMatchObject(full);
  expect(changed.status).toBe(200);
  expect(refused.body.message).toContain('action: Invalid value: "Stop": field is immutable');
  expect(again.body).toMatchObject({ ...full, series: { count: 3, lastObservedTime: now } });
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
