import type { Node } from '../../kinds/core/node.ts';

/** A node at `address` with `podCidr` behind it. */
export function node(name: string, address: string, podCidr: string): Node {
  return {
    apiVersion: 'v1', kind: 'Node',
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { podCIDR: podCidr, podCIDRs: [podCidr] },
    status: {
      addresses: [{ type: 'Hostname', address: name }, { type: 'InternalIP', address }],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        architecture: '', bootID: '', containerRuntimeVersion: '', kernelVersion: '', kubeProxyVersion: '', kubeletVersion: '', machineID: '',
        operatingSystem: 'linux', osImage: '', systemUUID: '',
      },
    },
  };
}
