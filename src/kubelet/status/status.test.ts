import { expect, test } from 'vitest';
import { podOf, runtimeOf, START } from '../testing/pods.ts';
import type { PodRuntime } from '../sync/pod-runtime.ts';
import { podStatus } from './pod-status.ts';
import type { PodStatusInput } from './pod-status.ts';

const NOW = '2026-01-01T00:00:00Z';
const of = (pod: PodStatusInput['pod'], runtime: PodRuntime, more: Partial<PodStatusInput> = {}) => podStatus({
  pod, runtime, finished: false, runtimeName: 'containerd', waiting: new Map(), messages: new Map(), started: () => undefined, ready: () => undefined,
  hostIps: ['192.0.2.1'], now: START, ...more,
});
const condition = (status: ReturnType<typeof of>, type: string) => status.conditions!.find((one) => one.type === type);

test('a pod nothing has been done for yet is Pending and says what it waits for', () => {
  const pod = podOf({ initContainers: [{ name: 'i' }], containers: [{ name: 'a' }] });
  const status = of(pod, runtimeOf(pod));
  expect(status).toMatchObject({
    phase: 'Pending', qosClass: 'BestEffort', startTime: NOW, hostIP: '192.0.2.1', hostIPs: [{ ip: '192.0.2.1' }], observedGeneration: 1,
    initContainerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } } }], containerStatuses: [{ state: { waiting: { reason: 'PodInitializing' } }, image: 'knarr.local/busybox:1', ready: false }],
  });
  expect(status.podIP).toBeUndefined();
  expect(condition(status, 'PodReadyToStartContainers')).toEqual({ type: 'PodReadyToStartContainers', status: 'False', lastTransitionTime: NOW, observedGeneration: 1 });
  expect(condition(status, 'Initialized')).toMatchObject({ status: 'False', reason: 'ContainersNotInitialized', message: 'containers with incomplete status: [i]' });
  expect(condition(status, 'Ready')).toMatchObject({ status: 'False', reason: 'ContainersNotReady', message: 'containers with unready status: [a]' });
});

test('a running pod is ready when its containers are', () => {
  const pod = podOf({ containers: [{ name: 'a' }, { name: 'b', readinessProbe: {} }] });
  const runtime = runtimeOf(pod, { sandbox: {}, containers: [{ name: 'a', state: 'running' }, { name: 'b', state: 'running' }] });
  const unready = of(pod, runtime, { ready: (id) => (id === 'b-1' ? false : undefined) });
  expect(unready).toMatchObject({ phase: 'Running', podIP: '10.244.0.2', podIPs: [{ ip: '10.244.0.2' }] });
  expect(condition(unready, 'ContainersReady')).toMatchObject({ status: 'False', message: 'containers with unready status: [b]' });
  const ready = of(pod, runtime, { ready: () => true });
  expect(ready.containerStatuses![0]).toMatchObject({ containerID: 'containerd://a-0', state: { running: { startedAt: NOW } }, started: true, ready: true });
  expect(condition(ready, 'Ready')).toEqual({ type: 'Ready', status: 'True', lastTransitionTime: NOW, observedGeneration: 1 });
});

test('mounts that are read-only say whether what is mounted below them is, too', () => {
  const pod = podOf({ containers: [{ name: 'a', volumeMounts: [{ name: 'v', mountPath: '/all', readOnly: true }, { name: 'v', mountPath: '/top', readOnly: true }, { name: 'v', mountPath: '/rw' }] }] });
  const runtime = runtimeOf(pod, { sandbox: {}, containers: [{ name: 'a', state: 'running', recursiveReadOnly: ['/all'] }] });
  expect(of(pod, runtime).containerStatuses![0]!.volumeMounts).toEqual([
    { name: 'v', mountPath: '/all', readOnly: true, recursiveReadOnly: 'Enabled' }, { name: 'v', mountPath: '/top', readOnly: true, recursiveReadOnly: 'Disabled' }, { name: 'v', mountPath: '/rw' },
  ]);
});

test('until its startup probe has passed a container has not started', () => {
  const pod = podOf({ containers: [{ name: 'a', startupProbe: {} }] });
  const runtime = runtimeOf(pod, { sandbox: {}, containers: [{ name: 'a', state: 'running' }] });
  expect(of(pod, runtime, { started: () => false }).containerStatuses![0]).toMatchObject({ started: false, ready: false });
});

test('a crashed container shows its end, and once it waits, why', () => {
  const pod = podOf({ containers: [{ name: 'a' }] });
  const runtime = runtimeOf(pod, { sandbox: {}, containers: [{ name: 'a', state: 'exited', exitCode: 3, reason: 'Error', restartCount: 2 }] });
  const messages = new Map([['a-0', 'last words']]);
  const ended = { exitCode: 3, reason: 'Error', message: 'last words', startedAt: NOW, finishedAt: NOW, containerID: 'containerd://a-0' };
  expect(of(pod, runtime, { messages })).toMatchObject({ phase: 'Running', containerStatuses: [{ state: { terminated: ended }, restartCount: 2 }] });
  const note = { reason: 'CrashLoopBackOff', message: 'back-off 10s …' };
  expect(of(pod, runtime, { messages, waiting: new Map([['a', note]]) })).toMatchObject({ phase: 'Running', containerStatuses: [{ state: { waiting: note }, lastState: { terminated: ended }, ready: false }] });
});

test('the instance before shows as the last state', () => {
  const pod = podOf({ containers: [{ name: 'a' }] });
  const runtime = runtimeOf(pod, { sandbox: {}, containers: [{ name: 'a', state: 'running', restartCount: 1 }, { name: 'a', state: 'exited', exitCode: 1 }] });
  expect(of(pod, runtime).containerStatuses).toMatchObject([{ restartCount: 1, lastState: { terminated: { exitCode: 1 } }, state: { running: {} } }]);
});

test('phases at the end: Succeeded when all went well, Failed otherwise, by restart policy', () => {
  for (const [restartPolicy, codes, phase] of [
    ['Never', [0, 0], 'Succeeded'], ['Never', [0, 1], 'Failed'], ['OnFailure', [0, 0], 'Succeeded'], ['OnFailure', [0, 1], 'Running'], ['Always', [0, 0], 'Running'],
  ] as const) {
    const pod = podOf({ restartPolicy, containers: [{ name: 'a' }, { name: 'b' }] });
    const runtime = runtimeOf(pod, { sandbox: {}, containers: [{ name: 'a', state: 'exited', exitCode: codes[0] }, { name: 'b', state: 'exited', exitCode: codes[1] }] });
    expect(of(pod, runtime).phase, `${restartPolicy} ${codes}`).toBe(phase);
    if (phase === 'Running') expect(of(pod, runtime, { finished: true }).phase).toBe(codes[1] === 0 ? 'Succeeded' : 'Failed');
  }
});

test('a completed pod is neither ready nor failed, and stays what it is', () => {
  const pod = podOf({ restartPolicy: 'Never', containers: [{ name: 'a' }] });
  const status = of(pod, runtimeOf(pod, { sandbox: { ready: false }, containers: [{ name: 'a', state: 'exited', exitCode: 0 }] }));
  expect(condition(status, 'Ready')).toMatchObject({ status: 'False', reason: 'PodCompleted' });
  expect(condition(status, 'Initialized')).toMatchObject({ status: 'True', reason: 'PodCompleted' });
  const later = podOf({ restartPolicy: 'Never', containers: [{ name: 'a' }] }, {}, { phase: 'Failed', reason: 'Evicted', message: 'no room' });
  expect(of(later, runtimeOf(later))).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: 'no room' });
});

test('a pod with resources of its own tells what it was promised and what it has', () => {
  const resources = { requests: { cpu: '1' }, limits: { cpu: '2' } };
  const pod = podOf({ resources, containers: [{ name: 'a' }] });
  expect(of(pod, runtimeOf(pod), { actualPod: { requests: { cpu: '500m' }, limits: { cpu: '1' } } })).toMatchObject({ allocatedResources: { cpu: '1' }, resources: { limits: { cpu: '1' } } });
  expect(of(pod, runtimeOf(pod)).resources).toEqual(resources);
});

test('a pod that was refused fails with the reason', () => {
  const pod = podOf({ containers: [{ name: 'a' }] });
  expect(of(pod, runtimeOf(pod), { finished: true, failure: { reason: 'OutOfcpu', message: 'no' } })).toMatchObject({ phase: 'Failed', reason: 'OutOfcpu', message: 'no' });
});

test('a failed init container fails a pod that never restarts and keeps others Pending', () => {
  const failed = { name: 'i', state: 'exited', exitCode: 1 } as const;
  for (const [restartPolicy, phase] of [['Never', 'Failed'], ['Always', 'Pending']] as const) {
    const pod = podOf({ restartPolicy, initContainers: [{ name: 'i' }], containers: [{ name: 'a' }] });
    expect(of(pod, runtimeOf(pod, { sandbox: {}, containers: [failed] })).phase).toBe(phase);
  }
});

test('a sidecar keeps the pod Running until it has ended', () => {
  const pod = podOf({ restartPolicy: 'Never', initContainers: [{ name: 's', restartPolicy: 'Always' }], containers: [{ name: 'a' }] });
  const ended = { name: 'a', state: 'exited', exitCode: 0 } as const;
  expect(of(pod, runtimeOf(pod, { sandbox: {}, containers: [ended, { name: 's', state: 'running' }] })).phase).toBe('Running');
  expect(of(pod, runtimeOf(pod, { sandbox: {}, containers: [ended, { name: 's', state: 'exited', exitCode: 137 }] }), { finished: true }).phase).toBe('Succeeded');
});

test('a container the runtime has forgotten is not forgotten', () => {
  const was = { name: 'a', containerID: 'containerd://old', restartCount: 1, state: { running: { startedAt: NOW } }, lastState: {} };
  const pod = podOf({ containers: [{ name: 'a' }] }, {}, { phase: 'Running', containerStatuses: [was] });
  expect(of(pod, runtimeOf(pod)).containerStatuses).toMatchObject([{ restartCount: 2, state: { waiting: { reason: 'ContainerCreating' } }, lastState: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } } }]);
});

test('addresses stay after the sandbox is gone, and are the node\'s on its network', () => {
  const pod = podOf({ containers: [{ name: 'a' }] }, {}, { podIP: '10.244.0.9', podIPs: [{ ip: '10.244.0.9' }] });
  expect(of(pod, runtimeOf(pod, { sandbox: { ready: false } })).podIP).toBe('10.244.0.9');
  const onHost = podOf({ hostNetwork: true, containers: [{ name: 'a' }] });
  expect(of(onHost, runtimeOf(onHost)).podIPs).toEqual([{ ip: '192.0.2.1' }]);
});

test('readiness gates are others\' to open', () => {
  const spec = { readinessGates: [{ conditionType: 'lb' }], containers: [{ name: 'a' }] };
  const running = { sandbox: {}, containers: [{ name: 'a', state: 'running' } as const] };
  const without = podOf(spec);
  expect(condition(of(without, runtimeOf(without, running)), 'Ready')).toMatchObject({ status: 'False', reason: 'ReadinessGatesNotReady', message: 'corresponding condition of pod readiness gate "lb" does not exist.' });
  const open = podOf(spec, {}, { conditions: [{ type: 'lb', status: 'True' }] });
  expect(condition(of(open, runtimeOf(open, running)), 'Ready')).toMatchObject({ status: 'True' });
});

test('a condition\'s time moves only with its status', () => {
  const old = '2025-01-01T00:00:00Z';
  const pod = podOf({ containers: [{ name: 'a' }] }, {}, { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: old }, { type: 'Initialized', status: 'False', lastTransitionTime: old }] });
  const status = of(pod, runtimeOf(pod));
  expect(condition(status, 'Ready')!.lastTransitionTime).toBe(old);
  expect(condition(status, 'Initialized')!.lastTransitionTime).toBe(NOW);
});

test('an init container\'s own policy decides whether its failure is the pod\'s', () => {
  const failed = { name: 'i', state: 'exited', exitCode: 1 } as const;
  for (const [pods, own, phase] of [['Always', 'Never', 'Failed'], ['Never', 'OnFailure', 'Pending']] as const) {
    const pod = podOf({ restartPolicy: pods, initContainers: [{ name: 'i', restartPolicy: own }], containers: [{ name: 'a' }] });
    expect(of(pod, runtimeOf(pod, { sandbox: {}, containers: [failed] })).phase).toBe(phase);
  }
});

test('last words come after the runtime\'s, and all of a pod share twelve kilobytes', () => {
  const pod = podOf({ restartPolicy: 'Never', containers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }] });
  const runtime = runtimeOf(pod, { sandbox: {}, containers: [{ name: 'a', state: 'exited', exitCode: 1, message: 'runtime' }, { name: 'b', state: 'exited', exitCode: 1 }] });
  const status = of(pod, runtime, { messages: new Map([['a-0', 'own'], ['b-1', 'x'.repeat(4096)]]) });
  const messages = status.containerStatuses!.map(({ state }) => state.terminated?.message);
  expect([messages[0], messages[1]!.length]).toEqual(['runtime: own', 3072]);
});
