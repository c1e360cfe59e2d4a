/** What containers may do and what keeps them from doing more, as the kernel has it, on a real containerd. */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RuntimeClass } from '../../src/kinds/node/runtime-class.ts';
import type { Pod } from '../../src/kinds/core/pod.ts';
import type { RuntimeFeatures } from '../../src/kubelet/cri/cri.ts';
import { eventually } from './testing/cluster.ts';
import { installed } from './testing/install.ts';
import { shell, startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

let node: KubeletNode;
beforeAll(async () => {
  await installed('crun', 'crun');
  node = await startKubeletNode();
});
afterAll(() => node?.[Symbol.asyncDispose]());

type Spec = Parameters<KubeletNode['run']>[1];
const done = (pod: Pod) => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
const failed = (pod: Pod) => pod.status.phase === 'Failed';

/** Runs a script to its end. @returns what it printed, by lines */
async function printed(name: string, script: string, { securityContext = {}, ...spec }: Spec & { securityContext?: object } = {}, own: object = {}): Promise<readonly string[]> {
  await node.run(name, { restartPolicy: 'Never', securityContext, ...spec, containers: [shell('a', script, { securityContext: own })] });
  expect((await node.until(name, done)).status.phase).toBe('Succeeded');
  return (await node.logs(name)).trim().split('\n');
}

/** Until the container waits for this reason. @returns what the status says */
async function waits(name: string, reason: string): Promise<string> {
  const pod = await node.until(name, ({ status: { containerStatuses = [] } }) => containerStatuses[0]?.state.waiting?.reason === reason);
  return pod.status.containerStatuses![0]!.state.waiting!.message ?? '';
}

test('users and groups are those that pod and container name', async () => {
  const groups = { securityContext: { runAsUser: 1001, runAsGroup: 2001, fsGroup: 3001, supplementalGroups: [4001] } };
  expect(await printed('users', 'id -u; id -g; id -G', groups)).toEqual(['1001', '2001', '2001 3001 4001']);
  expect(await printed('own-user', 'id -u; id -g', groups, { runAsUser: 1002 })).toEqual(['1002', '2001']);
});

test('a container that must not be root is not started as root', async () => {
  const { metadata } = await node.run('nonroot', { securityContext: { runAsNonRoot: true }, containers: [shell('a', 'true')] });
  const message = `container has runAsNonRoot and image will run as root (pod: "nonroot_default(${metadata.uid})", container: a)`;
  expect(await waits('nonroot', 'CreateContainerConfigError')).toBe(message);
  await eventually('the event', async () => (await node.events('nonroot')).includes(`Failed: Error: ${message}`));
  expect(await printed('somebody', 'id -u', { securityContext: { runAsNonRoot: true, runAsUser: 7 } })).toEqual(['7']);
  await node.run('breaks', { securityContext: { runAsNonRoot: true, runAsUser: 0 }, containers: [shell('a', 'true')] });
  expect(await waits('breaks', 'CreateContainerConfigError')).toMatch(/^container's runAsUser breaks non-root policy \(pod: "breaks_default\(/);
  for (const name of ['nonroot', 'breaks']) await node.remove(name);
});

const status = (field: string) => `grep -w ${field} /proc/1/status | tr -d ' \\t'`;

test('capabilities are added and dropped, and privileged containers have all', async () => {
  expect(await printed('none', status('CapEff'), {}, { capabilities: { drop: ['ALL'] } })).toEqual(['CapEff:0000000000000000']);
  // CAP_NET_ADMIN is the twelfth.
  expect(await printed('one', status('CapEff'), {}, { capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } })).toEqual(['CapEff:0000000000001000']);
  const own = (await readFile('/proc/self/status', 'utf8')).split('\n').find((line) => line.startsWith('CapBnd'))!.replace(/\s/g, '').replace('CapBnd', 'CapEff');
  expect(await printed('all', `${status('CapEff')}; grep -c ' /proc/' /proc/mounts; test -e /dev/kmsg && echo kmsg`, {}, { privileged: true })).toEqual([own, '0', 'kmsg']);
});

test('privileges are not gained, the root is not written, and /proc is not all shown', async () => {
  expect(await printed('gain', status('NoNewPrivs'), {}, { allowPrivilegeEscalation: false })).toEqual(['NoNewPrivs:1']);
  expect(await printed('may-gain', status('NoNewPrivs'))).toEqual(['NoNewPrivs:0']);
  expect(await printed('readonly', 'touch /x 2>/dev/null || echo refused; touch /proc/sys/kernel/domainname 2>/dev/null || echo refused', {}, { readOnlyRootFilesystem: true })).toEqual(['refused', 'refused']);
  const hidden = (await Promise.all(['asound', 'acpi', 'interrupts', 'kcore', 'keys', 'timer_list'].map((name) => stat(join('/proc', name)).then(() => [name], () => [])))).flat();
  const seen = await printed('masked', `cd /proc; for each in ${hidden.join(' ')}; do grep -q " /proc/$each " mounts && echo $each; done; ls /sys/firmware | wc -l`);
  expect(seen).toEqual([...hidden, '0']);
});

test('seccomp is unconfined, the runtime\'s own, or a file of the node; without the file nothing starts', async () => {
  const profiles = join(node.layout.kubelet, 'seccomp', 'profiles');
  await mkdir(profiles, { recursive: true });
  await writeFile(join(profiles, 'no-mkdir.json'), JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }] }));
  const seccomp = (type: string, more: object = {}) => ({ seccompProfile: { type, ...more } });
  expect(await printed('unconfined', status('Seccomp'))).toEqual(['Seccomp:0']);
  expect(await printed('default', status('Seccomp'), { securityContext: seccomp('RuntimeDefault') })).toEqual(['Seccomp:2']);
  expect(await printed('local', 'mkdir /x 2>/dev/null || echo refused; touch /y && echo fine', {}, seccomp('Localhost', { localhostProfile: 'profiles/no-mkdir.json' }))).toEqual(['refused', 'fine']);
  await node.run('lost', { containers: [shell('a', 'true', { securityContext: seccomp('Localhost', { localhostProfile: 'profiles/lost.json' }) })] });
  expect(await waits('lost', 'CreateContainerError')).toContain(`cannot load seccomp profile "${join(profiles, 'lost.json')}"`);
  await node.remove('lost');
  await node.restart({ seccompDefault: true });
  expect(await printed('by-default', status('Seccomp'))).toEqual(['Seccomp:2']);
  expect(await printed('all-the-same', status('Seccomp'), { securityContext: seccomp('Unconfined') })).toEqual(['Seccomp:0']);
  await node.restart();
});

const sysctl = (name: string, value: string) => ({ securityContext: { sysctls: [{ name, value }] } });

test('safe sysctls are set in the pod alone, unsafe ones only where the node allows them', async () => {
  expect(await printed('safe', 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start', sysctl('net.ipv4.ip_unprivileged_port_start', '77'))).toEqual(['77']);
  expect((await readFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')).trim()).not.toBe('77');
  await node.run('unsafe', { ...sysctl('kernel.msgmax', '4242'), containers: [shell('a', 'true')] });
  const refused = await node.until('unsafe', failed);
  expect(refused.status).toMatchObject({ reason: 'SysctlForbidden', message: 'Pod was rejected: forbidden sysctl: "kernel.msgmax" not allowlisted' });
  await node.restart({ allowedUnsafeSysctls: ['kernel.msg*'] });
  expect(await printed('allowed', 'cat /proc/sys/kernel/msgmax', sysctl('kernel/msgmax', '4242'))).toEqual(['4242']);
  await node.restart();
});

test('what kernel or runtime lack is refused in so many words', async () => {
  const refusal = async (name: string, spec: Spec) => {
    await node.run(name, { ...spec, containers: [shell('a', 'true')] });
    const { status: { reason, message } } = await node.until(name, failed);
    return `${reason}: ${message}`;
  };
  const appArmor = await readFile('/sys/module/apparmor/parameters/enabled', 'utf8').catch(() => 'N');
  if (!appArmor.startsWith('Y')) expect(await refusal('armor', { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } })).toBe('AppArmor: Pod was rejected: Cannot enforce AppArmor: AppArmor is not enabled on the host');
  expect(await refusal('windows', { os: { name: 'windows' } })).toBe("PodOSNotSupported: Pod was rejected: Failed to admit pod as the OS field doesn't match node OS");
  const { handlers, supplementalGroupsPolicy }: RuntimeFeatures = await node.cri.features();
  if (!supplementalGroupsPolicy) expect(await refusal('strict', { securityContext: { supplementalGroupsPolicy: 'Strict' } })).toBe('SupplementalGroupsPolicyNotSupported: Pod was rejected: SupplementalGroupsPolicy=Strict is not supported in this node');
  if (handlers.some(({ name, userNamespaces }) => name === '' && userNamespaces)) return;
  await node.run('users-apart', { hostUsers: false, containers: [shell('a', 'true')] });
  await eventually('the event', async () => (await node.events('users-apart')).includes("FailedCreatePodSandBox: Failed to create pod sandbox: can't set `spec.hostUsers: false`, runtime does not support user namespaces"));
  await node.remove('users-apart');
});

test('a pod whose RuntimeClass says so runs under crun beside others under runc; a handler that is not there fails', async () => {
  for (const handler of ['crun', 'nothing']) await node.client.create(RuntimeClass, { metadata: { name: handler }, handler, overhead: { podFixed: { memory: '16Mi' } } }).catch(() => {});
  const sized = { resources: { limits: { cpu: '100m', memory: '32Mi' } } };
  for (const [name, spec] of [['light', { runtimeClassName: 'crun', overhead: { memory: '16Mi' } }], ['usual', {}]] as const) await node.run(name, { ...spec, containers: [shell('a', 'sleep 600', sized)] });
  const [light, usual] = await Promise.all(['light', 'usual'].map((name) => node.until(name, ({ status: { phase } }) => phase === 'Running')));
  const id = (pod: Pod) => pod.status.containerStatuses![0]!.containerID!.replace('containerd://', '');
  const under = (runtime: string): Promise<readonly string[]> => readdir(join(node.layout.containerdState, runtime, 'k8s.io')).catch(() => []);
  expect((await under('crun')).includes(id(light!))).toBe(true);
  expect([(await under('crun')).includes(id(usual!)), (await under('runc')).includes(id(usual!)), (await under('runc')).includes(id(light!))]).toEqual([false, true, false]);
  // What running it costs comes on top of what its containers may use.
  const memory = (pod: Pod) => readFile(`/sys/fs/cgroup/memory${node.cgroupRoot}/kubepods/pod${pod.metadata.uid}/memory.limit_in_bytes`, 'utf8')
    .catch(() => readFile(`/sys/fs/cgroup${node.cgroupRoot}/kubepods/pod${pod.metadata.uid}/memory.max`, 'utf8'));
  expect([Number(await memory(light!)), Number(await memory(usual!))]).toEqual([48 * 1024 ** 2, 32 * 1024 ** 2]);
  const { stdout } = await node.cri.execSync(id(light!), { cmd: ['sh', '-c', 'echo in crun'], timeoutSeconds: 10 });
  expect(Buffer.from(stdout).toString()).toBe('in crun\n');
  await node.run('nowhere', { runtimeClassName: 'nothing', containers: [shell('a', 'true')] });
  await eventually('the event', async () => (await node.events('nowhere')).some((event) => event.startsWith('FailedCreatePodSandBox: Failed to create pod sandbox: ') && event.includes('no runtime for "nothing" is configured')));
  for (const name of ['light', 'usual', 'nowhere']) await node.remove(name);
});
