import { expect, test } from 'vitest';
import type { AnyObject } from '../../meta/object.ts';
import { type Json, startApi } from '../testing/start-api.ts';
import { fromHpaV2, toHpaV2 } from './hpa.ts';

const HPAS = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
const described = { apiVersion: 'v1', kind: 'Service', name: 's' };
const selector = { matchLabels: { a: 'b' } };
const metrics: readonly Json[] = [
  { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '64Mi' } } },
  { type: 'ContainerResource', containerResource: { name: 'cpu', container: 'c', target: { type: 'Utilization', averageUtilization: 50 } } },
  { type: 'Pods', pods: { metric: { name: 'p', selector }, target: { type: 'AverageValue', averageValue: '5' } } },
  { type: 'Object', object: { describedObject: described, metric: { name: 'o' }, target: { type: 'Value', value: '10k' } } },
  { type: 'Object', object: { describedObject: described, metric: { name: 'q' }, target: { type: 'AverageValue', averageValue: '7' } } },
  { type: 'External', external: { metric: { name: 'e', selector }, target: { type: 'AverageValue', averageValue: '3' } } },
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
];
const currentMetrics: readonly Json[] = [
  { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 33, averageValue: '100m' } } },
  { type: 'External', external: { metric: { name: 'e', selector }, current: { averageValue: '3' } } },
];
const behavior = {
  scaleUp: { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 }] },
  scaleDown: { stabilizationWindowSeconds: 60, selectPolicy: 'Min', policies: [{ type: 'Percent', value: 10, periodSeconds: 30 }], tolerance: '50m' },
};
const conditions = [{ type: 'AbleToScale', status: 'True', reason: 'R', message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' }];

test('an autoscaler written in v2 is the same after v1 has read and rewritten it', async () => {
  await using api = await startApi();
  await api.request('POST', HPAS('v2'), { metadata: { name: 'h', annotations: { mine: 'x' } }, spec: { scaleTargetRef, minReplicas: 2, maxReplicas: 5, metrics, behavior } });
  const made = (await api.request('PATCH', `${HPAS('v2')}/h/status`, { status: { currentReplicas: 2, desiredReplicas: 2, currentMetrics, conditions } }, { headers: { 'content-type': 'application/merge-patch+json' } })).body;

  const old = (await api.request('GET', `${HPAS('v1')}/h`)).body;
  const rewritten = await api.request('PUT', `${HPAS('v1')}/h`, { ...old, spec: { ...old.spec, maxReplicas: 6 } });
  const back = (await api.request('GET', `${HPAS('v2')}/h`)).body;

  expect(old.spec).toEqual({ scaleTargetRef, minReplicas: 2, maxReplicas: 5, targetCPUUtilizationPercentage: 70 });
  expect(old.status).toMatchObject({ currentCPUUtilizationPercentage: 33 });
  expect(Object.keys(old.metadata.annotations).toSorted()).toEqual([
    'autoscaling.alpha.kubernetes.io/behavior', 'autoscaling.alpha.kubernetes.io/conditions', 'autoscaling.alpha.kubernetes.io/current-metrics', 'autoscaling.alpha.kubernetes.io/metrics', 'mine',
  ]);
  expect(JSON.parse(old.metadata.annotations['autoscaling.alpha.kubernetes.io/behavior']).ScaleDown).toMatchObject({ StabilizationWindowSeconds: 60, SelectPolicy: 'Min', Tolerance: '50m' });
  expect(JSON.parse(old.metadata.annotations['autoscaling.alpha.kubernetes.io/metrics'])[3]).toEqual({ type: 'Object', object: { target: described, metricName: 'o', targetValue: '10k' } });
  expect(rewritten.status).toBe(200);
  expect(back).toMatchObject({ metadata: { annotations: { mine: 'x' } }, spec: { ...made.spec, maxReplicas: 6 }, status: made.status });
});

test('an autoscaler that says nothing of metrics aims at 80% of the CPU', async () => {
  await using api = await startApi();

  await api.request('POST', HPAS('v1'), { metadata: { name: 'h' }, spec: { scaleTargetRef, maxReplicas: 5 } });

  expect((await api.request('GET', `${HPAS('v2')}/h`)).body.spec.metrics).toEqual([{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }]);
});

test('annotations that are no JSON, or other JSON, are dropped', () => {
  const annotations = Object.fromEntries(['metrics', 'behavior', 'conditions', 'current-metrics'].map((name, at) => [`autoscaling.alpha.kubernetes.io/${name}`, ['{', '7', 'null', '"x"'][at]!]));

  const converted = toHpaV2({ metadata: { name: 'h', annotations }, spec: { maxReplicas: 1 }, status: {} } as unknown as AnyObject);

  expect(converted).toEqual({ metadata: { name: 'h' }, spec: { maxReplicas: 1, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }] }, status: {} });
});

test('an annotation that does not fit the schema is dropped whole', async () => {
  await using api = await startApi();
  const annotations = { 'autoscaling.alpha.kubernetes.io/metrics': '[{"type":"Pods","pods":{"metricName":7,"targetAverageValue":[]}}]' };

  const made = await api.request('POST', HPAS('v1'), { metadata: { name: 'h', annotations }, spec: { scaleTargetRef, maxReplicas: 5, targetCPUUtilizationPercentage: 60 } });

  expect(made.status).toBe(201);
  expect((await api.request('GET', `${HPAS('v2')}/h`)).body.spec.metrics).toEqual([{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } }]);
});

test.each(metrics)('a metric survives the way there and back: %j', (metric) => {
  const object = { metadata: { name: 'h' }, spec: { maxReplicas: 1, metrics: [metric] }, status: { currentReplicas: 0 } } as unknown as AnyObject;

  expect(toHpaV2(fromHpaV2(object))).toEqual(object);
});

test.each([
  ['metrics', '[{"type":"Foo"}]', 'spec.metrics[0].type: Unsupported value: "Foo": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"'],
  ['metrics', '[{"type":"Resource"}]', 'spec.metrics[0].resource: Required value: must populate information for the given metric source'],
  ['metrics', '[{"type":"Resource","resource":{"name":"memory","targetAverageUtilization":-1}}]', 'spec.metrics[0].resource.target.averageUtilization: Invalid value: -1: must be greater than 0'],
  ['behavior', '{"ScaleUp":{"StabilizationWindowSeconds":-1,"Policies":[{"Type":"Pods","Value":1,"PeriodSeconds":1}]}}', 'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero'],
])('what v1 keeps in annotations is judged as v2 judges fields (%s %s)', async (name, text, message) => {
  await using api = await startApi();
  const spec = { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 50 };
  const { status, body } = await api.request('POST', HPAS('v1'), { metadata: { name: 'h', annotations: { [`autoscaling.alpha.kubernetes.io/${name}`]: text } }, spec });

  expect([status, body.message]).toEqual([422, `HorizontalPodAutoscaler.autoscaling "h" is invalid: ${message}`]);
});
