/** Bad days of a node, on a real containerd: each ends with the right words, the pod as it was wanted, and nothing left behind. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { connectCri, paced, type Cri } from '../../src/kubelet/index.ts';
import { startCriProxy, type CriProxy, type Fault } from './support/cri-proxy.ts';
import { leftovers, type Leftovers } from './support/leftovers.ts';
import { run } from './support/namespaces.ts';
import { eventually } from './testing/cluster.ts';
import { IMAGE, shell, startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

/** A link of CNI's chain that fails or hangs as a file beside it says: `ADD fail`, `DEL hang`. */
const PLUGIN = {
  name: 'knarr-fault',
  script: `#!/bin/sh
input=$(cat)
fault=$(cat "$(dirname "$0")/fault" 2>/dev/null)
if [ "$fault" = "$CNI_COMMAND fail" ]; then echo '{ "cniVersion": "0.4.0", "code": 100, "msg": "the cable is cut" }'; exit 1; fi
if [ "$fault" = "$CNI_COMMAND hang" ]; then exec sleep 600; fi
printf %s "$input" | "$(dirname "$0")/tuning"
`,
};

let node: KubeletNode;
let proxy: CriProxy;
let cri: Cri;
let before: Leftovers;
beforeAll(async () => {
  node = await startKubeletNode({ plugin: PLUGIN });
  proxy = await startCriProxy(join(node.dir, 'proxy.sock'), node.layout.containerdSocket);
  const through = connectCri(proxy.socket, { clock: systemClock });
  cri = { ...paced(through, { clock: systemClock, atOnce: 8 }), [Symbol.dispose]: () => through[Symbol.dispose]() };
  // Long enough to be seen.
  await node.restart({ cri, maxCrashBackoff: 10_000 });
  before = await traces();
});
afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  cri?.[Symbol.dispose]();
  await proxy?.[Symbol.asyncDispose]();
});

// A test that fails leaves the next ones a whole network.
afterEach(() => cni(''));

const traces = (): Promise<Leftovers> => leftovers({
  ...node, logDir: join(node.dir, 'logs'), addresses: join(node.dir, 'ipam', 'kubelet-test'), network: '10.199.77.',
});

/** containerd clears away what it let go of in its own time. */
const nothingIsLeft = (): Promise<boolean> => eventually('nothing is left', async () => {
  expect(await traces()).toEqual(before);
  return true;
});

type Read = Awaited<ReturnType<KubeletNode['until']>>;
const isRunning = (pod: Read) => pod.status.containerStatuses?.every(({ state }) => state.running) && pod.status.phase === 'Running';
const waiting = (reason: string) => (pod: Read) => pod.status.containerStatuses?.[0]?.state.waiting?.reason === reason;
const sleeper = (name: string, more: object = {}) => node.run(name, { containers: [shell('a', 'trap "exit 0" TERM; while true; do sleep 0.1; done', more)] });
const cni = (fault: string) => writeFile(join(node.dir, 'cni-bin', 'fault'), fault);

/** What a pod needs of the runtime from its first to its last day. */
const STARTING = ['RunPodSandbox', 'PodSandboxStatus', 'ImageStatus', 'CreateContainer', 'StartContainer', 'ListPodSandbox', 'ListContainers', 'ContainerStatus'];
const ENDING = ['StopContainer', 'StopPodSandbox', 'RemoveContainer', 'RemovePodSandbox', 'ListPodSandbox', 'ListContainers', 'ContainerStatus'];

for (const fault of ['refused', 'lost', 'cut'] as const satisfies readonly Fault[]) {
  test(`every call of the runtime is ${fault} once: pods run and go all the same`, async () => {
    const names = ['one', 'two', 'three'].map((name) => `${fault}-${name}`);
    for (const method of STARTING) proxy.next(method, fault);
    await Promise.all(names.map((name) => sleeper(name)));
    await Promise.all(names.map((name) => node.until(name, isRunning)));
    for (const method of ENDING) proxy.next(method, fault);
    await Promise.all(names.map((name) => node.remove(name)));
    await nothingIsLeft();
  });
}

for (const [method, when] of [
  ['RunPodSandbox', 'before'], ['RunPodSandbox', 'after'], ['ImageStatus', 'before'], ['CreateContainer', 'before'], ['CreateContainer', 'after'], ['StartContainer', 'before'], ['StartContainer', 'after'],
] as const) {
  test(`a pod deleted ${when} the answer of ${method}, which never comes, goes without a trace`, async () => {
    const reached = proxy.hold(method, when);
    await sleeper('deleted');
    const { release } = await reached;
    await node.remove('deleted');
    release();
    await nothingIsLeft();
  });
}

test('a network that cannot be made is told and tried again; what was made of it is taken back', async () => {
  await cni('ADD fail');
  await sleeper('no-network');
  await eventually('it is told', async () => (await node.events('no-network')).some((event) =>
    /^FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "[0-9a-f]{64}": plugin type="knarr-fault" failed \(add\): the cable is cut$/.test(event)));
  expect((await traces())['addresses']).toEqual([]);
  await cni('');
  await node.until('no-network', isRunning);
  await node.remove('no-network');
  await nothingIsLeft();
});

test('a network that hangs does not keep a pod from being deleted', async () => {
  await cni('ADD hang');
  await sleeper('hangs');
  await eventually('the plugin hangs', async () => (await traces())['addresses']!.length > 0);
  await node.remove('hangs');
  await cni('');
  await nothingIsLeft();
});

test('a network that cannot be taken down is told, and keeps the pod until it can', async () => {
  const { metadata: { uid } } = await sleeper('held');
  await node.until('held', isRunning);
  await cni('DEL fail');
  const gone = node.remove('held');
  await eventually('it is told', async () => (await node.events('held')).some((event) =>
    event.startsWith(`FailedKillPod: error killing pod: failed to "KillPodSandbox" for "${uid}" with KillPodSandboxError: "rpc error: code = Unknown desc = failed to destroy network for sandbox `)));
  await cni('');
  await gone;
  await nothingIsLeft();
});

/** A program of another kind of machine: nothing but what says so (elf(5): 64 bits, EM_S390). */
const FOREIGN = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 2, 1, ...Array.from({ length: 9 }, () => 0), 0, 2, 0, 22, 0, 0, 0, 1]);

test('commands that do not exist or are for another machine, directories that are none, images of no name', async () => {
  const foreign = join(node.dir, 'foreign');
  await writeFile(foreign, Buffer.concat([FOREIGN, Buffer.alloc(256)]), { mode: 0o755 });
  await node.run('foreign', { containers: [{ name: 'a', image: IMAGE, command: ['/foreign'], volumeMounts: [{ name: 'f', mountPath: '/foreign' }] }], volumes: [{ name: 'f', hostPath: { path: foreign, type: 'File' } }] });
  await node.run('no-command', { containers: [{ name: 'a', image: IMAGE, command: ['/no/such/program'] }] });
  await node.run('no-directory', { containers: [shell('a', 'true', { workingDir: '/bin/busybox' })] });
  await node.run('no-name', { containers: [{ name: 'a', image: 'Not A Name' }] });
  const command = await node.until('no-command', waiting('CrashLoopBackOff'));
  expect(command.status.containerStatuses![0]!.lastState.terminated).toMatchObject({ exitCode: 128, reason: 'StartError' });
  expect(command.status.containerStatuses![0]!.lastState.terminated!.message).toMatch(/exec: "\/no\/such\/program": stat \/no\/such\/program: no such file or directory: unknown$/);
  expect((await node.events('no-command')).join('\n')).toMatch(/Failed: Error: failed to create containerd task: .*no such file or directory/);
  await node.until('no-directory', (pod) => pod.status.containerStatuses?.[0]?.state.waiting && pod.status.containerStatuses[0].lastState.terminated?.reason === 'StartError');
  expect((await node.until('no-name', waiting('InvalidImageName'))).status.phase).toBe('Pending');
  const elsewhere = await node.until('foreign', waiting('CrashLoopBackOff'));
  expect(elsewhere.status.containerStatuses![0]!.lastState.terminated!.exitCode).toBeGreaterThan(0);
  await Promise.all(['foreign', 'no-command', 'no-directory', 'no-name'].map((name) => node.remove(name)));
  await nothingIsLeft();
});

test('a full disk is told; when there is room again the pod runs', async () => {
  const pods = join(node.layout.kubelet, 'pods');
  await mkdir(pods, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', pods]);
  try {
    await writeFile(join(pods, 'full'), Buffer.alloc(64 * 1024)).catch(() => {});
    await sleeper('full');
    await eventually('it is told', async () => (await node.events('full')).some((event) => /no space left on device|ENOSPC/.test(event)));
    await rm(join(pods, 'full'));
    await node.until('full', isRunning);
    await node.remove('full');
  } finally {
    await run('umount', ['-l', pods]);
  }
  await nothingIsLeft();
});
