/** What is wrong with a configuration, in upstream's words (pkg/kubelet/apis/config/validation). */
import { isAbsolute, normalize } from 'node:path';
import { messageOf } from '../../base/message-of.ts';
import { parseDuration } from '../../meta/duration.ts';
import { parseQuantity, QUANTITY_SHAPE } from '../../meta/quantity.ts';
import { parseThresholds } from '../eviction/thresholds.ts';
import type { KubeletConfiguration } from './configuration.ts';
import { spansOf } from './spans.ts';
import { taintErrors } from './taints.ts';
import { tlsErrors } from './tls.ts';

export function configurationErrors(configuration: KubeletConfiguration): readonly string[] {
  return [...RULES.flatMap((rule) => [...rule(configuration)]), ...serverErrors(configuration), ...amountErrors(configuration)];
}

type Rule = (configuration: KubeletConfiguration) => Iterable<string>;

const invalid = (what: string): string => `invalid configuration: ${what}`;
const within = (value: number, least: number, most: number): boolean => value >= least && value <= most;
const quoted = (values: readonly string[]): string => values.map((value) => JSON.stringify(value)).join(' ');

/** Field, flag: what must not be negative. */
const NOT_NEGATIVE = [
  ['eventBurst', 'event-burst'], ['eventRecordQPS', 'event-qps'], ['kubeAPIBurst', 'kube-api-burst'], ['kubeAPIQPS', 'kube-api-qps'], ['maxOpenFiles', 'max-open-files'],
  ['maxPods', 'max-pods'], ['podsPerCore', 'pods-per-core'], ['registryBurst', 'registry-burst'], ['registryPullQPS', 'registry-qps'],
] as const;

/** Field, flag, bounds. */
const BOUNDED = [
  ['imageGCHighThresholdPercent', 'image-gc-high-threshold', 0, 100], ['imageGCLowThresholdPercent', 'image-gc-low-threshold', 0, 100],
  ['iptablesDropBit', 'iptables-drop-bit', 0, 31], ['iptablesMasqueradeBit', 'iptables-masquerade-bit', 0, 31],
  ['oomScoreAdj', 'oom-score-adj', -1000, 1000], ['port', 'port', 1, 65_535],
] as const;

const RULES: readonly Rule[] = [
  function* numbers(config) {
    if (config.nodeLeaseDurationSeconds <= 0) yield invalid('nodeLeaseDurationSeconds must be greater than 0');
    for (const [field, flag] of NOT_NEGATIVE) if ((config[field] ?? 0) < 0) yield invalid(`${field} (--${flag}) ${config[field]} must not be a negative number`);
    for (const [field, flag, least, most] of BOUNDED) if (!within(config[field], least, most)) yield invalid(`${field} (--${flag}) ${config[field]} must be between ${least} and ${most}, inclusive`);
    if (config.healthzPort !== 0 && !within(config.healthzPort, 1, 65_535)) yield invalid(`healthzPort (--healthz-port) ${config.healthzPort} must be between 1 and 65535, inclusive`);
    const { readOnlyPort = 0 } = config;
    if (!within(readOnlyPort, 0, 65_535)) yield invalid(`readOnlyPort (--read-only-port) ${readOnlyPort} must be between 0 and 65535, inclusive`);
    if (config.nodeStatusMaxImages < -1) yield invalid(`nodeStatusMaxImages (--node-status-max-images) ${config.nodeStatusMaxImages} must be -1 or greater`);
    if (config.memoryThrottlingFactor <= 0 || config.memoryThrottlingFactor > 1) yield invalid(`memoryThrottlingFactor ${config.memoryThrottlingFactor} must be greater than 0 and less than or equal to 1.0`);
  },
  function* images(config) {
    const { imageGCLowThresholdPercent: low, imageGCHighThresholdPercent: high, imageMinimumGCAge, imageMaximumGCAge, maxParallelImagePulls } = config;
    if (low >= high) yield invalid(`imageGCLowThresholdPercent (--image-gc-low-threshold) ${low} must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) ${high}`);
    const [least, most] = [parseDuration(imageMinimumGCAge), parseDuration(imageMaximumGCAge)];
    if (least < 0) yield invalid(`imageMinimumGCAge ${imageMinimumGCAge} must not be negative`);
    if (most < 0) yield invalid(`imageMaximumGCAge ${imageMaximumGCAge} must not be negative`);
    if (most > 0 && most <= least) yield invalid(`imageMaximumGCAge ${imageMaximumGCAge} must be greater than imageMinimumGCAge ${imageMinimumGCAge}`);
    if (maxParallelImagePulls !== undefined && maxParallelImagePulls < 1) yield invalid(`maxParallelImagePulls ${maxParallelImagePulls} must be a positive number`);
    if (config.serializeImagePulls && (maxParallelImagePulls ?? 0) > 1) yield invalid('maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false');
    const policies = ['NeverVerify', 'NeverVerifyPreloadedImages', 'NeverVerifyAllowlistedImages', 'AlwaysVerify'];
    const policy = config.imagePullCredentialsVerificationPolicy;
    if (!policies.includes(policy)) yield invalid(`option ${JSON.stringify(policy)} specified for imagePullCredentialsVerificationPolicy. Valid options are "NeverVerify", "NeverVerifyPreloadedImages", "NeverVerifyAllowlistedImages" or "AlwaysVerify"`);
    if ((config.preloadedImagesVerificationAllowlist ?? []).length > 0 && policy !== 'NeverVerifyAllowlistedImages') {
      yield invalid('can\'t set `preloadedImagesVerificationAllowlist` if `imagePullCredentialsVertificationPolicy` is not "NeverVerifyAllowlistedImages"');
    }
  },
  function* policies(config) {
    const topologies = ['none', 'best-effort', 'restricted', 'single-numa-node'];
    const { topologyManagerPolicy, topologyManagerScope, hairpinMode, cpuManagerPolicy, memoryManagerPolicy, memorySwap, memoryReservationPolicy } = config;
    if (!topologies.includes(topologyManagerPolicy)) yield invalid(`topologyManagerPolicy (--topology-manager-policy) ${JSON.stringify(topologyManagerPolicy)} must be one of: [${quoted(topologies)}]`);
    if (!['container', 'pod'].includes(topologyManagerScope)) yield invalid(`topologyManagerScope (--topology-manager-scope) ${JSON.stringify(topologyManagerScope)} must be one of: "container", or "pod"`);
    if (!['none', 'hairpin-veth', 'promiscuous-bridge'].includes(hairpinMode)) yield invalid(`option ${JSON.stringify(hairpinMode)} specified for hairpinMode (--hairpin-mode). Valid options are "none", "hairpin-veth" or "promiscuous-bridge"`);
    if (!['none', 'static'].includes(cpuManagerPolicy)) yield `unknown policy: ${JSON.stringify(cpuManagerPolicy)}`;
    if (!['None', 'Static'].includes(memoryManagerPolicy)) yield `unknown policy: ${JSON.stringify(memoryManagerPolicy)}`;
    if (!['', 'LimitedSwap', 'NoSwap'].includes(memorySwap.swapBehavior ?? '')) yield invalid(`memorySwap.swapBehavior ${JSON.stringify(memorySwap.swapBehavior)} must be one of: "", "LimitedSwap" or "NoSwap"`);
    if (memoryReservationPolicy === 'TieredReservation') yield invalid('memoryReservationPolicy "TieredReservation" requires MemoryQoS feature gate to be enabled');
    else if (memoryReservationPolicy !== 'None') yield invalid(`option ${JSON.stringify(memoryReservationPolicy)} specified for memoryReservationPolicy. Valid options are "None" or "TieredReservation"`);
    if (!['Get', 'Cache', 'Watch'].includes(config.configMapAndSecretChangeDetectionStrategy)) yield `unknown configmap and secret manager mode: ${JSON.stringify(config.configMapAndSecretChangeDetectionStrategy)}`;
  },
  function* shutdown({ shutdownGracePeriod, shutdownGracePeriodCriticalPods, shutdownGracePeriodByPodPriority = [] }) {
    const [whole, critical] = [parseDuration(shutdownGracePeriod), parseDuration(shutdownGracePeriodCriticalPods)];
    const tooShort = (span: number) => span < 0 || (span > 0 && span < 1000);
    // Go prints a metav1.Duration in braces.
    if (critical > whole) yield invalid(`shutdownGracePeriodCriticalPods {${shutdownGracePeriodCriticalPods}} must be <= shutdownGracePeriod {${shutdownGracePeriod}}`);
    if (tooShort(whole)) yield invalid(`shutdownGracePeriod {${shutdownGracePeriod}} must be either zero or otherwise >= 1 sec`);
    if (tooShort(critical)) yield invalid(`shutdownGracePeriodCriticalPods {${shutdownGracePeriodCriticalPods}} must be either zero or otherwise >= 1 sec`);
    if (shutdownGracePeriodByPodPriority.length > 0 && (whole > 0 || critical > 0)) yield invalid('Cannot specify both shutdownGracePeriodByPodPriority and shutdownGracePeriod at the same time');
  },
  function* crashes({ crashLoopBackOff: { maxContainerRestartPeriod = '5m0s' } }) {
    const span = parseDuration(maxContainerRestartPeriod);
    if (!within(span, 1000, 300_000)) yield invalid(`CrashLoopBackOff.MaxContainerRestartPeriod (got: ${span / 1000} seconds) must be set between 1s and 300s`);
  },
  function* enforcement(config) {
    const keys = ['pods', 'system-reserved', 'system-reserved-compressible', 'kube-reserved', 'kube-reserved-compressible', 'none'];
    const { enforceNodeAllocatable: enforced, systemReservedCgroup, kubeReservedCgroup, cgroupsPerQOS } = config;
    const where = 'enforceNodeAllocatable (--enforce-node-allocatable)';
    for (const [index, key] of enforced.entries()) {
      if (enforced.indexOf(key) !== index) {
        yield invalid(`duplicated enforcements ${JSON.stringify(key)} in ${where}`);
        continue;
      }
      if (!keys.includes(key)) {
        yield invalid(`option ${JSON.stringify(key)} specified for ${where}. Valid options are "pods", "system-reserved", "system-reserved-compressible", "kube-reserved", "kube-reserved-compressible" or "none"`);
        continue;
      }
      if (key === 'none') {
        if (enforced.length > 1) yield invalid(`${where} may not contain additional enforcements when "none" is specified`);
        continue;
      }
      if (key.startsWith('system-') && !systemReservedCgroup) yield invalid(`systemReservedCgroup (--system-reserved-cgroup) must be specified when "system-reserved" or "system-reserved-compressible" included in ${where}`);
      if (key.startsWith('kube-') && !kubeReservedCgroup) yield invalid(`kubeReservedCgroup (--kube-reserved-cgroup) must be specified when "kube-reserved" or "kube-reserved-compressible" included in ${where}`);
      if (!cgroupsPerQOS) yield invalid(`cgroupsPerQOS (--cgroups-per-qos) must be set to true when ${JSON.stringify(key)} contained in ${where}`);
    }
  },
  function* logs(config) {
    if (config.containerLogMaxWorkers < 1) yield invalid('containerLogMaxWorkers must be greater than or equal to 1');
    if (parseDuration(config.containerLogMonitorInterval) < 3000) yield invalid('containerLogMonitorInterval must be a positive time duration greater than or equal to 3s');
    if (config.containerLogMaxFiles <= 1) yield invalid('containerLogMaxFiles must be greater than 1');
    if (!isAbsolute(config.podLogsDir)) yield invalid(`pod logs path ${JSON.stringify(config.podLogsDir)} must be absolute path`);
    if (normalize(config.podLogsDir) !== config.podLogsDir) yield invalid(`pod logs path ${JSON.stringify(config.podLogsDir)} must be normalized`);
    if (/[^\0-\x7f]/.test(config.podLogsDir)) yield invalid(`pod logs path ${JSON.stringify(config.podLogsDir)} mut contain ASCII characters only`);
    if (config.enableSystemLogQuery && !config.enableSystemLogHandler) yield invalid('enableSystemLogHandler is required for enableSystemLogQuery');
  },
];

function* serverErrors(config: KubeletConfiguration): Iterable<string> {
  const { systemCgroups, cgroupRoot, runOnce, registerWithTaints = [], reservedSystemCPUs, systemReservedCgroup, kubeReservedCgroup, cpuCFSQuotaPeriod } = config;
  if (systemCgroups && !cgroupRoot) yield invalid('systemCgroups (--system-cgroups) was specified and cgroupRoot (--cgroup-root) was not specified');
  if (runOnce) yield invalid('runOnce (--runOnce) true, Runonce mode has been deprecated and should not be set');
  if (cpuCFSQuotaPeriod !== '100ms' && !config.featureGates?.CustomCPUCFSQuotaPeriod) yield invalid(`cpuCFSQuotaPeriod (--cpu-cfs-quota-period) {${cpuCFSQuotaPeriod}} requires feature gate CustomCPUCFSQuotaPeriod`);
  else if (!within(parseDuration(cpuCFSQuotaPeriod), 1, 1000)) yield invalid(`cpuCFSQuotaPeriod (--cpu-cfs-quota-period) {${cpuCFSQuotaPeriod}} must be between 1ms and 1sec, inclusive`);
  yield* tlsErrors(config);
  if (!['Webhook', 'AlwaysAllow'].includes(config.authorization.mode)) yield `unknown authorization mode ${config.authorization.mode}`;
  yield* taintErrors(registerWithTaints);
  if (!reservedSystemCPUs) return;
  if (systemReservedCgroup || kubeReservedCgroup) yield invalid('can\'t use reservedSystemCPUs (--reserved-cpus) with systemReservedCgroup (--system-reserved-cgroup) or kubeReservedCgroup (--kube-reserved-cgroup)');
  const wrong = reservedSystemCPUs.split(/[,-]/).find((part) => !/^\s*\d+\s*$/.test(part));
  if (wrong !== undefined) yield invalid(`unable to parse reservedSystemCPUs (--reserved-cpus) ${reservedSystemCPUs}, error: strconv.Atoi: parsing ${JSON.stringify(wrong)}: invalid syntax`);
}

const RESERVABLE = new Set(['cpu', 'memory', 'ephemeral-storage', 'pid']);

/** What upstream finds out only when it starts. */
function* amountErrors(config: KubeletConfiguration): Iterable<string> {
  const { evictionHard, evictionSoft, evictionSoftGracePeriod, evictionMinimumReclaim, containerLogMaxSize } = config;
  yield* complaints(() => parseQuantity(containerLogMaxSize), () => `failed to parse container log max size ${JSON.stringify(containerLogMaxSize)}: ${QUANTITY_SHAPE}`);
  for (const [resource, text] of Object.entries({ ...config.kubeReserved, ...config.systemReserved })) {
    if (!RESERVABLE.has(resource)) yield `cannot reserve ${JSON.stringify(resource)} resource`;
    else yield* complaints(() => parseQuantity(text), () => `failed to parse quantity ${JSON.stringify(text)} for ${JSON.stringify(resource)} resource: ${QUANTITY_SHAPE}`);
  }
  yield* complaints(() => parseThresholds({
    hard: evictionHard ?? {}, soft: evictionSoft ?? {}, softGracePeriod: spansOf(evictionSoftGracePeriod), minimumReclaim: evictionMinimumReclaim ?? {},
  }), (why) => why);
}

function* complaints(check: () => unknown, say: (why: string) => string): Iterable<string> {
  try {
    check();
  } catch (error) {
    yield say(messageOf(error));
  }
}
