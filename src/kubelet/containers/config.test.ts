import { expect, test } from 'vitest';
import type { Image } from '../cri/runtime-v1.ts';
import { podOf } from '../testing/pods.ts';
import { containerConfig } from './container-config.ts';
import { memoryQosResources, podMemoryMin } from './memory-qos.ts';
import { linuxResources, oomScoreAdjust, podLimits, quotaOf, sharesOf } from './resources.ts';
import { sandboxConfig } from './sandbox-config.ts';
import { containerSecurity } from './security.ts';

const GIB = 1024 ** 3;
const SETTINGS = { seccompDir: '/seccomp', maskedPaths: ['/proc/kcore'] };
const image: Image = { id: 'sha256:1', repoTags: ['knarr.local/busybox:1'], repoDigests: [], size: 1, uid: null, username: '', pinned: false };

const secure = (container: object, spec: object = {}, from: Partial<Image> = {}) => {
  const pod = podOf({ containers: [{ name: 'a', ...container }], ...spec });
  return containerSecurity({ pod, container: pod.spec.containers[0]!, image: { ...image, ...from }, settings: SETTINGS });
};

test('thousandths of a CPU become shares and quota within the kernel\'s bounds', () => {
  expect([0, 1, 500, 1000, 1_000_000].map(sharesOf)).toEqual([2, 2, 512, 1024, 262_144]);
  expect([0, 1, 500, 2000].map(quotaOf)).toEqual([0, 1000, 50_000, 200_000]);
});

test('limits stand in for requests that are not given', () => {
  const pod = podOf({ containers: [{ name: 'a', resources: { limits: { cpu: '500m', memory: '1Gi' } } }] });
  expect(linuxResources(pod, pod.spec.containers[0]!, 4 * GIB)).toEqual({ cpuShares: 512, cpuQuota: 50_000, cpuPeriod: 100_000, memoryLimitInBytes: GIB, oomScoreAdj: -997 });
});

test('the kernel kills best-effort containers first, then small requests, guaranteed and critical ones last', () => {
  const score = (resources: object, spec: object = {}) => {
    const pod = podOf({ containers: [{ name: 'a', resources }], ...spec });
    return oomScoreAdjust(pod, pod.spec.containers[0]!, 4 * GIB);
  };
  expect(score({})).toBe(1000);
  expect(score({ requests: { memory: '1Gi' } })).toBe(750);
  expect(score({ requests: { cpu: '1' } })).toBe(999);
  expect(score({ requests: { memory: '4Gi' } })).toBe(3);
  expect(score({ limits: { cpu: '1', memory: '1Gi' } })).toBe(-997);
  expect(score({}, { priority: 2_000_001_000, priorityClassName: 'system-node-critical' })).toBe(-997);
  // Critical for the cluster, a pod may run elsewhere.
  expect(score({}, { priority: 2_000_000_000, priorityClassName: 'system-cluster-critical' })).toBe(1000);
  expect(score({ requests: { memory: '1500Mi' } })).toBe(634);
});

test('a sidecar outlives the container that asks for least, and what a pod asks for as a whole is everyone\'s', () => {
  const asking = (memory: string) => ({ resources: { requests: { memory } } });
  const pod = podOf({ initContainers: [{ name: 's', restartPolicy: 'Always' }], containers: [{ name: 'small', ...asking('512Mi') }, { name: 'large', ...asking('2Gi') }] });
  const score = (of: ReturnType<typeof podOf>, index: number) => oomScoreAdjust(of, [...of.spec.initContainers ?? [], ...of.spec.containers][index]!, 4 * GIB);
  expect([score(pod, 0), score(pod, 1), score(pod, 2)]).toEqual([875, 875, 500]);
  const whole = podOf({ resources: { requests: { memory: '2Gi' } }, containers: [{ name: 'a', ...asking('1Gi') }, { name: 'b' }] });
  expect([score(whole, 0), score(whole, 1)]).toEqual([625, 875]);
});

test('a pod is limited as a whole only where each of its containers is', () => {
  const limited = { resources: { limits: { cpu: '1', memory: '1Gi' } } };
  expect(podLimits(podOf({ containers: [{ name: 'a', ...limited }, { name: 'b', ...limited }] }))).toEqual({ cpuShares: 2048, cpuQuota: 200_000, cpuPeriod: 100_000, memoryBytes: 2 * GIB });
  expect(podLimits(podOf({ containers: [{ name: 'a', ...limited }, { name: 'b' }] }))).toEqual({ cpuShares: 1024, cpuPeriod: 100_000 });
});

test('a pod\'s peak is its largest init container or all main ones, sidecars on top of both', () => {
  const of = (cpu: string) => ({ resources: { requests: { cpu } } });
  const pod = podOf({ initContainers: [{ name: 's', restartPolicy: 'Always', ...of('1') }, { name: 'i', ...of('4') }], containers: [{ name: 'a', ...of('2') }] });
  expect(podLimits(pod).cpuShares).toBe(5 * 1024);
});

test('the container\'s own security settings win over its pod\'s', () => {
  expect(secure({ securityContext: { runAsUser: 5 } }, { securityContext: { runAsUser: 1, runAsGroup: 2, fsGroup: 3, supplementalGroups: [4] } }))
    .toMatchObject({ runAsUser: { value: 5 }, runAsGroup: { value: 2 }, supplementalGroups: [3, 4], privileged: false, seccomp: { profileType: 'Unconfined' } });
  expect(secure({}, {}, { uid: { value: 9 } })).toMatchObject({ runAsUser: { value: 9 } });
  expect(secure({}, {}, { username: 'web' })).toMatchObject({ runAsUsername: 'web' });
  expect(secure({ securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'p.json' } } })).toMatchObject({ seccomp: { profileType: 'Localhost', localhostRef: '/seccomp/p.json' } });
  expect(secure({ securityContext: { privileged: true } })).toMatchObject({ privileged: true, maskedPaths: [], readonlyPaths: [] });
});

test('every setting of a security context reaches the runtime', () => {
  expect(secure({ securityContext: {
    capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] }, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, seLinuxOptions: { level: 's0:c1' },
    appArmorProfile: { type: 'Localhost', localhostProfile: 'mine' }, runAsGroup: 7, runAsUser: 8,
  } }, { securityContext: { supplementalGroupsPolicy: 'Strict', appArmorProfile: { type: 'Unconfined' }, seLinuxOptions: { level: 's0' } } })).toMatchObject({
    capabilities: { addCapabilities: ['NET_ADMIN'], dropCapabilities: ['ALL'] }, readonlyRootfs: true, noNewPrivs: true, selinuxOptions: { level: 's0:c1' },
    apparmor: { profileType: 'Localhost', localhostRef: 'mine' }, runAsGroup: { value: 7 }, supplementalGroupsPolicy: 'Strict', maskedPaths: ['/proc/kcore'],
  });
  expect(secure({ securityContext: { procMount: 'Unmasked' } })).toMatchObject({ privileged: false, maskedPaths: [], readonlyPaths: [] });
});

test('seccomp is what the container says, else its pod, else the node', () => {
  const pod = podOf({ containers: [{ name: 'a' }], securityContext: { seccompProfile: { type: 'Unconfined' } } });
  const seccomp = (from: object, settings: object = {}) => containerSecurity({ pod: { ...pod, ...from }, container: pod.spec.containers[0]!, image, settings: { ...SETTINGS, ...settings } }).seccomp;
  const silent = { spec: { ...pod.spec, securityContext: {} } };
  expect([seccomp({}, { seccompDefault: true }), seccomp(silent, { seccompDefault: true }), seccomp(silent)].map((one) => one?.profileType)).toEqual(['Unconfined', 'RuntimeDefault', 'Unconfined']);
  expect(() => seccomp({ spec: { ...pod.spec, securityContext: { seccompProfile: { type: 'Localhost' } } } })).toThrow('localhostProfile must be set if seccompProfile type is Localhost.');
});

test('who must not run as root is told why not', () => {
  const nonRoot = { securityContext: { runAsNonRoot: true } };
  const at = '(pod: "web_default(11111111-2222-3333-4444-555555555555)", container: a)';
  expect(() => secure({}, nonRoot)).toThrow(`container has runAsNonRoot and image will run as root ${at}`);
  expect(() => secure({ securityContext: { runAsUser: 0 } }, nonRoot)).toThrow(`container's runAsUser breaks non-root policy ${at}`);
  expect(() => secure({}, nonRoot, { username: 'web' })).toThrow(`container has runAsNonRoot and image has non-numeric user (web), cannot verify user is non-root ${at}`);
  expect(secure({}, nonRoot, { uid: { value: 7 } })).toMatchObject({ runAsUser: { value: 7 } });
});

test('a sandbox carries the pod\'s name, ports, sysctls and namespaces', () => {
  const pod = podOf({
    containers: [{ name: 'a', ports: [{ containerPort: 80, hostPort: 8080, protocol: 'UDP' }, { containerPort: 81 }] }],
    hostIPC: true, securityContext: { sysctls: [{ name: 'net/core/somaxconn', value: '1' }] },
  }, { labels: { app: 'x' }, annotations: { note: 'y' } });
  const config = sandboxConfig({ pod, attempt: 3, dns: { servers: [], searches: [], options: [] }, clusterDomain: 'cluster.local', logDirectory: '/logs', cgroupParent: '/knarr/pod' });
  expect(config).toMatchObject({
    metadata: { name: 'web', namespace: 'default', attempt: 3 }, hostname: 'web', logDirectory: '/logs',
    portMappings: [{ protocol: 'UDP', containerPort: 80, hostPort: 8080, hostIp: '' }],
    labels: { app: 'x', 'io.kubernetes.pod.name': 'web', 'io.kubernetes.pod.uid': pod.metadata.uid }, annotations: { note: 'y' },
    linux: { cgroupParent: '/knarr/pod', sysctls: { 'net.core.somaxconn': '1' }, securityContext: { namespaceOptions: { network: 'POD', pid: 'CONTAINER', ipc: 'NODE' }, seccomp: { profileType: 'RuntimeDefault' } } },
  });
  expect(config.linux).toMatchObject({ resources: { cpuShares: 2, cpuQuota: 0, memoryLimitInBytes: 0 } });
  expect(config.linux!.overhead).toBeUndefined();
  const heavy = podOf({ containers: [{ name: 'a', resources: { limits: { cpu: '1', memory: '1Gi' } } }], overhead: { cpu: '250m', memory: '64Mi' } });
  const costly = sandboxConfig({ pod: heavy, attempt: 0, dns: { servers: [], searches: [], options: [] }, clusterDomain: '', logDirectory: '', cgroupParent: '', userns: { mode: 'NODE' } });
  expect(costly.linux).toMatchObject({
    resources: { cpuShares: 1024, cpuQuota: 100_000, memoryLimitInBytes: GIB }, overhead: { cpuShares: 256, cpuQuota: 25_000, memoryLimitInBytes: 64 * 1024 ** 2 },
    securityContext: { namespaceOptions: { usernsOptions: { mode: 'NODE' } } },
  });
  expect(podLimits(heavy)).toMatchObject({ cpuShares: 1280, cpuQuota: 125_000, memoryBytes: GIB + 64 * 1024 ** 2 });
  const onHost = sandboxConfig({ pod: podOf({ hostNetwork: true, containers: pod.spec.containers }), attempt: 0, dns: { servers: [], searches: [], options: [] }, clusterDomain: '', logDirectory: '', cgroupParent: '' });
  expect(onHost.hostname).toBeUndefined();
  expect(onHost.portMappings).toEqual([]);
});

test('a container carries what is needed to know it again', () => {
  const pod = podOf({ containers: [{ name: 'a', command: ['run', '$(X)'], args: ['$(Y)'], tty: true, lifecycle: { preStop: { exec: { command: ['bye'] } } } }] });
  const config = containerConfig({ pod, container: pod.spec.containers[0]!, restartCount: 4, image, environment: new Map([['X', '1']]), mounts: [], machineMemory: GIB, settings: SETTINGS });
  expect(config).toMatchObject({
    metadata: { name: 'a', attempt: 4 }, image: { image: 'sha256:1' }, command: ['run', '1'], args: ['$(Y)'], envs: [{ key: 'X', value: '1' }], logPath: 'a/4.log', tty: true, stdin: false,
    labels: { 'io.kubernetes.container.name': 'a' },
    annotations: { 'io.kubernetes.container.restartCount': '4', 'io.kubernetes.container.preStopHandler': '{"exec":{"command":["bye"]}}', 'io.kubernetes.pod.terminationGracePeriod': '30' },
  });
});

test('limits of CPU are not enforced where the node says so', () => {
  const pod = podOf({ containers: [{ name: 'a', resources: { limits: { cpu: '1', memory: '1Gi' } } }] });
  const resources = (more: object) => containerConfig({ pod, container: pod.spec.containers[0]!, restartCount: 0, image, environment: new Map(), mounts: [], machineMemory: GIB, settings: SETTINGS, ...more }).linux!.resources;
  expect(resources({ cfsQuota: false })).toMatchObject({ cpuQuota: 0, cpuPeriod: 0, cpuShares: 1024 });
  expect(resources({ cfsQuota: true })).toMatchObject({ cpuQuota: 100_000, cpuPeriod: 100_000 });
});

test('what a container requested is kept for it, and near its limit it is slowed', () => {
  const facts = { throttlingFactor: 0.9, allocatableBytes: 10 * GIB };
  const files = (resources: object) => {
    const pod = podOf({ containers: [{ name: 'a', resources }] });
    return { ...memoryQosResources(pod, pod.spec.containers[0]!, facts), pod: podMemoryMin(pod) };
  };
  expect(files({ requests: { memory: '1Gi' }, limits: { memory: '2Gi' } })).toEqual({ 'memory.min': String(GIB), 'memory.high': String(Math.floor((1.9 * GIB) / 4096) * 4096), pod: GIB });
  expect(files({ requests: { memory: '1Gi' } })).toEqual({ 'memory.min': String(GIB), 'memory.high': String(Math.floor((9.1 * GIB) / 4096) * 4096), pod: GIB });
  expect(files({ requests: { memory: '1Gi', cpu: '1' }, limits: { memory: '1Gi', cpu: '1' } })).toEqual({ 'memory.min': String(GIB), pod: GIB });
  const pod = podOf({ containers: [{ name: 'a', resources: { requests: { memory: '1Gi' } } }] });
  const config = containerConfig({
    pod, container: pod.spec.containers[0]!, restartCount: 0, image, environment: new Map(), mounts: [], machineMemory: GIB, settings: SETTINGS, memoryQos: facts, oomGroup: true, swap: { behavior: 'NoSwap', swapBytes: GIB, memoryBytes: GIB },
  });
  expect(config.linux!.resources!.unified).toMatchObject({ 'memory.swap.max': '0', 'memory.min': String(GIB), 'memory.oom.group': '1' });
});
