/** Puts a kubelet together: sources of change on one side, pod workers on the other. */
import { mkdir, readFile } from 'node:fs/promises';
import type { Millis } from '../base/clock.ts';
import { createEventRecorder, referenceTo } from '../client/index.ts';
import { Node } from '../kinds/core/node.ts';
import { Pod } from '../kinds/core/pod.ts';
import { Service } from '../kinds/core/service.ts';
import { RuntimeClass } from '../kinds/node/runtime-class.ts';
import { isApiError } from '../meta/api-error.ts';
import { parseResolvConf } from './containers/dns.ts';
import { LXCFS_DIR } from './containers/lxcfs.ts';
import { readNodeSecurity } from './containers/node-security.ts';
import { logLinksDir, podLogsDir, podsDir, seccompDir } from './containers/paths.ts';
import { openUserNamespaces } from './containers/user-namespaces.ts';
import { NodeShutdown } from './node/shutdown/shutdown.ts';
import { openImageAccess } from './images/access.ts';
import { createImageManager } from './images/image-manager.ts';
import { enforceNodeAllocatable } from './cgroups/enforce.ts';
import { noCgroups } from './cgroups/cgroups.ts';
import { systemCgroups } from './cgroups/system.ts';
import { renewLease } from './node/lease.ts';
import { readMachine } from './node/machine.ts';
import type { Machine } from './node/machine.ts';
import { startDedicatedNode } from './node/dedicated-node.ts';
import type { DedicatedNode } from './node/dedicated-node.ts';
import { startPressure, withheld } from './node/pressure.ts';
import type { Pressure, PressureOptions } from './node/pressure.ts';
import { runNodeAgent } from './node/node-agent.ts';
import { DEFAULT_GC_POLICY } from './eviction/container-garbage.ts';
import { openKernelLog, startOomWatcher } from './eviction/system-oom.ts';
import { nothingDedicated } from './devices/dedicated.ts';
import { Disposer } from './disposer.ts';
import type { KubeletOptions } from './options.ts';
import { containerFieldPath } from './pod.ts';
import { measuredCri } from './metrics/measured-cri.ts';
import { KubeletMetrics } from './metrics/metrics.ts';
import { PodStarts, watchedStatuses } from './metrics/pod-starts.ts';
import { createProbeManager } from './probes/probe-manager.ts';
import { createProber } from './probes/prober.ts';
import { startKubeletServer } from './server/kubelet-server.ts';
import { openAllocations } from './resize/allocations.ts';
import { createStats } from './stats/provider.ts';
import { startLogRotation } from './sync/log-rotation.ts';
import { createStatusManager } from './status/status-manager.ts';
import { Backoff } from './sync/backoff.ts';
import { collectContainers } from './sync/container-gc.ts';
import { LeftShims } from './sync/left-shims.ts';
import type { PodSyncContext } from './sync/pod-sync.ts';
import { SyncLoop } from './sync/sync-loop.ts';
import { noMounter, systemMounter } from './volumes/mounter.ts';
import { watchReferredObjects } from './volumes/objects.ts';
import { createTokens } from './volumes/tokens.ts';
import { createVolumeManager } from './volumes/volume-manager.ts';

export interface Kubelet extends AsyncDisposable {
  /** The server's port, where it was left open. */
  readonly port: number | undefined;
  /** The machine is about to stop: where so configured, pods end in order. Resolves when they have; the kubelet goes on until disposed. */
  shutdown(): Promise<void>;
}

const VERSION = 'v1.36.0';

/** How long the API may take to hear how pods ended as the node went down. */
const LAST_WORDS: Millis = 3000;

/**
 * Resolves when the kubelet serves and its sources have synced; the node registers meanwhile. Disposing it stops the
 * kubelet and nothing else: containers go on running, and its successor takes them over.
 */
export async function startKubelet(given: KubeletOptions): Promise<Kubelet> {
  const metrics = new KubeletMetrics();
  const options = { ...given, cri: measuredCri(given.cri, metrics, given.clock) };
  const { client, informers, clock, random, log, cri, nodeName } = options;
  for (const dir of [options.rootDir, podsDir(options), podLogsDir(options), logLinksDir(options)]) await mkdir(dir, { recursive: true, mode: 0o755 });
  const stop = new AbortController();
  await using started = new Disposer();
  const machine = await readMachine(options.rootDir);
  const { runtimeName, runtimeVersion } = await untilRuntimeAnswers(options, stop.signal);

  const nodes = informers.for(Node, { fieldSelector: `metadata.name=${nodeName}` });
  const services = informers.for(Service);
  const pods = informers.for(Pod, { fieldSelector: `spec.nodeName=${nodeName}` });
  const recorder = started.use(createEventRecorder(client, { component: 'kubelet', host: nodeName, clock, random, log, ...(options.events ? { rate: options.events } : {}) }));
  const tell: PodSyncContext['tell'] = (pod, container, { type, reason, message }) => {
    const reference = referenceTo(pod);
    recorder.event({ reference: container === undefined ? reference : { ...reference, fieldPath: containerFieldPath(pod, container) } }, type, reason, message);
  };

  const wake = (uid: string) => loop.workers.wake(uid);
  const node = () => ({ hostIps: options.nodeIps ?? [options.nodeIp], allocatable: nodes.lister.get(nodeName)?.status.allocatable ?? {} });
  const objects = watchReferredObjects(informers, clock, (uid) => {
    context.volumes.retry(uid);
    wake(uid);
  });
  const tokens = createTokens(client, clock);
  const isReal = runtimeName !== 'fake';
  const mounter = isReal ? systemMounter : noMounter;
  // So that what containers mount in their volumes, where they may, shows in other containers.
  await mounter.share(options.rootDir);
  let nudge = () => {};
  let knowsPods = false;
  const own: DedicatedNode | undefined = isReal ? started.use(await startDedicatedNode({ ...options, activePods: () => loop.workers.active(), holds: (uid) => !knowsPods || !loop.workers.hasEnded(uid), onDevices: () => {
    nudge();
    for (const uid of own?.holders() ?? []) wake(uid);
  } })) : undefined;
  const cgroups = isReal ? await systemCgroups(options.cgroupRoot, { clock }) : noCgroups;
  const security = await readNodeSecurity({ ...options, isReal });
  const context = await createContext({
    options, metrics, machine, maskedPaths: security.maskedPaths, runtimeName, objects, tokens, node, tell, cgroups, dedicated: own?.dedicated ?? nothingDedicated, services: () => services.lister.list(), wake, started, copyOf: (pod) => loop.copyOf(pod), mounter, self: () => nodes.lister.get(nodeName), onVolumesInUse: () => nudge(),
  });
  const stats = createStats({
    ...options, cri, clock, cgroups: context.cgroups, machineMemory: machine.memoryBytes, reservedMemory: options.reserved?.memoryBytes ?? 0, activePods: () => loop.workers.active(), claimed: (uid) => context.volumes.claimed(uid),
  });
  const tellNode: PressureOptions['tellNode'] = ({ type, reason, message }) => recorder.event({ reference: { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: nodeName } }, type, reason, message);
  // A pretended runtime has nothing that could run short.
  const pressure: Pressure | undefined = isReal ? started.use(startPressure({
    ...options, stats, workers: () => loop.workers, tellPod: (pod, event) => tell(pod, undefined, event), tellNode, onConditions: () => nudge(), metrics, onImages: (ids) => context.images.seen(ids),
  })) : undefined;
  const { cpuMillis = 0, memoryBytes = 0, pids } = options.reserved ?? {};
  if (isReal) started.use(await startOomWatcher({ clock, kernelLog: openKernelLog, tell: tellNode }));
  await enforceNodeAllocatable({
    cgroups: context.cgroups, ...(options.enforcement ? { enforcement: options.enforcement } : {}), tell: isReal ? tellNode : () => {},
    allocatable: { milliCpu: machine.cpus * 1000 - cpuMillis, memoryBytes: machine.memoryBytes - memoryBytes, ...(pids === undefined ? {} : { pids }) },
  });
  const leftShims = options.runtimeSocket ? new LeftShims({ cri, clock, log, socket: options.runtimeSocket }) : undefined;
  const loop: SyncLoop = started.use(new SyncLoop({
    client, context, pods, nodes, nodeName, untilReady: (signal) => services.untilSynced(signal), resync: options.syncFrequency, ...(options.staticPods ? { manifests: options.staticPods } : {}),
    policies: { cpu: options.cpuManagerPolicy ?? 'none', memory: options.memoryManagerPolicy ?? 'None' },
    ...(own?.pool ? { reconcileCpus: () => own.pool!.reconcile() } : {}), ...(pressure ? { collectImages: () => pressure.images.collect() } : {}),
    ...(options.containerGc ? { collectContainers: () => collectContainers({ cri, clock }, { ...DEFAULT_GC_POLICY, ...options.containerGc }) } : {}),
    ...(leftShims ? { endLeftShims: () => leftShims.round() } : {}),
    refuse: (pod) => shutdown.refuse() ?? pressure?.eviction.refuse(pod) ?? security.refuse(pod),
  }));
  const shutdown = new NodeShutdown({
    config: options.shutdown, clock, log, workers: () => loop.workers, onConditions: () => nudge(),
    tellNode: (reason, message) => tellNode({ type: 'Normal', reason, message }),
    told: () => Promise.race([context.statuses.settled(), clock.sleep(LAST_WORDS).catch(() => {})]),
  });
  if (isReal) started.use(startLogRotation(context, options.containerLogs));
  const server = started.use(await startKubeletServer({ ...options, context, workers: loop.workers, stats, cpus: machine.cpus, metrics, process: { startedAt: clock.now(), version: options.version ?? VERSION, flags: flagsOf(options) } }));

  const around = {
    withheld: withheld(options.eviction ?? {}, machine), pressure: () => pressure?.eviction.conditions ?? [], devices: () => own?.devices.offers() ?? {},
    volumesInUse: () => context.volumes.attachments.inUse(),
    tell: (reason: string, message: string) => tellNode({ type: 'Normal', reason, message }), onNudge: (wakeUp: () => void) => (nudge = wakeUp),
  };
  const agent = runNodeAgent({ ...options, nodes, machine, version: options.version ?? VERSION, runtimeVersion: `${runtimeName}://${runtimeVersion}`, port: server.port ?? options.server?.port ?? 10250, trouble: () => [...loop.trouble(), ...shutdown.trouble()], ...around }, stop.signal);
  started.use(nodes.addHandler({ onUpdate: () => context.volumes.attachments.waiting().forEach(wake) }));
  const lease = renewLease({ client, clock, log, nodeName, leaseSeconds: options.nodeStatus?.leaseSeconds, nodeUid: () => nodes.lister.get(nodeName)?.metadata.uid }, stop.signal);
  started.defer(async () => {
    stop.abort();
    await Promise.all([agent, lease]);
  });
  if (options.podCidrs) await cri.setPodCidr(options.podCidrs.join(',')).catch(() => {});
  await loop.start();
  knowsPods = true;
  context.volumes.attachments.await(loop.workers.list().map(({ metadata }) => metadata.uid));
  const running = started.move();
  return { port: server.port, shutdown: () => shutdown.run(stop.signal), [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

interface ContextParts extends Pick<PodSyncContext, 'runtimeName' | 'objects' | 'tokens' | 'node' | 'tell' | 'cgroups' | 'dedicated' | 'services' | 'mounter' | 'metrics'> {
  readonly options: KubeletOptions;
  readonly machine: Machine;
  readonly maskedPaths: readonly string[];
  readonly wake: (uid: string) => void;
  readonly self: () => Node | undefined;
  readonly onVolumesInUse: () => void;
  readonly started: Disposer;
  readonly copyOf: (pod: Pod) => Pod | undefined;
}

/** What pod workers share, from what is there already and what is made for them alone. */
async function createContext({ options, machine, maskedPaths, wake, started, copyOf, self, onVolumesInUse, ...parts }: ContextParts): Promise<PodSyncContext> {
  const { client, clock, random, log, cri, rootDir, logDir } = options;
  const { objects, tokens, node, tell, cgroups } = parts;
  const runtimeClass: PodSyncContext['runtimeClass'] = (name) => client.get(RuntimeClass, name).catch((error: unknown) => {
    if (isApiError(error, 'NotFound')) return undefined;
    throw error;
  });
  const starts = new PodStarts(parts.metrics, clock);
  return {
    ...parts, cri, clock, random, log, rootDir, logDir,
    connected: options.connected ?? (async () => {}), lxcfsDir: options.lxcfsDir ?? LXCFS_DIR, podPidsLimit: options.podPidsLimit, machineMemory: machine.memoryBytes,
    security: { seccompDir: seccompDir(options), seccompDefault: options.seccompDefault, maskedPaths },
    userns: await openUserNamespaces(options, { most: options.maxPods ?? 110 }),
    images: createImageManager({ cri, clock, metrics: parts.metrics, onPulled: (uid, span) => starts.pulled(uid, span), ...(options.imagePulls ? { pulls: options.imagePulls } : {}), ...(await openImageAccess({ ...options, tokens })) }),
    crashes: new Backoff(clock, { most: options.maxCrashBackoff }),
    clusterDomain: options.clusterDomain, clusterDns: options.clusterDns ?? [],
    nodeHosts: () => readFile('/etc/hosts', 'utf8').catch(() => ''),
    nodeDns: async () => parseResolvConf(await readFile(options.resolvConf ?? '/etc/resolv.conf', 'utf8').catch(() => '')),
    runtimeClass,
    statuses: watchedStatuses(started.use(createStatusManager({ client, clock, log, copyOf })), starts),
    probes: started.use(createProbeManager({
      clock, startedAt: clock.now(), onChange: wake, prober: createProber({ cri, clock }),
      onProbed: (at, result, span) => parts.metrics.probed(at, result, span),
      tell: (pod, container, { reason, text }) => tell(pod, container, { type: 'Warning', reason, message: text }),
    })),
    volumes: createVolumeManager({ rootDir, logDir, client, clock, objects, tokens, node, self, mounter: parts.mounter, tell: (pod, event) => tell(pod, undefined, event), onInUse: onVolumesInUse, onOperation: (...done) => parts.metrics.storageOperation(...done) }),
    canRecursiveReadOnly: async ({ spec: { runtimeClassName } }) => {
      const handler = runtimeClassName ? (await runtimeClass(runtimeClassName))?.handler : '';
      return (await cri.features()).handlers.some(({ name, recursiveReadOnlyMounts }) => name === handler && recursiveReadOnlyMounts);
    },
    promised: await openAllocations(rootDir, 'allocated_pods_state'), given: await openAllocations(rootDir, 'actuated_pods_state'),
    cfsQuota: options.cpuCfsQuota,
    ...(cgroups.unified && options.memoryThrottlingFactor !== undefined ? { memoryQos: { throttlingFactor: options.memoryThrottlingFactor, allocatableBytes: machine.memoryBytes - (options.reserved?.memoryBytes ?? 0) } } : {}),
    ...(cgroups.unified ? { swap: { behavior: options.swapBehavior ?? 'NoSwap', swapBytes: machine.swapBytes, memoryBytes: machine.memoryBytes } } : {}),
  };
}

/** As upstream's kubelet would have been told. */
const flagsOf = ({ nodeName, nodeIp, nodeIps = [nodeIp], rootDir, cgroupRoot, clusterDomain, clusterDns = [], nodeLabels = {}, maxPods = 110 }: KubeletOptions): Readonly<Record<string, string>> => ({
  'cgroup-root': cgroupRoot, 'cluster-dns': `[${clusterDns.join(',')}]`, 'cluster-domain': clusterDomain, 'hostname-override': nodeName, 'max-pods': String(maxPods), 'node-ip': nodeIps.join(','),
  'node-labels': Object.entries(nodeLabels).map(([name, value]) => `${name}=${value}`).join(','), 'root-dir': rootDir,
});

/** containerd may be starting at the same moment. */
async function untilRuntimeAnswers({ cri, clock, log }: KubeletOptions, signal: AbortSignal): ReturnType<KubeletOptions['cri']['version']> {
  for (let waited = false; ; waited = true) {
    try {
      return await cri.version(signal);
    } catch (error) {
      if (!waited) log.info('waiting for the container runtime', { error: String(error) });
      await clock.sleep(100, signal);
    }
  }
}
