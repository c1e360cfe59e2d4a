import { expect, test } from 'vitest';
import { readinessGatesCell, readyCell, restartsCell, statusCell } from './pod-columns.ts';
import type { Pod } from './pod.ts';

const NOW = Date.parse('2026-01-01T00:10:00Z');
const container = (name: string, state: object, more: object = {}) =>
  ({ name, image: 'i', imageID: '', ready: false, restartCount: 0, lastState: {}, state, ...more });

function pod({ spec = {}, status = {}, metadata = {} }: { spec?: object; status?: object; metadata?: object }): Pod {
  return { metadata: { name: 'p', ...metadata }, spec: { containers: [{ name: 'a' }], ...spec }, status: { phase: 'Running', ...status } } as unknown as Pod;
}
const shown = (one: Pod) => [readyCell(one), statusCell(one), restartsCell(one, NOW)];

test('a running pod shows its phase and its ready containers', () => {
  const containerStatuses = [container('a', { running: {} }, { ready: true })];
  expect(shown(pod({ status: { containerStatuses } }))).toEqual(['1/1', 'Running', '0']);
});

test('a container that waits for its back-off shows it, and when it last ended', () => {
  const lastState = { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:08:00Z' } };
  const containerStatuses = [container('a', { waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 3, lastState })];
  expect(shown(pod({ status: { containerStatuses } }))).toEqual(['0/1', 'CrashLoopBackOff', '3 (2m ago)']);
});

test('init containers show how far they have come, or how they failed', () => {
  const spec = { initContainers: [{ name: 'x' }, { name: 'y' }] };
  const done = container('x', { terminated: { exitCode: 0 } });
  const at = (second: object) => shown(pod({ spec, status: { phase: 'Pending', initContainerStatuses: [done, container('y', second)] } }))[1];
  expect(at({ running: {} })).toBe('Init:1/2');
  expect(at({ waiting: { reason: 'PodInitializing' } })).toBe('Init:1/2');
  expect(at({ waiting: { reason: 'ImagePullBackOff' } })).toBe('Init:ImagePullBackOff');
  expect(at({ terminated: { exitCode: 2 } })).toBe('Init:ExitCode:2');
  expect(at({ terminated: { exitCode: 0, signal: 0 } })).toBe('Pending');
  expect(at({ terminated: { exitCode: 137, signal: 9 } })).toBe('Init:Signal:9');
});

test('a started sidecar counts among the containers', () => {
  const spec = { initContainers: [{ name: 's', restartPolicy: 'Always' }] };
  const initContainerStatuses = [container('s', { running: {} }, { started: true, ready: true, restartCount: 2 })];
  const containerStatuses = [container('a', { running: {} }, { ready: true, restartCount: 1 })];
  expect(shown(pod({ spec, status: { initContainerStatuses, containerStatuses } }))).toEqual(['2/2', 'Running', '3']);
});

test('completed beside a running container is Running when the pod is ready, else NotReady', () => {
  const containerStatuses = [container('a', { terminated: { exitCode: 0, reason: 'Completed' } }), container('b', { running: {} }, { ready: true })];
  const conditions = [{ type: 'Ready', status: 'True' }];
  expect(statusCell(pod({ status: { containerStatuses, conditions } }))).toBe('Running');
  expect(statusCell(pod({ status: { containerStatuses } }))).toBe('NotReady');
});

test('deletion shows as Terminating while containers may run, and as Unknown on a lost node', () => {
  const metadata = { deletionTimestamp: '2026-01-01T00:00:00Z' };
  expect(statusCell(pod({ metadata }))).toBe('Terminating');
  expect(statusCell(pod({ metadata, status: { phase: 'Succeeded' } }))).toBe('Succeeded');
  expect(statusCell(pod({ metadata, status: { reason: 'NodeLost' } }))).toBe('Unknown');
});

test('gated, evicted and gate counts', () => {
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }];
  expect(statusCell(pod({ status: { phase: 'Pending', conditions } }))).toBe('SchedulingGated');
  expect(statusCell(pod({ status: { phase: 'Failed', reason: 'Evicted' } }))).toBe('Evicted');
  const spec = { readinessGates: [{ conditionType: 'lb' }] };
  expect(readinessGatesCell(pod({ spec }))).toBe('0/1');
  expect(readinessGatesCell(pod({}))).toBe('<none>');
});
