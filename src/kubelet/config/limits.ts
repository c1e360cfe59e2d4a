/** What a configuration may ask for and this kubelet does not do: refused where pods would notice, else told. */
import { isDeepStrictEqual } from 'node:util';
import type { KubeletConfiguration } from './configuration.ts';
import { completeConfiguration } from './load.ts';
import type { GivenConfiguration } from './load.ts';

interface Limit {
  readonly fields: readonly (keyof KubeletConfiguration)[];
  readonly why: string;
}

const OWN_PLACES = 'the node\'s own directories, runtime and cgroups are the cluster\'s affair';
const OWN_CERTIFICATES = 'the cluster makes and renews the node\'s certificates itself';

/** The README lists them. */
export const WITHOUT_EFFECT: readonly Limit[] = [
  { fields: ['podLogsDir', 'cgroupRoot', 'kubeletCgroups', 'systemCgroups', 'containerRuntimeEndpoint', 'imageServiceEndpoint', 'podCIDR', 'volumePluginDir'], why: OWN_PLACES },
  { fields: ['rotateCertificates', 'serverTLSBootstrap'], why: OWN_CERTIFICATES },
  { fields: ['tlsCurvePreferences', 'streamingConnectionIdleTimeout', 'enableContentionProfiling', 'enableProfilingHandler', 'enableDebugFlagsHandler'], why: 'there is no Go runtime to set' },
  { fields: ['contentType', 'kubeAPIQPS', 'kubeAPIBurst'], why: 'this kubelet speaks JSON and does not throttle itself' },
  { fields: ['configMapAndSecretChangeDetectionStrategy'], why: 'objects are watched' },
  { fields: ['hairpinMode', 'makeIPTablesUtilChains', 'iptablesMasqueradeBit', 'iptablesDropBit'], why: 'the network and the proxy see to it' },
  { fields: ['maxOpenFiles', 'protectKernelDefaults', 'kernelMemcgNotification', 'enableControllerAttachDetach', 'qosReserved', 'userNamespaces'], why: 'it is not done' },
  { fields: ['cpuCFSQuotaPeriod', 'runtimeRequestTimeout', 'cpuManagerReconcilePeriod', 'draManagerReconcilePeriod'], why: 'the period is upstream\'s default' },
  { fields: ['memoryThrottlingFactor'], why: 'its feature gate is not on' },
  { fields: ['volumeStatsAggPeriod'], why: 'disks are measured when they are asked for, every ten seconds at most' },
  { fields: ['logging', 'tracing', 'showHiddenMetricsForVersion'], why: 'knarr has logs and metrics of its own making' },
  { fields: ['featureGates'], why: 'features are on as upstream has them by default' },
];

const DEFAULTS = completeConfiguration({});

/** One sentence for each field that was given another value than it would have, in vain. */
export function warningsFor(given: GivenConfiguration): readonly string[] {
  return WITHOUT_EFFECT.flatMap(({ fields, why }) => fields.filter((field) => given[field] !== undefined && !isDeepStrictEqual(given[field], DEFAULTS[field])).map((field) => `${field} has no effect: ${why}`));
}

export interface MachineState {
  readonly swapBytes: number;
  readonly cgroupVersion: 1 | 2;
}

/** Why this machine's kubelet cannot be as it is asked to be; upstream's words where upstream would not start either. */
export function refusalOf({ cgroupsPerQOS, cgroupDriver, failSwapOn, failCgroupV1, singleProcessOOMKill }: KubeletConfiguration, { swapBytes, cgroupVersion }: MachineState): string | undefined {
  if (!cgroupsPerQOS) return 'cgroupsPerQOS: false is not supported: pods are held to their limits by cgroups of their QoS class';
  if (cgroupDriver !== 'cgroupfs') return `cgroupDriver: ${cgroupDriver} is not supported: cgroups are made as directories (cgroupfs)`;
  if (failSwapOn && swapBytes > 0) return 'running with swap on is not supported, please disable swap or set --fail-swap-on flag to false';
  if (failCgroupV1 && cgroupVersion === 1) return 'kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is in maintenance mode';
  if (singleProcessOOMKill === false && cgroupVersion === 1) return 'invalid configuration: singleProcessOOMKill must not be explicitly set to false when using cgroup v1';
  return undefined;
}
