/** Puts a kubelet together: sources of change on one side, pod workers on the other. */
import type { Millis } from '../base/clock.ts';
import { enforceNodeAllocatable } from './cgroups/enforce.ts';
import { readNodeSecurity } from './containers/node-security.ts';
import type { NodeSecurity } from './containers/node-security.ts';
import { createContext } from './context.ts';
import { nothingDedicated } from './devices/dedicated.ts';
import { Disposer } from './disposer.ts';
import { DEFAULT_GC_POLICY } from './eviction/container-garbage.ts';
import { openKernelLog, startOomWatcher } from './eviction/system-oom.ts';
import { layGround } from './ground.ts';
import type { Ground } from './ground.ts';
import { collectContainers } from './housekeeping/container-gc.ts';
import { LeftShims } from './housekeeping/left-shims.ts';
import { startLogRotation } from './housekeeping/log-rotation.ts';
import { startDedicatedNode } from './node/dedicated-node.ts';
import type { DedicatedNode } from './node/dedicated-node.ts';
import { renewLease } from './node/lease.ts';
import { runNodeAgent } from './node/node-agent.ts';
import { startPressure, withheld } from './node/pressure.ts';
import type { Pressure } from './node/pressure.ts';
import { NodeShutdown } from './node/shutdown/shutdown.ts';
import type { KubeletOptions } from './options.ts';
import { startKubeletServer } from './server/kubelet-server.ts';
import { createStats } from './stats/provider.ts';
import type { PodSyncContext } from './sync/pod-sync.ts';
import { SyncLoop } from './sync/sync-loop.ts';

export interface Kubelet extends AsyncDisposable {
  /** The server's port, where it was left open. */
  readonly port: number | undefined;
  /** The machine is about to stop: where so configured, pods end in order. Resolves when they have; the kubelet goes on until disposed. */
  shutdown(): Promise<void>;
}

const VERSION = 'v1.36.0';
const PORT = 10250;

/** How long the API may take to hear how pods ended as the node went down. */
const LAST_WORDS: Millis = 3000;

/**
 * Resolves when the kubelet serves and its sources have synced; the node registers meanwhile. Disposing it stops the
 * kubelet and nothing else: containers go on running, and its successor takes them over.
 */
export async function startKubelet(given: KubeletOptions): Promise<Kubelet> {
  await using started = new Disposer();
  const ground = await layGround(given, started);
  const { options, metrics, machine, isReal, nodes, nudge, tell, tellNode, stop } = ground;
  const { clock, log, cri, podCidrs } = options;
  const workers = () => loop.workers;
  const wake = (uid: string) => workers().wake(uid);
  let knowsPods = false;
  const own: DedicatedNode | undefined = isReal ? started.use(await startDedicatedNode({
    ...options, activePods: () => workers().active(), holds: (uid) => !knowsPods || !workers().hasEnded(uid),
    onDevices() {
      nudge.now();
      own?.holders().forEach(wake);
    },
  })) : undefined;
  const security = await readNodeSecurity({ ...options, isReal });
  const context = await createContext(ground, { dedicated: own?.dedicated ?? nothingDedicated, maskedPaths: security.maskedPaths, wake, copyOf: (pod) => loop.copyOf(pod) });
  const stats = createStats({
    ...options, cgroups: context.cgroups, machineMemory: machine.memoryBytes, reservedMemory: options.reserved?.memoryBytes ?? 0, activePods: () => workers().active(),
    claimed: (uid) => context.volumes.claimed(uid),
  });
  // A pretended runtime has nothing that could run short.
  const pressure: Pressure | undefined = isReal ? started.use(startPressure({
    ...options, stats, workers, tellPod: (pod, event) => tell(pod, undefined, event), tellNode, onConditions: () => nudge.now(), metrics, onImages: (ids) => context.images.seen(ids),
  })) : undefined;
  if (isReal) started.use(await startOomWatcher({ clock, kernelLog: openKernelLog, tell: tellNode }));
  await holdPods(ground);
  const shutdown = new NodeShutdown({
    config: options.shutdown, clock, log, workers, onConditions: () => nudge.now(), tellNode: (reason, message) => tellNode({ type: 'Normal', reason, message }),
    told: () => Promise.race([context.statuses.settled(), clock.sleep(LAST_WORDS).catch(() => {})]),
  });
  const parts: Parts = { context, own, pressure, shutdown, security };
  const loop: SyncLoop = started.use(createLoop(ground, parts));
  if (isReal) started.use(startLogRotation(context, options.containerLogs));
  const server = started.use(await startKubeletServer({
    ...options, context, workers: loop.workers, stats, cpus: machine.cpus, metrics, process: { startedAt: clock.now(), version: options.version ?? VERSION, flags: flagsOf(options) },
  }));
  started.use(nodes.addHandler({ onUpdate: () => context.volumes.attachments.waiting().forEach(wake) }));
  started.defer(keepNode(ground, { ...parts, loop, port: server.port ?? options.server?.port ?? PORT }));
  if (podCidrs) await cri.setPodCidr(podCidrs.join(',')).catch(() => {});
  await loop.start();
  knowsPods = true;
  context.volumes.attachments.await(loop.workers.list().map(({ metadata }) => metadata.uid));
  const running = started.move();
  return { port: server.port, shutdown: () => shutdown.run(stop.signal), [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

interface Parts {
  readonly context: PodSyncContext;
  readonly own: DedicatedNode | undefined;
  readonly pressure: Pressure | undefined;
  readonly shutdown: NodeShutdown;
  readonly security: NodeSecurity;
}

/** All pods together are held to what is not reserved for others. */
async function holdPods({ options: { reserved = {}, enforcement }, machine, cgroups, isReal, tellNode }: Ground): Promise<void> {
  const { cpuMillis = 0, memoryBytes = 0, pids } = reserved;
  await enforceNodeAllocatable({
    cgroups, ...(enforcement ? { enforcement } : {}), tell: isReal ? tellNode : () => {},
    allocatable: { milliCpu: machine.cpus * 1000 - cpuMillis, memoryBytes: machine.memoryBytes - memoryBytes, ...(pids === undefined ? {} : { pids }) },
  });
}

function createLoop({ options, pods, nodes, services }: Ground, { context, own, pressure, shutdown, security }: Parts): SyncLoop {
  const { client, cri, clock, log, nodeName, containerGc, runtimeSocket } = options;
  const shims = runtimeSocket ? new LeftShims({ cri, clock, log, socket: runtimeSocket }) : undefined;
  return new SyncLoop({
    client, context, pods, nodes, nodeName, untilReady: (signal) => services.untilSynced(signal), resync: options.syncFrequency, ...(options.staticPods ? { manifests: options.staticPods } : {}),
    policies: { cpu: options.cpuManagerPolicy ?? 'none', memory: options.memoryManagerPolicy ?? 'None' },
    ...(own?.pool ? { reconcileCpus: () => own.pool!.reconcile() } : {}), ...(pressure ? { collectImages: () => pressure.images.collect() } : {}),
    ...(containerGc ? { collectContainers: () => collectContainers({ cri, clock }, { ...DEFAULT_GC_POLICY, ...containerGc }) } : {}),
    ...(shims ? { endLeftShims: () => shims.round() } : {}),
    refuse: (pod) => shutdown.refuse() ?? pressure?.eviction.refuse(pod) ?? security.refuse(pod),
  });
}

/** The Node and its Lease, from now on. @returns what ends it */
function keepNode({ options, machine, runtime, nodes, nudge, tellNode, stop }: Ground, { context, own, pressure, shutdown, loop, port }: Parts & { readonly loop: SyncLoop; readonly port: number }): () => Promise<void> {
  const { client, clock, log, nodeName } = options;
  const agent = runNodeAgent({
    ...options, nodes, machine, version: options.version ?? VERSION, runtimeVersion: `${runtime.name}://${runtime.version}`, port, trouble: () => [...loop.trouble(), ...shutdown.trouble()],
    withheld: withheld(options.eviction ?? {}, machine), pressure: () => pressure?.eviction.conditions ?? [], devices: () => own?.devices.offers() ?? {},
    volumesInUse: () => context.volumes.attachments.inUse(), onNudge: (wakeUp) => nudge.onNudge(wakeUp),
    tell: (reason, message) => tellNode({ type: 'Normal', reason, message }),
  }, stop.signal);
  const lease = renewLease({ client, clock, log, nodeName, leaseSeconds: options.nodeStatus?.leaseSeconds, nodeUid: () => nodes.lister.get(nodeName)?.metadata.uid }, stop.signal);
  return async () => {
    stop.abort();
    await Promise.all([agent, lease]);
  };
}

/** As upstream's kubelet would have been told. */
const flagsOf = ({ nodeName, nodeIp, nodeIps = [nodeIp], rootDir, cgroupRoot, clusterDomain, clusterDns = [], nodeLabels = {}, maxPods = 110 }: KubeletOptions): Readonly<Record<string, string>> => ({
  'cgroup-root': cgroupRoot, 'cluster-dns': `[${clusterDns.join(',')}]`, 'cluster-domain': clusterDomain, 'hostname-override': nodeName, 'max-pods': String(maxPods), 'node-ip': nodeIps.join(','),
  'node-labels': Object.entries(nodeLabels).map(([name, value]) => `${name}=${value}`).join(','), 'root-dir': rootDir,
});
