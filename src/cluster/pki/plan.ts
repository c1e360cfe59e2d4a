import { X509Certificate } from 'node:crypto';
import type { Millis } from '../../base/clock.ts';
import { DAY, expandIpv6, expiryOf, type LeafNames } from '../../wire/node/issue.ts';

/** A certificate is renewed when less than this is left: weeks in which a stopped cluster may still start. */
export const RENEW_BEFORE: Millis = 90 * DAY;

/** The group of every node's agent; bound to the ClusterRole of that name. */
export const AGENT_GROUP = 'system:knarr:agent';

export type Issuer = 'ca' | 'front-proxy-ca';

/** One leaf certificate as it should be. Its file is `<name>.crt`, its key `<name>.key`. */
export interface LeafSpec extends LeafNames {
  readonly name: string;
  readonly issuer: Issuer;
}

export interface ClusterNames {
  readonly clusterDomain: string;
  /** The first address of the service CIDR. */
  readonly kubernetesServiceIp: string;
  /** Where the API server is reached: addresses of this machine, of the nodes' bridge. */
  readonly apiAddresses: readonly string[];
  readonly apiHosts: readonly string[];
  readonly nodes: readonly { readonly name: string; readonly addresses: readonly string[] }[];
}

/** Every leaf certificate a cluster of this shape has; names and groups as kubeadm gives them. */
export function leafSpecs(cluster: ClusterNames): readonly LeafSpec[] {
  const client = (name: string, commonName: string, ...organizations: string[]): LeafSpec =>
    ({ name, issuer: 'ca', commonName, organizations, use: 'client', dnsNames: [], addresses: [] });
  return [
    {
      name: 'apiserver', issuer: 'ca', commonName: 'kube-apiserver', organizations: [], use: 'server',
      dnsNames: [
        'localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc',
        `kubernetes.default.svc.${cluster.clusterDomain}`, ...cluster.apiHosts,
      ],
      addresses: ['127.0.0.1', '::1', cluster.kubernetesServiceIp, ...cluster.apiAddresses],
    },
    client('apiserver-kubelet-client', 'kube-apiserver-kubelet-client', 'system:masters'),
    { ...client('front-proxy-client', 'front-proxy-client'), issuer: 'front-proxy-ca' },
    client('admin', 'kubernetes-admin', 'system:masters'),
    client('controller-manager', 'system:kube-controller-manager'),
    client('scheduler', 'system:kube-scheduler'),
    ...cluster.nodes.flatMap(({ name, addresses }): LeafSpec[] => [
      client(`node-${name}`, `system:node:${name}`, 'system:nodes'),
      // Proxy, network and DNS ask for more than a kubelet may see, and for less than it may do.
      client(`node-${name}-agent`, `${AGENT_GROUP}:${name}`, AGENT_GROUP),
      {
        name: `node-${name}-serving`, issuer: 'ca', commonName: `system:node:${name}`, organizations: ['system:nodes'],
        use: 'server', dnsNames: [name], addresses,
      },
    ]),
  ];
}

/** Whether the certificate there is must be replaced: it is missing, wears out, or says something else. */
export function isStale(pem: string | undefined, spec: LeafSpec, at: { issuerPem: string; now: Millis }): boolean {
  if (pem === undefined) return true;
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return true; // torn or not a certificate
  }
  if (expiryOf(certificate) - at.now < RENEW_BEFORE) return true;
  if (!certificate.verify(new X509Certificate(at.issuerPem).publicKey)) return true;
  const wanted = new Set([...spec.dnsNames.map((name) => `DNS:${name}`), ...spec.addresses.map((ip) => `IP Address:${canonicalIp(ip)}`)]);
  const actual = new Set((certificate.subjectAltName ?? '').split(', ').filter((name) => name !== ''));
  return wanted.size !== actual.size || [...wanted].some((name) => !actual.has(name));
}

/** As node:crypto prints it in a subjectAltName: IPv6 in upper case, no run of zeros left out. */
const canonicalIp = (address: string): string =>
  address.includes(':') ? expandIpv6(address).map((group) => group.toString(16).toUpperCase()).join(':') : address;
