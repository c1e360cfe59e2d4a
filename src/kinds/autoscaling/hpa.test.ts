import { expect, test } from 'vitest';
import type { Kind } from '../../schema/kind.ts';
import { toTable } from '../../schema/table.ts';
import { HorizontalPodAutoscaler, HorizontalPodAutoscalerV1 } from '../index.ts';
import { accepted, errorsOf } from '../testing/errors-of.ts';

const scaleTargetRef = { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' };
const of = (spec: object) => errorsOf(HorizontalPodAutoscaler, { spec: { scaleTargetRef, maxReplicas: 3, ...spec } });
const cpu = (target: object) => ({ type: 'Resource', resource: { name: 'cpu', target } });
const cells = (kind: unknown, object: unknown) => toTable(kind as Kind, [object as never], { now: 0 }).rows[0]!.cells;

test('an autoscaler keeps between bounds and names what it scales', () => {
  expect(of({})).toEqual([]);
  expect(of({ minReplicas: 0, maxReplicas: 0, scaleTargetRef: { kind: 'a/b' } })).toEqual([
    'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
    'spec.maxReplicas: Invalid value: 0: must be greater than 0',
    'spec.scaleTargetRef.kind: Invalid value: "a/b": may not contain \'/\'',
    'spec.scaleTargetRef.name: Required value',
    'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
  ]);
  expect(of({ minReplicas: 4 })).toEqual(['spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`']);
  const idle = { spec: { scaleTargetRef, minReplicas: 0, maxReplicas: 1, metrics: [{ type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '1' } } }] } };
  expect(errorsOf(HorizontalPodAutoscaler, idle, idle)).toEqual([]);
});

test('a metric populates the one source its type names, with a target of its kind', () => {
  const AT = 'spec.metrics[0]';
  expect(of({ metrics: [{ type: 'Pods', object: { describedObject: { kind: 'Ingress', name: 'a' }, metric: { name: 'x' }, target: { type: 'Value', value: '1' } } }] })).toEqual([
    `${AT}.pods: Required value: must populate information for the given metric source`,
  ]);
  expect(of({ metrics: [{ ...cpu({ type: 'Utilization', averageUtilization: 1 }), pods: { metric: { name: 'x' }, target: { type: 'AverageValue', averageValue: '1' } } }] })).toEqual([
    `${AT}.pods: Forbidden: must populate the given metric source only`,
  ]);
  expect(of({ metrics: [cpu({ type: 'Much', averageUtilization: 0, averageValue: '-1' })] })).toEqual([
    `${AT}.resource.target.type: Invalid value: "Much": must be either Utilization, Value, or AverageValue`,
    `${AT}.resource.target.averageValue: Invalid value: "-1": must be positive`,
    `${AT}.resource.target.averageUtilization: Invalid value: 0: must be greater than 0`,
    `${AT}.resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization`,
  ]);
  expect(of({ metrics: [{ type: 'ContainerResource', containerResource: { name: 'gold', container: 'A', target: { type: 'Value' } } }] }).map((text) => text.slice(0, 88))).toEqual([
    `${AT}.containerResource.name: Invalid value: "gold": must be a standard resource `,
    `${AT}.containerResource.name: Invalid value: "gold": must be a standard resource `,
    `${AT}.containerResource.container: Invalid value: "A": a lowercase RFC 1123 label`,
    `${AT}.containerResource.target.averageUtilization: Required value: must set eithe`,
  ].map((text) => text.slice(0, 88)));
  expect(of({ metrics: [{ type: 'Gold' }] })[0]).toBe(`${AT}.type: Unsupported value: "Gold": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"`);
});

test('behavior has limits of its own', () => {
  const up = 'spec.behavior.scaleUp';
  expect(of({ behavior: { scaleUp: { stabilizationWindowSeconds: 3601, selectPolicy: 'Avg', tolerance: '-1', policies: [{ type: 'Nodes', value: 0, periodSeconds: 1801 }] } } })).toEqual([
    `${up}.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600`,
    `${up}.selectPolicy: Unsupported value: "Avg": supported values: "Disabled", "Max", "Min"`,
    `${up}.policies[0].type: Unsupported value: "Nodes": supported values: "Percent", "Pods"`,
    `${up}.policies[0].value: Invalid value: 0: must be greater than zero`,
    `${up}.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800`,
    `${up}.tolerance: Invalid value: "-1": must be greater than or equal to 0`,
  ]);
});

test('CPU use of 80% is aimed at where nothing is said, and behavior that is there is whole', () => {
  const { spec } = accepted(HorizontalPodAutoscaler, { spec: { scaleTargetRef, maxReplicas: 3, behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } } });
  expect(spec).toEqual({
    scaleTargetRef, maxReplicas: 3, minReplicas: 1, metrics: [cpu({ type: 'Utilization', averageUtilization: 80 })],
    behavior: {
      scaleUp: { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 }] },
      scaleDown: { stabilizationWindowSeconds: 60, selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
    },
  });
  expect(accepted(HorizontalPodAutoscalerV1, { spec: { scaleTargetRef, maxReplicas: 3 } }).spec.targetCPUUtilizationPercentage).toBe(80);
});

test('the first version is held to the same rules', () => {
  expect(errorsOf(HorizontalPodAutoscalerV1, { spec: { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 0 } })).toEqual([
    'spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
  ]);
});

test('tables show two targets at most', () => {
  const metrics = [
    cpu({ type: 'Utilization', averageUtilization: 80 }), { type: 'Pods', pods: { metric: { name: 'x' }, target: { type: 'AverageValue', averageValue: '5' } } },
    { type: 'External', external: { metric: { name: 'q' }, target: { type: 'AverageValue', averageValue: '2' } } },
  ];
  const status = { currentReplicas: 2, desiredReplicas: 2, currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 7 } } }] };
  const object = accepted(HorizontalPodAutoscaler, { metadata: { creationTimestamp: '1970-01-01T00:00:00Z' }, spec: { scaleTargetRef, maxReplicas: 3, metrics }, status });
  expect(cells(HorizontalPodAutoscaler, object)).toEqual(['x', 'Deployment/web', 'cpu: 7%/80%, <unknown>/5 + 1 more...', '1', 3, 2, '0s']);
});
