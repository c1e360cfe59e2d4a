import type { Pod } from '../../kinds/core/pod.ts';
import { CONFIG_SOURCE, POD_NAME, POD_NAMESPACE, POD_UID } from '../cri/labels.ts';
import type { PodSandboxConfig, PortMapping, UserNamespace } from '../cri/runtime-v1.ts';
import { initContainers } from '../pod.ts';
import type { ResolvConf } from './dns.ts';
import { kernelHostname } from './hosts.ts';
import { sandboxResources } from './resources.ts';
import { sandboxSecurity } from './security.ts';
import { dottedName } from './sysctls.ts';

export interface SandboxInput {
  readonly pod: Pod;
  readonly attempt: number;
  readonly dns: ResolvConf;
  readonly clusterDomain: string;
  readonly logDirectory: string;
  /** The pod's own cgroup. */
  readonly cgroupParent: string;
  readonly userns?: UserNamespace;
}

const asStrings = (map: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> => map ?? {};

/** The pod as the runtime is told of it, the same for each of its containers. */
export function sandboxConfig({ pod, attempt, dns, clusterDomain, logDirectory, cgroupParent, userns }: SandboxInput): PodSandboxConfig {
  const { metadata, spec } = pod;
  const { name, namespace = '', uid } = metadata;
  const sysctls = Object.fromEntries((spec.securityContext?.sysctls ?? []).map((sysctl) => [dottedName(sysctl.name), sysctl.value]));
  return {
    metadata: { name, namespace, uid, attempt },
    // The host's network comes with the host's name.
    ...(spec.hostNetwork ? {} : { hostname: kernelHostname(pod, clusterDomain) }),
    logDirectory,
    dnsConfig: dns,
    portMappings: portMappings(pod),
    labels: { ...asStrings(metadata.labels), [POD_NAME]: name, [POD_NAMESPACE]: namespace, [POD_UID]: uid },
    annotations: { [CONFIG_SOURCE]: 'api', ...asStrings(metadata.annotations) },
    linux: { cgroupParent, sysctls, securityContext: sandboxSecurity(pod, userns), ...sandboxResources(pod) },
  };
}

const PROTOCOLS = { TCP: 'TCP', UDP: 'UDP', SCTP: 'SCTP' } as const;
type Protocol = keyof typeof PROTOCOLS;

/** Host ports; on the host's network a container's ports are the host's already. */
function portMappings({ spec, ...pod }: Pod): readonly PortMapping[] {
  if (spec.hostNetwork) return [];
  const containers = [...initContainers({ spec, ...pod }), ...spec.containers];
  return containers.flatMap(({ ports = [] }) => ports.filter(({ hostPort }) => hostPort).map(({ protocol = 'TCP', containerPort, hostPort, hostIP = '' }) => ({
    protocol: PROTOCOLS[protocol as Protocol], containerPort, hostPort, hostIp: hostIP,
  })));
}
