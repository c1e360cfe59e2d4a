/** What a node adds to its container runtime: pods started, pods at rest, a secret's way into a container; beside upstream's kubelet. */
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { connectCri } from '../../src/kubelet/index.ts';
import { layoutOf } from '../../src/cluster/layout.ts';
import { cgroupOf } from '../../src/cluster/node/place.ts';
import { readSettings, type Settings } from '../../src/cluster/settings.ts';
import { agentName } from '../../src/cluster/supervisor/programs.ts';
import { readRecords } from '../../src/cluster/supervisor/records.ts';
import type { Transport } from '../../src/wire/api.ts';
import { ask, askJson, drain, median, quantile, repeat } from './load.ts';
import { cpuMicros, freePort, residentBytes } from './machine.ts';
import { startKubeletPeer } from './node-peer.ts';
import { COMMAND, endPod, IMAGE, startPod, timeOf, type RuntimeAlone } from './node-runtime.ts';
import { PodWatch } from './node-watch.ts';
import { connectAdmin, knarr } from './up.ts';
import { until } from './workloads.ts';

/** One kubelet with a containerd of its own. */
export interface BenchNode extends RuntimeAlone {
  readonly name: string;
  readonly nodeName: string;
  /** Whose cost is counted. */
  readonly pid: number;
}

export interface NodeOptions {
  /** A directory that holds kubelet; knarr's alone is measured without. */
  readonly peer: string | undefined;
  /** How long the node is watched at rest. */
  readonly seconds: number;
  readonly rounds: number;
  readonly wanted: (name: string) => boolean;
}

export const nodeCases = ['node: a pod to Running', 'node: 110 pods', 'node: a secret'] as const;
/** As many as a node takes by default. */
const PODS = 110;
const PODS_URL = '/api/v1/namespaces/default/pods';
/** What settles after the last pod runs: compiled code, caches, garbage. */
const SETTLE_MILLIS = 10_000;

export async function measureNode(directory: string, options: NodeOptions): Promise<void> {
  await knarr(['up', '--data-dir', directory, '--port', String(await freePort()), '--no-install', ...(options.peer === undefined ? [] : ['--legacy-apis'])]);
  try {
    const settings = (await readSettings(layoutOf(directory)))!;
    await using admin = await connectAdmin(directory);
    await measure(admin, await ownNode(directory, settings), options);
    if (options.peer === undefined) return;
    await using peer = await startKubeletPeer(join(directory, 'peer'), { programs: options.peer, directory, settings });
    await until(() => isReady(admin, peer.nodeName));
    await measure(admin, peer, options);
  } finally {
    await knarr(['down', '--data-dir', directory, '--purge']);
  }
}

async function ownNode(directory: string, settings: Settings): Promise<BenchNode> {
  const [layout, node] = [layoutOf(directory), settings.nodes[0]!];
  const pid = (await readRecords(layout))[agentName(node)]!.pid;
  const cri = connectCri(layout.node(node.name).containerdSocket, { clock: systemClock });
  return { name: 'knarr', nodeName: node.name, pid, cri, cgroupParent: `${cgroupOf(settings, node)}/alone`, logDir: join(directory, 'alone') };
}

async function measure(admin: Transport, node: BenchNode, { rounds, seconds, wanted }: NodeOptions): Promise<void> {
  console.log(`\n${node.name} on node ${node.nodeName}`);
  const watch = await PodWatch.open(admin, PODS_URL);
  const [one, many, secret] = nodeCases;
  if (wanted(one)) await measureOne(admin, { node, watch, rounds: rounds * 4 });
  if (wanted(many)) await measureMany(admin, { node, watch, seconds });
  if (wanted(secret)) await measureSecret(admin, { node, watch, rounds: node.name === 'knarr' ? rounds : 1 });
  await watch.close();
}

interface Measuring {
  readonly node: BenchNode;
  readonly watch: PodWatch;
}

/** The runtime alone and the kubelet, in turns. */
async function measureOne(admin: Transport, { node, watch, rounds }: Measuring & { readonly rounds: number }): Promise<void> {
  const [alone, whole]: [number[], number[]] = [[], []];
  for (let n = 0; n <= rounds; n++) {
    const began = performance.now();
    const sandbox = await startPod(node, `one-${n}`);
    const took = performance.now() - began;
    await endPod(node, sandbox);
    const pod = `${node.nodeName}-one-${n}`;
    const posted = performance.now();
    await post(admin, pod, node);
    const running = await watch.running(pod);
    await remove(admin, pod);
    await watch.gone(pod);
    if (n === 0) continue; // the first compiles and caches
    alone.push(took);
    whole.push(running - posted);
  }
  const ratio = median(whole) / median(alone);
  const sorted = whole.toSorted((a, b) => a - b);
  console.log(`${nodeCases[0].padEnd(28)} ${median(whole).toFixed(0)} ms (p90 ${quantile(sorted, 0.9).toFixed(0)}); the runtime alone ${median(alone).toFixed(0)} ms: ${ratio.toFixed(2)}× (goal: 1.2)`);
}

async function measureMany(admin: Transport, { node, watch, seconds }: Measuring & { readonly seconds: number }): Promise<void> {
  const cores = availableParallelism();
  const times: { readonly atOnce: number; readonly millis: number }[] = [];
  for (const atOnce of [2 * cores, 4 * cores, 8 * cores]) times.push({ atOnce, millis: await timeOf(node, { pods: PODS, atOnce }) });
  const best = times.toSorted((a, b) => a.millis - b.millis)[0]!;
  const name = (n: number) => `${node.nodeName}-many-${n}`;
  const began = performance.now();
  const cpu = await cpuMicros([node.pid]);
  await repeat(PODS, 16, (n) => post(admin, name(n), node));
  const last = Math.max(...(await Promise.all(Array.from({ length: PODS }, (_, n) => watch.running(name(n))))));
  const busy = ((await cpuMicros([node.pid])) - cpu) / 1e6;
  console.log(`${nodeCases[1].padEnd(28)} ${((last - began) / 1000).toFixed(1)} s, ${busy.toFixed(1)} s of CPU; the runtime alone ${(best.millis / 1000).toFixed(1)} s with ${best.atOnce} at a time: ${((last - began) / best.millis).toFixed(2)}× (goal: 1.3)`);
  await rest(node, seconds);
  const leaving = performance.now();
  await repeat(PODS, 16, (n) => remove(admin, name(n)));
  await Promise.all(Array.from({ length: PODS }, (_, n) => watch.gone(name(n))));
  console.log(`${`node: ${PODS} pods gone`.padEnd(28)} ${((performance.now() - leaving) / 1000).toFixed(1)} s`);
}

async function rest({ pid }: BenchNode, seconds: number): Promise<void> {
  await systemClock.sleep(SETTLE_MILLIS);
  const [began, cpu] = [performance.now(), await cpuMicros([pid])];
  await systemClock.sleep(seconds * 1000);
  const share = ((await cpuMicros([pid])) - cpu) / 1000 / (performance.now() - began);
  console.log(`${`node: ${PODS} pods at rest`.padEnd(28)} ${((await residentBytes([pid])) / 2 ** 20).toFixed(0)} MB (RSS; goal: 100), ${(share * 100).toFixed(1)} % of a core (goal: 3)`);
}

/** From the request to the file as a process in the container sees it. Upstream's kubelet takes more than a minute each time. */
async function measureSecret(admin: Transport, { node, watch, rounds }: Measuring & { readonly rounds: number }): Promise<void> {
  const pod = `${node.nodeName}-secret`;
  const secrets = '/api/v1/namespaces/default/secrets';
  await drain(await ask(admin, { method: 'POST', url: secrets, body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: pod }, stringData: { key: 'first' } } }));
  await post(admin, pod, node, { volumes: [{ name: 'secret', secret: { secretName: pod } }] });
  await watch.running(pod);
  const { metadata: { uid } } = await askJson<{ readonly metadata: { readonly uid: string } }>(admin, { method: 'GET', url: `${PODS_URL}/${pod}` });
  const file = `/proc/${await processIn(uid)}/root/mnt/key`;
  const millis: number[] = [];
  for (let n = 0; n < rounds; n++) {
    await systemClock.sleep(1000);
    const began = performance.now();
    await drain(await ask(admin, { method: 'PATCH', url: `${secrets}/${pod}`, body: { stringData: { key: `value ${n}` } }, headers: { 'content-type': 'application/merge-patch+json' } }));
    while ((await readFile(file, 'utf8').catch(() => '')) !== `value ${n}`) await systemClock.sleep(2);
    millis.push(performance.now() - began);
  }
  console.log(`${nodeCases[2].padEnd(28)} in the container ${median(millis).toFixed(0)} ms after its change, at most ${Math.max(...millis).toFixed(0)} ms (goal: 2000)`);
  await drain(await ask(admin, { method: 'DELETE', url: `${secrets}/${pod}` }));
  await remove(admin, pod);
  await watch.gone(pod);
}

/** A process of the pod's that runs what its container was told to. */
async function processIn(uid: string): Promise<string> {
  for (;;) {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const [groups, command] = await Promise.all(['cgroup', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')));
      if (groups!.includes(`pod${uid}`) && command === `${COMMAND.join('\0')}\0`) return pid;
    }
    await systemClock.sleep(20);
  }
}

async function post(admin: Transport, name: string, { nodeName }: BenchNode, { volumes = [] }: { readonly volumes?: readonly { readonly name: string; readonly secret: object }[] } = {}): Promise<void> {
  const container = { name: 'main', image: IMAGE, command: COMMAND, volumeMounts: volumes.map((volume) => ({ name: volume.name, mountPath: '/mnt' })) };
  const spec = { nodeName, terminationGracePeriodSeconds: 0, automountServiceAccountToken: false, volumes, containers: [container] };
  await drain(await ask(admin, { method: 'POST', url: PODS_URL, body: { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec } }));
}

/** With a second to end in: what is deleted without any is gone from the API before it is from the node. */
const remove = async (admin: Transport, name: string): Promise<void> =>
  void (await drain(await ask(admin, { method: 'DELETE', url: `${PODS_URL}/${name}?gracePeriodSeconds=1` })));

interface NodeStatus {
  readonly spec: { readonly taints?: readonly object[] };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function isReady(admin: Transport, name: string): Promise<boolean> {
  const node = await askJson<NodeStatus>(admin, { method: 'GET', url: `/api/v1/nodes/${name}` }).catch(() => undefined);
  return node?.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true && (node.spec.taints ?? []).length === 0;
}
