import { expect, test } from 'vitest';
import { pullPolicyFor } from './image-name.ts';
import { defaultPodOnly, defaultPodSpec, initialPodStatus } from './pod-defaults.ts';
import { qosClassOf } from './pod-qos.ts';
import type { PodSpec } from './pod-spec.ts';

const spec = (more: object): PodSpec => ({ containers: [{ name: 'a', image: 'nginx:1.27' }], ...more }) as unknown as PodSpec;
const container = (more: object) => spec({ containers: [{ name: 'a', image: 'x', ...more }] });

test.each([
  ['nginx', 'Always'],
  ['nginx:latest', 'Always'],
  ['nginx:1.27', 'IfNotPresent'],
  ['registry:5000/nginx', 'Always'],
  ['registry:5000/nginx:1', 'IfNotPresent'],
  ['nginx@sha256:abc', 'IfNotPresent'],
  ['nginx:latest@sha256:abc', 'Always'],
])('the image %s is pulled %s', (image, policy) => expect(pullPolicyFor(image)).toBe(policy));

test('a pull policy that is said stays', () => {
  expect(defaultPodSpec(container({ imagePullPolicy: 'Never' })).containers[0]!.imagePullPolicy).toBe('Never');
  expect(defaultPodSpec(spec({})).containers[0]!.imagePullPolicy).toBe('IfNotPresent');
});

test('a volume without a source is an empty directory', () => {
  const { volumes } = defaultPodSpec(spec({ volumes: [{ name: 'a' }, { name: 'b', hostPath: { path: '/' } }] }));
  expect(volumes).toEqual([{ name: 'a', emptyDir: {} }, { name: 'b', hostPath: { path: '/' } }]);
});

test('the deprecated serviceAccount and serviceAccountName are one', () => {
  expect(defaultPodSpec(spec({ serviceAccount: 'old' }))).toMatchObject({ serviceAccount: 'old', serviceAccountName: 'old' });
  expect(defaultPodSpec(spec({ serviceAccount: 'old', serviceAccountName: 'new' }))).toMatchObject({ serviceAccount: 'new', serviceAccountName: 'new' });
});

test('a spec that lacks nothing comes back itself', () => {
  const once = defaultPodOnly(defaultPodSpec(spec({})));
  expect(defaultPodOnly(defaultPodSpec(once))).toBe(once);
});

test('a pod requests what it limits, and its host ports are its container ports on the host network', () => {
  const ports = [{ containerPort: 80, protocol: 'TCP' }];
  const resources = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } };
  const { containers, enableServiceLinks } = defaultPodOnly(spec({ hostNetwork: true, containers: [{ name: 'a', ports, resources }] }));
  expect(containers[0]!.resources.requests).toEqual({ cpu: '500m', memory: '1Gi' });
  expect(containers[0]!.ports).toEqual([{ containerPort: 80, hostPort: 80, protocol: 'TCP' }]);
  expect(enableServiceLinks).toBe(true);
});

test('pod-level requests default to the containers\' sum, then to the pod-level limits', () => {
  const containers = [{ name: 'a', resources: { requests: { cpu: '100m' } } }, { name: 'b', resources: { requests: { cpu: '200m' } } }];
  const { resources } = defaultPodOnly(spec({ containers, resources: { limits: { cpu: '1', memory: '1Gi' } } }));
  expect(resources!.requests).toEqual({ cpu: '300m', memory: '1Gi' });
});

test('QoS: guaranteed with limits for both everywhere, best effort with nothing, else burstable', () => {
  const limits = { cpu: '1', memory: '1Gi' };
  expect(qosClassOf(container({}))).toBe('BestEffort');
  expect(qosClassOf(container({ resources: { limits } }))).toBe('Guaranteed');
  expect(qosClassOf(container({ resources: { limits, requests: { cpu: '1000m', memory: '1Gi' } } }))).toBe('Guaranteed');
  expect(qosClassOf(container({ resources: { limits, requests: { cpu: '500m', memory: '1Gi' } } }))).toBe('Burstable');
  expect(qosClassOf(container({ resources: { requests: { memory: '1' } } }))).toBe('Burstable');
  expect(qosClassOf(container({ resources: { requests: { 'example.com/gpu': '1' } } }))).toBe('BestEffort');
  expect(qosClassOf(spec({ resources: { limits } }))).toBe('Guaranteed');
});

test('a new pod is Pending, and says why it is not scheduled while gated', () => {
  expect(initialPodStatus(spec({}))).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
  expect(initialPodStatus(spec({ schedulingGates: [{ name: 'g' }] })).conditions).toEqual([
    { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates' },
  ]);
});
