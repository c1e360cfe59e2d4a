/** What a node can do for pods' security, and whom it refuses because it can not. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../../kinds/core/pod.ts';
import { ephemeralContainers, initContainers } from '../pod.ts';
import type { Rejection } from '../sync/admission.ts';
import { parseCpuSet } from '../cpus/cpu-set.ts';
import { sysctlRule, SYSCTL_FORBIDDEN } from './sysctls.ts';
import type { SysctlRule } from './sysctls.ts';

export interface NodeSecurity {
  /** Why the node does not take a pod. */
  refuse(pod: Pod): Rejection | undefined;
  /** What containers do not get to see unless they are unmasked. */
  readonly maskedPaths: readonly string[];
}

export interface NodeSecurityOptions {
  /** Sysctls beside the safe ones that pods may set: names, or beginnings that end with `*`. */
  readonly allowedUnsafeSysctls?: readonly string[];
  /** A pretended runtime enforces whatever is asked. */
  readonly isReal: boolean;
  /** Another tree than this machine's: a recorded one. */
  readonly sys?: string;
}

/** @throws Error where a sysctl may not be allowed */
export async function readNodeSecurity({ allowedUnsafeSysctls, isReal, sys = '/sys' }: NodeSecurityOptions): Promise<NodeSecurity> {
  const sysctls = sysctlRule(allowedUnsafeSysctls);
  const enabled = await readFile(join(sys, 'module/apparmor/parameters/enabled'), 'utf8').then((text) => text.startsWith('Y'), () => false);
  return {
    maskedPaths: [...MASKED_PATHS, ...(isReal ? await throttlePaths(sys) : [])],
    refuse: (pod) => forbidden(pod, sysctls) ?? (isReal && !enabled && wantsAppArmor(pod) ? NO_APPARMOR : undefined),
  };
}

const NO_APPARMOR: Rejection = { reason: 'AppArmor', message: 'Cannot enforce AppArmor: AppArmor is not enabled on the host' };

function forbidden(pod: Pod, rule: SysctlRule): Rejection | undefined {
  const message = rule(pod);
  return message === undefined ? undefined : { reason: SYSCTL_FORBIDDEN, message };
}

/** Unconfined is what a node without AppArmor does anyway. */
function wantsAppArmor(pod: Pod): boolean {
  const contexts = [pod.spec, ...pod.spec.containers, ...initContainers(pod), ...ephemeralContainers(pod)].map(({ securityContext }) => securityContext);
  return contexts.some((context) => context?.appArmorProfile !== undefined && context.appArmorProfile.type !== 'Unconfined');
}

/** What /proc and /sys hide from containers, as runtimes agree. */
export const MASKED_PATHS: readonly string[] = [
  '/proc/asound', '/proc/acpi', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list',
  '/proc/timer_stats', '/proc/sched_debug', '/proc/scsi', '/sys/firmware', '/sys/devices/virtual/powercap',
];

/** How hot each processor is tells what others compute: hidden where the kernel shows it. */
async function throttlePaths(sys: string): Promise<readonly string[]> {
  const possible = parseCpuSet(await readFile(join(sys, 'devices/system/cpu/possible'), 'utf8').catch(() => ''));
  const found = await Promise.all(possible.map(async (cpu) => {
    const path = `devices/system/cpu/cpu${cpu}/thermal_throttle`;
    return (await stat(join(sys, path)).then(() => true, () => false)) ? [`/sys/${path}`] : [];
  }));
  return found.flat();
}
