import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, type Millis } from '../base/clock.ts';
import { silent } from '../base/log.ts';
import { completeConfiguration, connectCri, optionsOf, shutdownSeconds, type Cri } from '../kubelet/index.ts';
import { cleanNetwork, cleanPolicies } from '../network/index.ts';
import { cleanProxy } from '../proxy/index.ts';
import type { Layout, NodeLayout } from './layout.ts';
import { machineExec, type Exec } from './machine/exec.ts';
import { cgroupOf, hostEnd, mountPoints, POD_BRIDGE, removePlace, removePlaces } from './node/place.ts';
import { namespaceOf, readSettings, type NodePlace, type Settings } from './settings.ts';
import { isTaken, releaseSlot } from './slots.ts';
import { ask } from './supervisor/control.ts';
import { endProcess, machineProcesses, type Processes } from './supervisor/process.ts';
import { agentName, CONTROL_PLANE, containerdName, isComponentName } from './supervisor/programs.ts';
import { wantedFile } from './supervisor/start.ts';
import { readRecords, type Records } from './supervisor/records.ts';

/** How long each process has to end by itself, and a container after it was asked to. */
const PATIENCE: Millis = 10_000;
const CONTAINER_GRACE_SECONDS = 2;

interface Stopping {
  readonly layout: Layout;
  readonly settings: Settings;
  readonly records: Records;
  /** This cluster was stopped before and another has its slot now: links, rules and cgroups of that number are not ours to remove. */
  readonly isStranger: boolean;
  readonly processes: Processes;
  readonly exec: Exec;
}

/** Ends a cluster's processes and containers and takes away what they had of the machine; its state stays. */
export async function stopCluster(layout: Layout, say: (line: string) => void): Promise<void> {
  const settings = await readSettings(layout);
  if (!settings) return;
  await rm(wantedFile(layout), { force: true }); // from here on nobody starts a supervisor again
  await ask(layout.dataDir, 'release');
  const records = await readRecords(layout);
  const isStranger = await isTaken(layout.dataDir, settings.slot);
  const stopping: Stopping = { layout, settings, records, isStranger, processes: machineProcesses(systemClock), exec: machineExec };
  if (Object.keys(records).length > 0) say('stopping');
  // First: they give up their Leases while the API server still takes that down.
  await Promise.all(Object.keys(records).filter(isComponentName).map((name) => end(stopping, name)));
  const nodes = Promise.all(settings.nodes.map((node) => stopNode(stopping, node)));
  // Pods that end in order are told of in the API until the last has ended.
  if (shutdownMillis(settings) > 0) await nodes;
  await Promise.all([nodes, end(stopping, CONTROL_PLANE)]);
  if (!isStranger) await removePlaces(layout, settings, machineExec);
  await unmountBelow(layout.dataDir, machineExec);
  if (settings.nodes.length > 0 && !isStranger) await removeCgroups(`/knarr-${settings.slot}`);
  await rm(layout.run, { recursive: true, force: true });
  await releaseSlot(layout.dataDir, settings.slot);
}

/** A node goes for good: its containers end kindly, and nothing of it is left but its Node object. */
export async function removeNode(layout: Layout, settings: Settings, node: NodePlace): Promise<void> {
  const records = await readRecords(layout);
  await stopNode({ layout, settings, records, isStranger: false, processes: machineProcesses(systemClock), exec: machineExec }, node);
  await takeAway(layout, settings, node);
  await rm(layout.node(node.name).dir, { recursive: true, force: true });
}

/** A node loses its power: everything in it ends at once, and its memory with it. Its disk stays. */
export async function powerOff(layout: Layout, settings: Settings, node: NodePlace): Promise<void> {
  const [records, processes] = [await readRecords(layout), machineProcesses(systemClock)];
  const place = layout.node(node.name);
  // The cable first, so that nothing says goodbye.
  await machineExec.run('ip', ['link', 'set', hostEnd(settings.slot, node), 'down']);
  for (const name of [agentName(node), containerdName(node)]) {
    const identity = records[name];
    if (identity) await endProcess(identity, { processes, clock: systemClock, patience: 0 });
  }
  await killLeftovers(place, cgroupOf(settings, node));
  await killWithin(namespaceOf(settings.slot, node), machineExec);
  await takeAway(layout, settings, node);
  await rm(place.containerdState, { recursive: true, force: true }); // on a machine of its own this is in memory
}

async function takeAway(layout: Layout, settings: Settings, node: NodePlace): Promise<void> {
  await removePlace(layout, { settings, node }, machineExec);
  await unmountBelow(layout.node(node.name).dir, machineExec);
  await removeCgroups(cgroupOf(settings, node));
}

async function end({ records, processes }: Stopping, name: string): Promise<void> {
  const identity = records[name];
  if (identity) await endProcess(identity, { processes, clock: systemClock, patience: PATIENCE });
}

async function stopNode(stopping: Stopping, node: NodePlace): Promise<void> {
  const { layout, settings, records, isStranger, processes } = stopping;
  const agent = records[agentName(node)];
  const shutdown = shutdownMillis(settings);
  if (agent && shutdown > 0) await endProcess(agent, { processes, clock: systemClock, patience: PATIENCE + shutdown, signal: 'SIGPWR' });
  await end(stopping, agentName(node));
  const place = layout.node(node.name);
  const containerd = records[containerdName(node)];
  if (containerd && processes.lives(containerd)) {
    using cri = connectCri(place.containerdSocket, { clock: systemClock });
    await removePods(cri).catch(() => {}); // what is left is killed below
  }
  await end(stopping, containerdName(node));
  await killLeftovers(place, isStranger ? undefined : cgroupOf(settings, node));
  if (node.place === 'namespace' && !isStranger) await killWithin(namespaceOf(settings.slot, node), machineExec);
  if (node.place === 'host' && !isStranger) { // a namespace takes its rules and links with it
    await cleanProxy(machineExec.run);
    await cleanPolicies(machineExec.run);
    await cleanNetwork({ run: machineExec.run, bridge: POD_BRIDGE, stateDir: place.network, clock: systemClock, log: silent });
  }
}

async function removePods(cri: Cri): Promise<void> {
  const containers = await cri.listContainers();
  await Promise.all(containers.map(({ id }) => cri.stopContainer(id, CONTAINER_GRACE_SECONDS).catch(() => {})));
  const sandboxes = await cri.listPodSandboxes();
  await Promise.all(sandboxes.map(async ({ id }) => {
    await cri.stopPodSandbox(id).catch(() => {});
    await cri.removePodSandbox(id).catch(() => {});
  }));
}

/** How long a node's pods may take to end, where it is configured to let them (graceful node shutdown). */
function shutdownMillis({ kubelet = {} }: Settings): Millis {
  const { shutdown } = optionsOf(completeConfiguration(kubelet));
  return shutdown === undefined ? 0 : shutdownSeconds(shutdown) * 1000;
}

/** Shims and containers of a containerd that could not be asked: found by what they were started with and where they live. */
async function killLeftovers(place: NodeLayout, cgroup: string | undefined): Promise<void> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  for (const pid of pids) {
    const [command, groups] = await Promise.all(['cmdline', 'cgroup'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')));
    const isShim = command!.split('\0').includes(place.containerdSocket) && command!.includes('containerd-shim');
    const isContained = cgroup !== undefined && groups!.split('\n').some((line) => `${line.split(':')[2] ?? ''}/`.startsWith(`${cgroup}/`));
    if (isShim || isContained) kill(pid);
  }
}

/** Programs of the node's network that outlive its agent. */
async function killWithin(namespace: string, exec: Exec): Promise<void> {
  const { stdout } = await exec.run('ip', ['netns', 'pids', namespace]);
  for (const pid of stdout.split('\n').filter((line) => line !== '')) kill(Number(pid));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it went by itself
  }
}

async function unmountBelow(dir: string, exec: Exec): Promise<void> {
  const points = (await mountPoints()).filter((point) => point.startsWith(`${dir}/`));
  for (const point of points.toReversed()) await exec.run('umount', ['-l', point]);
}

/** In every hierarchy of cgroup v1, or the one of v2; a group can go once it is empty. */
async function removeCgroups(path: string): Promise<void> {
  const roots = ['/sys/fs/cgroup', ...(await readdir('/sys/fs/cgroup').catch(() => [])).map((name) => join('/sys/fs/cgroup', name))];
  for (const root of roots) await removeGroup(join(root, path));
}

async function removeGroup(dir: string): Promise<void> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeGroup(join(dir, entry.name));
  await rmdir(dir).catch(() => {});
}
