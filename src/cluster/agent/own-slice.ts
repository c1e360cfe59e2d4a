import type { Client } from '../../client/index.ts';
import { Node } from '../../kinds/core/node.ts';
import { EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';
import { isApiError } from '../../meta/api-error.ts';
import type { NodePlace } from '../settings.ts';

/** What an agent itself answers for a Service that selects no pods. */
export interface OwnEndpoint {
  readonly service: { readonly namespace: string; readonly name: string };
  /** Where; the node's own address unless said. */
  readonly address?: string;
  readonly ports: readonly { readonly name: string; readonly protocol: 'TCP' | 'UDP'; readonly port: number }[];
}

interface Teller {
  readonly client: Client;
  readonly node: NodePlace;
}

const sliceName = ({ service, address }: OwnEndpoint, { node }: Teller): string => `${service.name}-${node.name}${isSix(address) ? '-ipv6' : ''}`;
const isSix = (address: string | undefined): boolean => address?.includes(':') ?? false;

/** Says in an EndpointSlice of the Service that this node answers for it. The Node owns the slice and takes it along; its own pods ask here. */
export async function writeOwnSlice(teller: Teller, endpoint: OwnEndpoint, signal?: AbortSignal): Promise<void> {
  const { client, node } = teller;
  const { namespace, name: service } = endpoint.service;
  const stop = signal ? { signal } : {};
  const { uid } = (await client.get(Node, node.name, stop)).metadata;
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: node.name, uid }];
  const content = {
    ports: endpoint.ports,
    endpoints: [{ addresses: [endpoint.address ?? node.address], nodeName: node.name, conditions: { ready: true, serving: true, terminating: false }, hints: { forNodes: [{ name: node.name }] } }],
  };
  const labels = { 'kubernetes.io/service-name': service, 'endpointslice.kubernetes.io/managed-by': 'knarr-agent' };
  const name = sliceName(endpoint, teller);
  try {
    await client.create(EndpointSlice, { metadata: { name, namespace, labels, ownerReferences }, addressType: isSix(endpoint.address) ? 'IPv6' : 'IPv4', ...content }, stop);
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
    await client.patch(EndpointSlice, name, { type: 'merge', body: { metadata: { labels, ownerReferences }, ...content } }, { namespace, ...stop });
  }
}

/** Says that it does no more. */
export async function removeOwnSlice(teller: Teller, endpoint: OwnEndpoint, signal?: AbortSignal): Promise<void> {
  await teller.client.delete(EndpointSlice, sliceName(endpoint, teller), { namespace: endpoint.service.namespace, ...(signal ? { signal } : {}) }).catch((error: unknown) => {
    if (!isApiError(error, 'NotFound')) throw error;
  });
}
