import { expect, test } from 'vitest';
import { podOf, runtimeOf } from '../testing/pods.ts';
import { planPod } from './plan.ts';
import type { ProbeVerdicts } from './plan.ts';

const calm: ProbeVerdicts = { livenessFailed: () => false, startupFailed: () => false, started: () => true };
const plan = (pod: Parameters<typeof planPod>[0], runtime: Parameters<typeof planPod>[1], probes: Partial<ProbeVerdicts> = {}) =>
  planPod(pod, runtime, { ...calm, ...probes });

test('a new pod gets a sandbox and all its main containers', () => {
  const pod = podOf({ containers: [{ name: 'a' }, { name: 'b' }] });
  expect(plan(pod, runtimeOf(pod))).toEqual({ killPod: false, createSandbox: true, attempt: 0, kill: [], start: ['a', 'b'] });
});

test('a running pod is left alone', () => {
  const pod = podOf({ containers: [{ name: 'a' }] });
  const runtime = runtimeOf(pod, { sandbox: {}, containers: [{ name: 'a', state: 'running' }] });
  expect(plan(pod, runtime)).toMatchObject({ killPod: false, createSandbox: false, kill: [], start: [] });
});

test('a lost sandbox is replaced under the next attempt, after what is left of the old one is ended', () => {
  const pod = podOf({ containers: [{ name: 'a' }] });
  const runtime = runtimeOf(pod, { sandbox: { ready: false, attempt: 2 }, containers: [{ name: 'a', state: 'exited', exitCode: 255 }] });
  expect(plan(pod, runtime)).toEqual({ killPod: true, createSandbox: true, attempt: 3, kill: [], start: ['a'] });
});

test('a pod that never restarts gets no second sandbox once it has run', () => {
  const pod = podOf({ restartPolicy: 'Never', containers: [{ name: 'a' }] });
  const runtime = runtimeOf(pod, { sandbox: { ready: false }, containers: [{ name: 'a', state: 'exited', exitCode: 0 }] });
  expect(plan(pod, runtime)).toMatchObject({ killPod: true, createSandbox: false, start: [] });
});

test('a sandbox without an address is replaced, but not on the host network', () => {
  const pod = podOf({ containers: [{ name: 'a' }] });
  expect(plan(pod, runtimeOf(pod, { sandbox: { ips: [] } }))).toMatchObject({ createSandbox: true, attempt: 1 });
  const onHost = podOf({ hostNetwork: true, containers: [{ name: 'a' }] });
  expect(plan(onHost, runtimeOf(onHost, { sandbox: { ips: [], hostNetwork: true } }))).toMatchObject({ createSandbox: false, start: ['a'] });
});

test('init containers run one after the other, then the main ones', () => {
  const pod = podOf({ initContainers: [{ name: 'i1' }, { name: 'i2' }], containers: [{ name: 'a' }] });
  expect(plan(pod, runtimeOf(pod))).toMatchObject({ createSandbox: true, start: ['i1'] });
  expect(plan(pod, runtimeOf(pod, { sandbox: {}, containers: [{ name: 'i1', state: 'running' }] }))).toMatchObject({ start: [] });
  const first = { name: 'i1', state: 'exited', exitCode: 0 } as const;
  expect(plan(pod, runtimeOf(pod, { sandbox: {}, containers: [first] }))).toMatchObject({ start: ['i2'] });
  expect(plan(pod, runtimeOf(pod, { sandbox: {}, containers: [first, { ...first, name: 'i2' }] }))).toMatchObject({ start: ['a'] });
});

test('a failed init container runs again, unless the pod never restarts: then the pod ends', () => {
  const failed = { name: 'i', state: 'exited', exitCode: 1 } as const;
  const always = podOf({ initContainers: [{ name: 'i' }], containers: [{ name: 'a' }] });
  expect(plan(always, runtimeOf(always, { sandbox: {}, containers: [failed] }))).toMatchObject({ killPod: false, start: ['i'] });
  const never = podOf({ restartPolicy: 'Never', initContainers: [{ name: 'i' }], containers: [{ name: 'a' }] });
  expect(plan(never, runtimeOf(never, { sandbox: {}, containers: [failed] }))).toMatchObject({ killPod: true, start: [] });
});

test('a sidecar holds up the main containers until it has started, and comes back when it ends', () => {
  const pod = podOf({ initContainers: [{ name: 's', restartPolicy: 'Always' }], containers: [{ name: 'a' }] });
  const up = { name: 's', state: 'running' } as const;
  expect(plan(pod, runtimeOf(pod, { sandbox: {}, containers: [up] }), { started: () => false })).toMatchObject({ start: [] });
  expect(plan(pod, runtimeOf(pod, { sandbox: {}, containers: [up] }))).toMatchObject({ start: ['a'] });
  const ended = { name: 's', state: 'exited', exitCode: 0 } as const;
  expect(plan(pod, runtimeOf(pod, { sandbox: {}, containers: [{ name: 'a', state: 'running' }, ended] }))).toMatchObject({ killPod: false, start: ['s'] });
});

test('sidecars end with the last main container', () => {
  const pod = podOf({ restartPolicy: 'Never', initContainers: [{ name: 's', restartPolicy: 'Always' }], containers: [{ name: 'a' }] });
  const runtime = runtimeOf(pod, { sandbox: {}, containers: [{ name: 'a', state: 'exited', exitCode: 0 }, { name: 's', state: 'running' }] });
  expect(plan(pod, runtime)).toMatchObject({ killPod: true, start: [], kill: [] });
});

test('restart policies decide what a finished container does', () => {
  for (const [restartPolicy, exitCode, start] of [
    ['Always', 0, ['a']], ['OnFailure', 0, []], ['OnFailure', 1, ['a']], ['Never', 1, []],
  ] as const) {
    const pod = podOf({ restartPolicy, containers: [{ name: 'a' }] });
    const runtime = runtimeOf(pod, { sandbox: {}, containers: [{ name: 'a', state: 'exited', exitCode }] });
    expect(plan(pod, runtime)).toMatchObject({ start, killPod: start.length === 0 });
  }
});

test('a container whose image changed or whose probe fails is ended and started again', () => {
  const pod = podOf({ containers: [{ name: 'a' }] });
  const changed = runtimeOf(pod, { sandbox: {}, containers: [{ name: 'a', state: 'running', hash: 'other' }] });
  expect(plan(pod, changed)).toMatchObject({ start: ['a'], kill: [{ because: 'changed', message: 'Container a definition changed, will be restarted' }] });
  const running = runtimeOf(pod, { sandbox: {}, containers: [{ name: 'a', state: 'running' }] });
  expect(plan(pod, running, { livenessFailed: () => true })).toMatchObject({ start: ['a'], kill: [{ message: 'Container a failed liveness probe, will be restarted' }] });
  const never = podOf({ restartPolicy: 'Never', containers: [{ name: 'a' }, { name: 'b' }] });
  const both = runtimeOf(never, { sandbox: {}, containers: [{ name: 'a', state: 'running' }, { name: 'b', state: 'running' }] });
  expect(plan(never, both, { startupFailed: (id) => id === 'a-0' })).toMatchObject({ start: [], killPod: false, kill: [{ because: 'startup', message: 'Container a failed startup probe' }] });
});

test('an ephemeral container starts once and is never restarted', () => {
  const pod = podOf({ containers: [{ name: 'a' }], ephemeralContainers: [{ name: 'e' }] });
  const running = { name: 'a', state: 'running' } as const;
  expect(plan(pod, runtimeOf(pod, { sandbox: {}, containers: [running] }))).toMatchObject({ start: ['e'] });
  expect(plan(pod, runtimeOf(pod, { sandbox: {}, containers: [running, { name: 'e', state: 'exited', exitCode: 1 }] }))).toMatchObject({ start: [] });
});
