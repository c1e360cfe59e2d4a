/** What pod workers share, made from the ground and for them alone. */
import { readFile } from 'node:fs/promises';
import type { Pod } from '../kinds/core/pod.ts';
import { RuntimeClass } from '../kinds/node/runtime-class.ts';
import { isApiError } from '../meta/api-error.ts';
import { parseResolvConf } from './containers/dns.ts';
import { LXCFS_DIR } from './containers/lxcfs.ts';
import { seccompDir } from './containers/paths.ts';
import { openUserNamespaces } from './containers/user-namespaces.ts';
import type { Dedicated } from './devices/dedicated.ts';
import type { Ground } from './ground.ts';
import { openImageAccess } from './images/access.ts';
import { createImageManager } from './images/image-manager.ts';
import { PodStarts, watchedStatuses } from './metrics/pod-starts.ts';
import { createProbeManager } from './probes/probe-manager.ts';
import { createProber } from './probes/prober.ts';
import { openAllocations } from './resize/allocations.ts';
import { createStatusManager } from './status/status-manager.ts';
import { Backoff } from './sync/backoff.ts';
import type { PodSyncContext } from './sync/pod-sync.ts';
import { watchReferredObjects } from './volumes/objects.ts';
import { createTokens } from './volumes/tokens.ts';
import { createVolumeManager } from './volumes/volume-manager.ts';

export interface ContextParts {
  readonly dedicated: Dedicated;
  readonly maskedPaths: readonly string[];
  /** Something about a pod may have changed. */
  readonly wake: (uid: string) => void;
  /** The API's copy of a pod that came from elsewhere. */
  readonly copyOf: (pod: Pod) => Pod | undefined;
}

export async function createContext(ground: Ground, { dedicated, maskedPaths, wake, copyOf }: ContextParts): Promise<PodSyncContext> {
  const { options, metrics, machine, runtime, started, services, tell, cgroups, mounter } = ground;
  const { client, clock, random, log, cri, rootDir, logDir } = options;
  const starts = new PodStarts(metrics, clock);
  const tokens = createTokens(client, clock);
  const runtimeClass = runtimeClassesOf(ground);
  return {
    cri, clock, random, log, rootDir, logDir, metrics, tell, cgroups, mounter, dedicated, tokens, runtimeClass, runtimeName: runtime.name, services: () => services.lister.list(),
    connected: options.connected ?? (async () => {}), lxcfsDir: options.lxcfsDir ?? LXCFS_DIR, podPidsLimit: options.podPidsLimit, machineMemory: machine.memoryBytes,
    security: { seccompDir: seccompDir(options), seccompDefault: options.seccompDefault, maskedPaths },
    userns: await openUserNamespaces(options, { most: options.maxPods ?? 110 }),
    images: createImageManager({ cri, clock, metrics, onPulled: (uid, span) => starts.pulled(uid, span), ...(options.imagePulls ? { pulls: options.imagePulls } : {}), ...(await openImageAccess({ ...options, tokens })) }),
    crashes: new Backoff(clock, { most: options.maxCrashBackoff }),
    clusterDomain: options.clusterDomain, clusterDns: options.clusterDns ?? [],
    nodeHosts: () => readFile('/etc/hosts', 'utf8').catch(() => ''),
    nodeDns: async () => parseResolvConf(await readFile(options.resolvConf ?? '/etc/resolv.conf', 'utf8').catch(() => '')),
    statuses: watchedStatuses(started.use(createStatusManager({ client, clock, log, copyOf })), starts),
    probes: started.use(createProbeManager({
      clock, startedAt: clock.now(), onChange: wake, prober: createProber({ cri, clock }),
      onProbed: (at, result, span) => metrics.probed(at, result, span),
      tell: (pod, container, { reason, text }) => tell(pod, container, { type: 'Warning', reason, message: text }),
    })),
    ...volumesOf(ground, { tokens, wake }),
    canRecursiveReadOnly: async ({ spec: { runtimeClassName } }) => {
      const handler = runtimeClassName ? (await runtimeClass(runtimeClassName))?.handler : '';
      return (await cri.features()).handlers.some(({ name, recursiveReadOnlyMounts }) => name === handler && recursiveReadOnlyMounts);
    },
    promised: await openAllocations(rootDir, 'allocated_pods_state'), given: await openAllocations(rootDir, 'actuated_pods_state'),
    cfsQuota: options.cpuCfsQuota, ...memoryOf(ground),
  };
}

const runtimeClassesOf = ({ options: { client } }: Ground): PodSyncContext['runtimeClass'] => (name) => client.get(RuntimeClass, name).catch((error: unknown) => {
  if (isApiError(error, 'NotFound')) return undefined;
  throw error;
});

function volumesOf({ options, metrics, nodes, nudge, mounter, tell }: Ground, { tokens, wake }: Pick<PodSyncContext, 'tokens'> & Pick<ContextParts, 'wake'>): Pick<PodSyncContext, 'node' | 'objects' | 'volumes'> {
  const { client, informers, clock, nodeName, nodeIp, nodeIps = [nodeIp] } = options;
  const self = () => nodes.lister.get(nodeName);
  const node = () => ({ hostIps: nodeIps, allocatable: self()?.status.allocatable ?? {} });
  const objects = watchReferredObjects(informers, clock, (uid) => {
    volumes.retry(uid);
    wake(uid);
  });
  const volumes = createVolumeManager({
    ...options, client, objects, tokens, node, self, mounter, tell: (pod, event) => tell(pod, undefined, event), onInUse: () => nudge.now(),
    onOperation: (...done) => metrics.storageOperation(...done),
  });
  return { node, objects, volumes };
}

/** What only cgroup v2 can do. */
function memoryOf({ options, machine, cgroups }: Ground): Pick<PodSyncContext, 'memoryQos' | 'oomGroup' | 'swap'> {
  if (!cgroups.unified) return {};
  const { memoryThrottlingFactor: throttlingFactor, reserved = {}, swapBehavior: behavior = 'NoSwap' } = options;
  return {
    ...(throttlingFactor === undefined ? {} : { memoryQos: { throttlingFactor, allocatableBytes: machine.memoryBytes - (reserved.memoryBytes ?? 0) } }),
    oomGroup: options.singleProcessOomKill !== true, swap: { behavior, swapBytes: machine.swapBytes, memoryBytes: machine.memoryBytes },
  };
}
