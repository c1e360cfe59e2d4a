/** A pod's host name, and the /etc/hosts its containers share. */
import type { Pod } from '../../kinds/core/pod.ts';

export interface PodHostname {
  readonly hostname: string;
  /** '' without a subdomain. */
  readonly domain: string;
}

const MOST_HOSTNAME_CHARS = 63;

export function podHostname({ metadata, spec }: Pod, clusterDomain: string): PodHostname {
  if (spec.hostnameOverride) return { hostname: spec.hostnameOverride, domain: '' };
  const hostname = (spec.hostname || metadata.name).slice(0, MOST_HOSTNAME_CHARS).replace(/[-.]+$/, '');
  return { hostname, domain: spec.subdomain ? `${spec.subdomain}.${metadata.namespace}.svc.${clusterDomain}` : '' };
}

const MOST_KERNEL_CHARS = 64;

/** What `hostname` prints in a container. @throws Error with upstream's text where the kernel could not hold it */
export function kernelHostname(pod: Pod, clusterDomain: string): string {
  const { hostname, domain } = podHostname(pod, clusterDomain);
  if (!pod.spec.setHostnameAsFQDN || domain === '') return hostname;
  const whole = `${hostname}.${domain}`;
  if (whole.length > MOST_KERNEL_CHARS) throw new Error(`failed to construct FQDN from pod hostname and cluster domain, FQDN ${whole} is too long (${MOST_KERNEL_CHARS} characters is the max, ${whole.length} characters requested)`);
  return whole;
}

const FIXED = [
  '127.0.0.1\tlocalhost', '::1\tlocalhost ip6-localhost ip6-loopback', 'fe00::0\tip6-localnet', 'fe00::0\tip6-mcastprefix',
  'fe00::1\tip6-allnodes', 'fe00::2\tip6-allrouters',
];

export function hostsFile(pod: Pod, { clusterDomain, podIps, nodeHosts }: { readonly clusterDomain: string; readonly podIps: readonly string[]; readonly nodeHosts: string }): string {
  const aliases = (pod.spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => [ip, ...hostnames].join('\t'));
  const added = aliases.length === 0 ? '' : `\n# Entries added by HostAliases.\n${aliases.join('\n')}\n`;
  if (pod.spec.hostNetwork) return `# Kubernetes-managed hosts file (host network).\n${nodeHosts}${added}`;
  const { hostname, domain } = podHostname(pod, clusterDomain);
  const own = podIps.map((ip) => (domain === '' ? `${ip}\t${hostname}` : `${ip}\t${hostname}.${domain}\t${hostname}`));
  return `# Kubernetes-managed hosts file.\n${[...FIXED, ...own].join('\n')}\n${added}`;
}
