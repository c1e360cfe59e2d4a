import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import type { Node } from '../../kinds/core/node.ts';
import { podOf, runtimeOf } from '../testing/pods.ts';
import { admitPod } from './admission.ts';
import { Backoff, formatDuration } from './backoff.ts';
import { restartsAfter, shouldStart } from './restart.ts';

const node = {
  metadata: { name: 'node-1', labels: { disk: 'hdd' } }, spec: { taints: [{ key: 'gone', effect: 'NoExecute' }, { key: 'busy', effect: 'NoSchedule' }] },
  status: { allocatable: { cpu: '2', memory: '1Gi', pods: '3' } },
} as unknown as Node;
const tolerations = [{ key: 'gone', operator: 'Exists' }];
const pod = (container: object = {}, spec: object = {}) => podOf({ containers: [{ name: 'a', ...container }], tolerations, ...spec });
const cpu = (amount: string) => ({ resources: { requests: { cpu: amount } } });
const port = (hostPort: number, more: object = {}) => ({ ports: [{ containerPort: 80, hostPort, ...more }] });

test('a pod that fits is taken', () => {
  expect(admitPod(pod(cpu('1')), node, [pod(cpu('1'))])).toBeUndefined();
  expect(admitPod(pod(port(80)), node, [pod(port(80, { protocol: 'UDP' })), pod(port(81))])).toBeUndefined();
});

test('a pod that does not fit is refused with upstream\'s reason and numbers', () => {
  expect(admitPod(pod(cpu('1500m')), node, [pod(cpu('1'))])).toEqual({ reason: 'OutOfcpu', message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000" });
  expect(admitPod(pod(), node, [pod(), pod(), pod()])).toMatchObject({ reason: 'OutOfpods' });
  expect(admitPod(pod({ resources: { requests: { 'example.com/dongle': '1' } } }), node, [])).toMatchObject({ reason: 'OutOfexample.com/dongle' });
  expect(admitPod(pod(port(80)), node, [pod(port(80, { hostIP: '10.0.0.1' }))])).toMatchObject({ reason: 'NodePorts' });
  expect(admitPod(pod({}, { nodeSelector: { disk: 'ssd' } }), node, [])).toMatchObject({ reason: 'NodeAffinity' });
  expect(admitPod(pod({}, { tolerations: [] }), node, [])).toMatchObject({ reason: 'TaintToleration' });
  expect(admitPod(pod({}, { os: { name: 'windows' } }), node, [])).toEqual({ reason: 'PodOSNotSupported', message: "Pod was rejected: Failed to admit pod as the OS field doesn't match node OS" });
  expect(admitPod({ ...pod(), metadata: { ...pod().metadata, labels: { 'kubernetes.io/os': 'windows' } } }, node, [])).toMatchObject({ reason: 'PodOSSelectorNodeLabelDoesNotMatch' });
  const strict = pod({}, { securityContext: { supplementalGroupsPolicy: 'Strict' } });
  expect(admitPod(strict, node, [])).toEqual({ reason: 'SupplementalGroupsPolicyNotSupported', message: 'Pod was rejected: SupplementalGroupsPolicy=Strict is not supported in this node' });
  expect(admitPod(strict, { ...node, status: { ...node.status, features: { supplementalGroupsPolicy: true } } }, [])).toBeUndefined();
});

test('waits double up to the most, and are forgotten after a long quiet', async () => {
  const clock = new ManualClock();
  const backoff = new Backoff(clock, { first: 10_000, most: 40_000 });
  const waits: number[] = [];
  for (let round = 0; round < 4; round++) {
    backoff.next('k', clock.now());
    waits.push(backoff.remaining('k', clock.now()));
    await clock.advance(waits.at(-1)!);
  }
  expect(waits).toEqual([10_000, 20_000, 40_000, 40_000]);
  expect(backoff.remaining('k', clock.now() - 40_000)).toBe(0);
  await clock.advance(80_001);
  backoff.next('k', clock.now());
  expect(backoff.wait('k')).toBe(10_000);
});

test('clocks that jump neither stretch nor cut a wait', async () => {
  const clock = new ManualClock();
  let jumped = 0;
  const backoff = new Backoff({ now: () => clock.now() + jumped, monotonic: () => clock.monotonic() });
  backoff.next('k', clock.now());
  await clock.advance(1000);
  const failedAt = clock.now();
  expect(backoff.remaining('k', failedAt)).toBe(10_000);
  for (const jump of [-3_600_000, 3_600_000]) {
    jumped = jump;
    await clock.advance(1000);
  }
  expect(backoff.remaining('k', failedAt)).toBe(8000);
  // Told of after the jump: neither in the future nor before the try.
  jumped = -3_600_000;
  expect(backoff.remaining('k', failedAt + 1)).toBe(10_000);
  jumped = 3_600_000;
  expect(backoff.remaining('k', failedAt + 2)).toBe(7000);
});

test('durations as Go prints them', () => {
  expect([10_000, 80_000, 300_000, 3_661_000].map(formatDuration)).toEqual(['10s', '1m20s', '5m0s', '1h1m1s']);
});

test('a container\'s own restart policy and rules come before its pod\'s', () => {
  const never = podOf({ restartPolicy: 'Never', containers: [{ name: 'a' }] });
  expect(restartsAfter(never, { restartPolicy: 'OnFailure' }, 1)).toBe(true);
  const rules = [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }];
  expect([42, 1].map((code) => restartsAfter(never, { restartPolicy: 'Never', restartPolicyRules: rules }, code))).toEqual([true, false]);
});

test('nothing is started in a pod that is to go', () => {
  const going = podOf({ containers: [{ name: 'a' }] }, { deletionTimestamp: '2026-01-01T00:00:00Z' });
  expect(shouldStart(going, going.spec.containers[0]!, runtimeOf(going).containers[0])).toBe(false);
});
