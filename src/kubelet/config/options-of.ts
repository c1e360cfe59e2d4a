/** What of a configuration the kubelet's options are, and its server's. Pure. */
import { parseDuration } from '../../meta/duration.ts';
import { parseQuantity, quantityMilliValue, quantityValue } from '../../meta/quantity.ts';
import type { TopologyPolicy } from '../cpus/hints.ts';
import type { ImagePullOptions, KubeletOptions, KubeletServerOptions } from '../options.ts';
import type { KubeletConfiguration } from './configuration.ts';
import { spansOf } from './spans.ts';
import { opensslName, TLS_VERSIONS } from './tls.ts';

type Own = 'client' | 'informers' | 'clock' | 'random' | 'log' | 'cri' | 'nodeName' | 'nodeIp' | 'hostname' | 'clusterDomain' | 'rootDir' | 'logDir' | 'cgroupRoot' | 'server';

/** Options that a configuration decides; what it leaves open is absent. */
export function optionsOf(config: KubeletConfiguration): Omit<KubeletOptions, Own> & Partial<Pick<KubeletOptions, 'clusterDomain'>> {
  const { clusterDomain, clusterDNS, providerID, registerWithTaints, allowedUnsafeSysctls, reservedSystemCPUs, podsPerCore = 0, podPidsLimit } = config;
  return {
    ...(clusterDomain ? { clusterDomain } : {}), ...(clusterDNS ? { clusterDns: clusterDNS } : {}),
    ...(providerID ? { providerId: providerID } : {}), ...(registerWithTaints ? { nodeTaints: registerWithTaints } : {}),
    ...(allowedUnsafeSysctls ? { allowedUnsafeSysctls } : {}), ...(reservedSystemCPUs ? { reservedCpus: reservedSystemCPUs } : {}),
    ...(podsPerCore > 0 ? { podsPerCore } : {}), ...(podPidsLimit >= 0 ? { podPidsLimit } : {}),
    ...staticPodsOf(config), ...shutdownOf(config),
    ...(config.healthzPort === 0 ? {} : { healthz: { host: config.healthzBindAddress, port: config.healthzPort } }),
    resolvConf: config.resolvConf, maxPods: config.maxPods, registerNode: config.registerNode,
    syncFrequency: parseDuration(config.syncFrequency),
    reserved: reservedOf(config),
    eviction: evictionOf(config),
    imageGc: {
      highThresholdPercent: config.imageGCHighThresholdPercent, lowThresholdPercent: config.imageGCLowThresholdPercent,
      minimumAge: parseDuration(config.imageMinimumGCAge), maximumAge: parseDuration(config.imageMaximumGCAge),
    },
    imagePulls: pullsOf(config),
    containerLogs: {
      maxBytes: quantityValue(parseQuantity(config.containerLogMaxSize)), maxFiles: config.containerLogMaxFiles,
      workers: config.containerLogMaxWorkers, period: parseDuration(config.containerLogMonitorInterval),
    },
    ...(config.eventRecordQPS === 0 ? {} : { events: { perSecond: config.eventRecordQPS, burst: config.eventBurst } }),
    cpuManagerPolicy: config.cpuManagerPolicy === 'static' ? 'static' : 'none', memoryManagerPolicy: config.memoryManagerPolicy === 'Static' ? 'Static' : 'None',
    ...(config.cpuManagerPolicyOptions ? { cpuManagerPolicyOptions: config.cpuManagerPolicyOptions } : {}),
    ...(config.reservedMemory ? { reservedMemory: new Map(config.reservedMemory.map(({ numaNode, limits = {} }) => [numaNode, quantityValue(parseQuantity(limits.memory ?? '0'))])) } : {}),
    ...(config.topologyManagerPolicyOptions ? { topologyManagerPolicyOptions: config.topologyManagerPolicyOptions } : {}),
    topologyManagerPolicy: config.topologyManagerPolicy as TopologyPolicy, topologyManagerScope: config.topologyManagerScope === 'pod' ? 'pod' : 'container',
    swapBehavior: config.memorySwap.swapBehavior === 'LimitedSwap' ? 'LimitedSwap' : 'NoSwap',
    seccompDefault: config.seccompDefault, cpuCfsQuota: config.cpuCFSQuota, enforcement: enforcementOf(config),
    ...(config.singleProcessOOMKill === undefined ? {} : { singleProcessOomKill: config.singleProcessOOMKill }),
    localStorageIsolation: config.localStorageCapacityIsolation,
    maxCrashBackoff: parseDuration(config.crashLoopBackOff.maxContainerRestartPeriod ?? '5m'),
    nodeStatus: {
      updatePeriod: parseDuration(config.nodeStatusUpdateFrequency), reportPeriod: parseDuration(config.nodeStatusReportFrequency),
      leaseSeconds: config.nodeLeaseDurationSeconds, mostImages: config.nodeStatusMaxImages,
    },
    configuration: config,
  };
}

function staticPodsOf({ staticPodPath, staticPodURL, staticPodURLHeader, fileCheckFrequency, httpCheckFrequency }: KubeletConfiguration): Pick<KubeletOptions, 'staticPods'> {
  if (!staticPodPath && !staticPodURL) return {};
  return {
    staticPods: {
      ...(staticPodPath ? { path: staticPodPath } : {}), ...(staticPodURL ? { url: staticPodURL } : {}), ...(staticPodURLHeader ? { urlHeaders: staticPodURLHeader } : {}),
      fileCheckPeriod: parseDuration(fileCheckFrequency), httpCheckPeriod: parseDuration(httpCheckFrequency),
    },
  };
}

function shutdownOf({ shutdownGracePeriod, shutdownGracePeriodCriticalPods, shutdownGracePeriodByPodPriority }: KubeletConfiguration): Pick<KubeletOptions, 'shutdown'> {
  const period = parseDuration(shutdownGracePeriod);
  if (period === 0 && !shutdownGracePeriodByPodPriority?.length) return {};
  return { shutdown: { period, criticalPeriod: parseDuration(shutdownGracePeriodCriticalPods), ...(shutdownGracePeriodByPodPriority ? { byPriority: shutdownGracePeriodByPodPriority } : {}) } };
}

/** kubeReserved and systemReserved together. */
function reservedOf({ kubeReserved = {}, systemReserved = {} }: KubeletConfiguration): NonNullable<KubeletOptions['reserved']> {
  const sum = (resource: string, valueOf = (text: string) => quantityValue(parseQuantity(text))) => [kubeReserved, systemReserved].reduce((total, { [resource]: text }) => total + (text === undefined ? 0 : valueOf(text)), 0);
  const pids = sum('pid');
  return {
    cpuMillis: sum('cpu', (text) => quantityMilliValue(parseQuantity(text))), memoryBytes: sum('memory'), storageBytes: sum('ephemeral-storage'), ...(pids > 0 ? { pids } : {}),
  };
}

/** Of cgroups by systemd's names there are none. */
function enforcementOf({ enforceNodeAllocatable = ['pods'], ...config }: KubeletConfiguration): NonNullable<KubeletOptions['enforcement']> {
  const shareOf = (of: 'kube' | 'system') => {
    const cgroup = of === 'kube' ? config.kubeReservedCgroup : config.systemReservedCgroup;
    const given = of === 'kube' ? config.kubeReserved : config.systemReserved;
    if (!cgroup || !given || !enforceNodeAllocatable.some((key) => key.startsWith(`${of}-reserved`))) return {};
    const { cpuMillis = 0, memoryBytes = 0, pids } = reservedOf({ ...config, enforceNodeAllocatable, kubeReserved: given, systemReserved: {} });
    return { [of]: { cgroup, milliCpu: cpuMillis, memoryBytes: enforceNodeAllocatable.includes(`${of}-reserved`) ? memoryBytes : 0, ...(pids === undefined ? {} : { pids }) } };
  };
  return { pods: enforceNodeAllocatable.includes('pods'), ...shareOf('system'), ...shareOf('kube') };
}

function evictionOf(config: KubeletConfiguration): NonNullable<KubeletOptions['eviction']> {
  return {
    hard: config.evictionHard ?? {}, soft: config.evictionSoft ?? {}, softGracePeriod: spansOf(config.evictionSoftGracePeriod), minimumReclaim: config.evictionMinimumReclaim ?? {},
    maxPodGracePeriodSeconds: config.evictionMaxPodGracePeriod ?? 0, pressureTransitionPeriod: parseDuration(config.evictionPressureTransitionPeriod),
  };
}

function pullsOf({ serializeImagePulls, maxParallelImagePulls, registryPullQPS, registryBurst, ...config }: KubeletConfiguration): ImagePullOptions {
  const parallel = serializeImagePulls ? 1 : maxParallelImagePulls;
  return {
    ...(parallel === undefined ? {} : { parallel }), ...(registryPullQPS > 0 ? { rate: { perSecond: registryPullQPS, burst: registryBurst } } : {}),
    verification: config.imagePullCredentialsVerificationPolicy as NonNullable<ImagePullOptions['verification']>, allowlist: config.preloadedImagesVerificationAllowlist ?? [],
  };
}

export interface ServerFiles {
  /** Of tlsCertFile, tlsPrivateKeyFile and clientCAFile, where they are named. */
  readonly cert?: string;
  readonly key?: string;
  readonly clientCa?: string;
}

/** @param made the certificates the cluster made for this node */
export function serverOptionsOf(config: KubeletConfiguration, made: Pick<KubeletServerOptions, 'tls' | 'renewed' | 'clientCa'>, files: ServerFiles = {}): KubeletServerOptions | undefined {
  if (!config.enableServer) return undefined;
  const { authentication: { webhook, anonymous }, authorization, tlsMinVersion = '', tlsCipherSuites = [], readOnlyPort = 0 } = config;
  const minVersion = TLS_VERSIONS[tlsMinVersion];
  return {
    host: config.address, port: config.port, ...(files.cert && files.key ? { tls: { cert: files.cert, key: files.key } } : { tls: made.tls, ...(made.renewed ? { renewed: made.renewed } : {}) }), clientCa: files.clientCa ?? made.clientCa,
    ...(minVersion ? { minVersion } : {}), ...(tlsCipherSuites.length > 0 ? { ciphers: tlsCipherSuites.map(opensslName).join(':') } : {}),
    anonymous: anonymous.enabled, tokens: webhook.enabled, authorization: authorization.mode === 'AlwaysAllow' ? 'AlwaysAllow' : 'Webhook',
    cache: {
      tokens: parseDuration(webhook.cacheTTL), allowed: parseDuration(authorization.webhook.cacheAuthorizedTTL), denied: parseDuration(authorization.webhook.cacheUnauthorizedTTL),
    },
    debugging: config.enableDebuggingHandlers, systemLogs: config.enableDebuggingHandlers && config.enableSystemLogHandler, systemLogQuery: config.enableSystemLogQuery,
    ...(readOnlyPort > 0 ? { readOnlyPort } : {}),
  };
}
