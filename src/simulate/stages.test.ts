import { expect, test } from 'vitest';
import type { Pod } from '../kinds/core/pod.ts';
import { podStages } from './stages.ts';

const NOW = Date.UTC(2026, 0, 1);

function makePod(more: { metadata?: object; spec?: object; status?: object } = {}): Pod {
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', uid: 'u1', resourceVersion: '1', creationTimestamp: '', ...more.metadata },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'app:1', resources: {} }], restartPolicy: 'Always', ...more.spec },
    status: { phase: 'Pending', ...more.status },
  } as unknown as Pod;
}

const stageOf = (pod: Pod) => podStages.find(({ matches }) => matches(pod));

function advance(pod: Pod): Pod {
  const next = stageOf(pod)?.next;
  if (typeof next !== 'function') throw new Error(`no stage with a next status: ${stageOf(pod)?.name}`);
  return { ...pod, status: next(pod, { now: NOW, hostIP: '100.64.0.1', podIP: () => '10.128.0.1' }) };
}
const conditions = (pod: Pod) => Object.fromEntries(pod.status.conditions?.map(({ type, status }) => [type, status]) ?? []);

test('a bound pod runs, is ready and has an address; then it rests', () => {
  const pod = advance(makePod());

  expect(pod.status).toMatchObject({ phase: 'Running', podIP: '10.128.0.1', hostIP: '100.64.0.1', startTime: '2026-01-01T00:00:00Z' });
  expect(conditions(pod)).toEqual({ PodReadyToStartContainers: 'True', Initialized: 'True', ContainersReady: 'True', Ready: 'True' });
  expect(pod.status.containerStatuses).toMatchObject([{ name: 'c', ready: true, started: true, state: { running: {} } }]);
  expect(stageOf(pod)).toBeUndefined();
});

test('a pod on the host network has the node\'s address', () => {
  expect(advance(makePod({ spec: { hostNetwork: true } })).status.podIP).toBe('100.64.0.1');
});

test('init containers have ended, sidecars run', () => {
  const initContainers = [{ name: 'once', resources: {} }, { name: 'beside', restartPolicy: 'Always', resources: {} }];
  const statuses = advance(makePod({ spec: { initContainers } })).status.initContainerStatuses;
  expect(statuses).toMatchObject([{ name: 'once', state: { terminated: { exitCode: 0 } } }, { name: 'beside', state: { running: {} } }]);
});

test('a pod that does not always restart completes after its time', () => {
  const pod = advance(makePod({ spec: { restartPolicy: 'Never' }, metadata: { annotations: { 'knarr.local/run-for': '30s' } } }));
  expect(stageOf(pod)?.name).toBe('complete');
  expect(stageOf(pod)?.delay(pod, NOW + 10_000)).toBe(20_000);

  const done = advance(pod);
  expect(done.status.phase).toBe('Succeeded');
  expect(conditions(done).Ready).toBe('False');
  expect(done.status.containerStatuses).toMatchObject([{ ready: false, state: { terminated: { exitCode: 0, reason: 'Completed' } } }]);
  expect(stageOf(done)).toBeUndefined();
});

test('an exit code other than 0 fails the pod', () => {
  const pod = makePod({ spec: { restartPolicy: 'Never' }, metadata: { annotations: { 'knarr.local/exit-code': '3' } } });
  expect(advance(advance(pod)).status).toMatchObject({ phase: 'Failed', containerStatuses: [{ state: { terminated: { exitCode: 3, reason: 'Error' } } }] });
});

test('a readiness gate holds readiness back until someone opens it', () => {
  const waiting = advance(makePod({ spec: { readinessGates: [{ conditionType: 'example.com/lb' }] } }));
  expect(conditions(waiting)).toMatchObject({ ContainersReady: 'True', Ready: 'False' });
  expect(stageOf(waiting)).toBeUndefined();

  const opened = [...waiting.status.conditions!, { type: 'example.com/lb', status: 'True' }];
  expect(conditions(advance({ ...waiting, status: { ...waiting.status, conditions: opened } })).Ready).toBe('True');
});

test('a pod being deleted goes, whatever its phase', () => {
  for (const phase of ['Pending', 'Running', 'Succeeded']) {
    expect(stageOf(makePod({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, status: { phase } }))?.next).toBe('delete');
  }
});
