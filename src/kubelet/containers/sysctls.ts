/** Which kernel parameters a pod may set (https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/). Pure. */
import type { Pod } from '../../kinds/core/pod.ts';

export const SYSCTL_FORBIDDEN = 'SysctlForbidden';

/** Those that concern the pod's own namespaces alone. */
const SAFE = [
  'kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports', 'net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem',
];

/** Of the kernel's namespaces, by what the names begin with. */
const NAMESPACED = [['kernel.shm', 'ipc'], ['kernel.msg', 'ipc'], ['fs.mqueue.', 'ipc'], ['net.', 'net']] as const;
type Namespace = (typeof NAMESPACED)[number][1];

const namespaceOf = (name: string): Namespace | undefined => (name === 'kernel.sem' ? 'ipc' : NAMESPACED.find(([prefix]) => name.startsWith(prefix))?.[1]);

const PATTERN = '([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*([a-z0-9][-_a-z0-9]*)?[a-z0-9*]';
const IS_PATTERN = new RegExp(`^${PATTERN}$`);
const LONGEST = 253;

/**
 * Dots and slashes stand for each other, as sysctl(8) reads them: what comes first separates, the other is part of a name
 * (`net/ipv4/conf/eno2.100/rp_filter`).
 */
export function dottedName(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  return first !== '/' ? name : name.replaceAll(/[./]/g, (separator) => (separator === '/' ? '.' : '/'));
}

/** @returns why a pod may not have what it asks for */
export type SysctlRule = (pod: Pod) => string | undefined;

interface Allowed {
  readonly name: string;
  readonly isPrefix: boolean;
  readonly namespace: Namespace;
}

/**
 * @param patterns what an administrator allows beside the safe ones: names, or beginnings of names that end with `*`
 * @throws Error with upstream's text where one is none, or concerns the whole machine
 */
export function sysctlRule(patterns: readonly string[] = []): SysctlRule {
  const allowed = [...SAFE, ...patterns].map(parse);
  return ({ spec }) => {
    for (const { name } of spec.securityContext?.sysctls ?? []) {
      const dotted = dottedName(name);
      const found = allowed.find((one) => one.name === dotted && !one.isPrefix) ?? allowed.find((one) => one.isPrefix && dotted.startsWith(one.name));
      if (!found) return `forbidden sysctl: "${dotted}" not allowlisted`;
      const shared = found.namespace === 'net' ? spec.hostNetwork : spec.hostIPC;
      if (shared) return `forbidden sysctl: "${dotted}" not allowed with host ${found.namespace} enabled`;
    }
    return undefined;
  };
}

function parse(pattern: string): Allowed {
  if (pattern.length > LONGEST || !IS_PATTERN.test(pattern)) throw new Error(`sysctl "${pattern}" must have at most ${LONGEST} characters and match regex ${PATTERN}`);
  const dotted = dottedName(pattern);
  const isPrefix = dotted.endsWith('*');
  const name = isPrefix ? dotted.slice(0, -1) : dotted;
  const namespace = namespaceOf(name);
  if (!namespace) throw new Error(`the sysctl${isPrefix ? 's' : ''} "${dotted}" are not known to be namespaced`);
  return { name, isPrefix, namespace };
}
