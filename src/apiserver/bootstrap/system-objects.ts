import { PROXY_NAMES } from '../authn/front-proxy.ts';
import type { ApiServerConfig } from '../config.ts';
import type { Wanted } from './rbac-objects.ts';
import { firstAddress } from '../allocators/ip-range.ts';

export const SYSTEM_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const;

export function namespaceObjects(): readonly Wanted[] {
  return SYSTEM_NAMESPACES.map((name) => ({ group: '', plural: 'namespaces', object: { metadata: { name } } }));
}

/** The range the cluster was started with, as an object (KEP-1880). */
export const SERVICE_CIDR = { group: 'networking.k8s.io', plural: 'servicecidrs', name: 'kubernetes' } as const;

export function defaultServiceCidr(cidrs: readonly string[]): Wanted {
  const { group, plural, name } = SERVICE_CIDR;
  return { group, plural, object: { metadata: { name }, spec: { cidrs } } };
}

const priorityClass = (name: string, value: number, description: string): Wanted => ({
  group: 'scheduling.k8s.io', plural: 'priorityclasses', object: { metadata: { name }, value, description },
});

/** Everything but namespaces and RBAC that a cluster starts with. */
export function systemObjects(config: ApiServerConfig): readonly Wanted[] {
  return [
    priorityClass('system-node-critical', 2_000_001_000, 'Used for system critical pods that must not be moved from their current node.'),
    priorityClass('system-cluster-critical', 2_000_000_000, 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.'),
    {
      group: '', plural: 'configmaps',
      object: {
        metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
        data: {
          ...(config.caPem === undefined ? {} : { 'client-ca-file': config.caPem, 'requestheader-client-ca-file': config.frontProxyCaPem ?? config.caPem }),
          'requestheader-allowed-names': JSON.stringify(PROXY_NAMES),
          'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
          'requestheader-group-headers': '["X-Remote-Group"]',
          'requestheader-username-headers': '["X-Remote-User"]',
          'requestheader-uid-headers': '["X-Remote-Uid"]',
        },
      },
    },
    ...(config.advertise ? kubernetesService(config, config.advertise) : []),
  ];
}

/** Whether an address means this machine to everyone: no endpoint may have it. A machine without a network has no other. */
const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

/** `default/kubernetes`: how pods and nodes reach the API. */
function kubernetesService(config: ApiServerConfig, { address, port }: { address: string; port: number }): readonly Wanted[] {
  const clusterIP = firstAddress((config.serviceCidr ?? '10.96.0.0/16').split(',')[0]!);
  return [
    {
      group: '', plural: 'services',
      object: {
        metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
        spec: {
          clusterIP, clusterIPs: [clusterIP], type: 'ClusterIP', sessionAffinity: 'None',
          ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }],
        },
      },
    },
    ...(isLoopback(address) ? [] : kubernetesEndpoints(address, port)),
  ];
}

function kubernetesEndpoints(address: string, port: number): readonly Wanted[] {
  const family = address.includes(':') ? 'IPv6' : 'IPv4';
  return [
    {
      group: '', plural: 'endpoints',
      object: {
        metadata: { name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
        subsets: [{ addresses: [{ ip: address }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
      },
    },
    {
      group: 'discovery.k8s.io', plural: 'endpointslices',
      object: {
        metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
        addressType: family,
        endpoints: [{ addresses: [address], conditions: { ready: true } }],
        ports: [{ name: 'https', port, protocol: 'TCP' }],
      },
    },
  ];
}
