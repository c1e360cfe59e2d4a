import { expect, test } from 'vitest';
import type { Pod } from '../../kinds/core/pod.ts';
import { pod } from '../testing/objects.ts';
import { byAverage, byUtilization, byValue, MetricError, perPod, type Samples, type Scene } from './calculator.ts';

const NOW = Date.parse('2026-01-01T02:00:00Z');
const REQUEST = { containers: [{ name: 'main', resources: { requests: { cpu: '1' } } }] };
type Part = 'ready' | 'pending' | 'missing' | 'failed' | 'never-ready' | 'fresh' | 'lapsed';

const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();
const ready = (status: string, changed: number) => [{ type: 'Ready', status, lastTransitionTime: ago(changed) }];
const STATUS: Readonly<Record<Part, object>> = {
  ready: { startTime: ago(3600), conditions: ready('True', 3500) },
  missing: { startTime: ago(3600), conditions: ready('True', 3500) },
  pending: { phase: 'Pending' },
  failed: { phase: 'Failed' },
  'never-ready': { startTime: ago(3600), conditions: ready('False', 3590) },
  lapsed: { startTime: ago(3600), conditions: ready('False', 600) },
  // Ready for ten seconds: its sample still covers the start.
  fresh: { startTime: ago(60), conditions: ready('True', 10) },
};

function scene(parts: readonly Part[], current = parts.length): Scene {
  const pods: Pod[] = parts.map((part, index) => pod(`p${index}`, 'web', { spec: REQUEST, status: STATUS[part] }));
  return { pods, current, tolerance: { down: 0.1, up: 0.1 }, now: NOW };
}
function samples(values: readonly (number | undefined)[]): Samples {
  return new Map(values.flatMap((value, index) => (value === undefined ? [] : [[`p${index}`, { value, at: NOW, window: 30_000 }] as const])));
}

test.each<[string, readonly Part[], readonly (number | undefined)[], number, number]>([
  ['grows by the ratio, rounded up', ['ready', 'ready', 'ready'], [300, 500, 700], 30, 5],
  ['stays within a tenth of the target', ['ready', 'ready'], [540, 540], 50, 2],
  ['shrinks by the ratio', ['ready', 'ready', 'ready', 'ready'], [100, 100, 100, 100], 50, 1],
  ['a pod without a sample is idle when growing', ['ready', 'ready', 'ready', 'missing'], [900, 900, 900], 50, 6],
  ['a pod without a sample uses all it asked for when shrinking', ['ready', 'ready', 'ready', 'missing'], [200, 200, 200], 50, 4],
  ['a change that pods without samples turn around does not happen', ['ready', 'missing', 'missing'], [600], 50, 3],
  ['a pending pod is idle when growing', ['ready', 'ready', 'pending'], [1000, 1000], 50, 4],
  ['a pending pod does not count when shrinking', ['ready', 'ready', 'pending'], [200, 200], 50, 1],
  ['a pod never ready is not measured', ['ready', 'never-ready'], [800, 0], 50, 2],
  ['a pod that was ready once is', ['ready', 'lapsed'], [800, 800], 50, 4],
  ['a start that the sample covers is not measured', ['ready', 'fresh'], [250, 1000], 50, 1],
  ['a failed pod counts for nothing', ['ready', 'failed'], [1000, 1000], 50, 2],
])('by utilization: %s', (_name, parts, values, target, replicas) => {
  expect(byUtilization(scene(parts), samples(values), { resource: 'cpu', target }).replicas).toBe(replicas);
});

test('utilization is cut off to whole percents, usage to whole thousandths', () => {
  expect(byUtilization(scene(['ready', 'ready', 'ready']), samples([100, 100, 101]), { resource: 'cpu', target: 50 })).toEqual({ replicas: 1, usage: 100, utilization: 10 });
});

test('tolerance may differ by direction', () => {
  const lenient = { ...scene(['ready', 'ready']), tolerance: { down: 0, up: 0.5 } };
  expect(byUtilization(lenient, samples([700, 700]), { resource: 'cpu', target: 50 }).replicas).toBe(2);
  expect(byUtilization(lenient, samples([240, 240]), { resource: 'cpu', target: 50 }).replicas).toBe(1);
});

test.each<[string, () => unknown]>([
  ['no pods returned by selector while calculating replica count', () => byUtilization(scene([]), samples([1]), { resource: 'cpu', target: 50 })],
  ['did not receive metrics for targeted pods (pods might be unready)', () => byUtilization(scene(['pending']), samples([1]), { resource: 'cpu', target: 50 })],
  ['missing request for memory in container main of Pod p0', () => byUtilization(scene(['ready']), samples([1]), { resource: 'memory', target: 50 })],
  ['container side not found in Pod p0', () => byUtilization(scene(['ready']), samples([1]), { resource: 'cpu', container: 'side', target: 50 })],
])('%s', (message, compute) => {
  expect(compute).toThrow(new MetricError(message));
});

test.each<[readonly Part[], readonly (number | undefined)[], number]>([
  [['ready', 'ready'], [20_000, 20_000], 4],
  [['ready', 'ready'], [10_500, 10_500], 2],
  [['ready', 'ready', 'missing'], [5000, 5000], 2],
  [['ready', 'ready', 'missing'], [13_000, 13_000], 3],
])('the average of %j with %j asks for %i', (parts, values, replicas) => {
  expect(byAverage(scene(parts), samples(values), { resource: '', target: 10_000 }).replicas).toBe(replicas);
});

test('one value for all scales the ready pods, or counts from zero', () => {
  expect(byValue(scene(['ready', 'ready', 'pending']), 30_000, 10_000)).toEqual({ usage: 30_000, replicas: 6 });
  expect(byValue(scene([], 0), 35_000, 10_000).replicas).toBe(4);
  expect(byValue(scene(['ready'], 1), 10_900, 10_000).replicas).toBe(1);
});

test('one value shared by the pods there are', () => {
  expect(perPod(scene(['ready', 'ready']), 95_000, 10_000)).toEqual({ usage: 47_500, replicas: 10 });
  expect(perPod(scene(['ready', 'ready']), 21_000, 10_000).replicas).toBe(2);
  expect(perPod(scene([], 0), 15_000, 10_000)).toEqual({ usage: 15_000, replicas: 2 });
});
