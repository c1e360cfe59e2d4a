import type { Node } from '../kinds/core/node.ts';
import { cidrsOverlap, parseCidr, parseIp } from '../meta/ip.ts';
import { backendDataOf, publicIpOf } from './annotations.ts';

export type Family = 4 | 6;
export const FAMILIES: readonly Family[] = [4, 6];

/** Another node, as far as packets are concerned. */
export interface Peer {
  readonly name: string;
  /** Of its pods. */
  readonly cidrs: readonly string[];
  /** Its InternalIPs, at most one of each family. */
  readonly addresses: readonly string[];
  /** Where tunnels to it end: what it says itself, else its first InternalIP. */
  readonly endpoint: string | undefined;
  /** Of its VXLAN device. */
  readonly mac: string | undefined;
  /** The cluster id it reflects BGP routes under; undefined where it reflects none. */
  readonly reflects: string | undefined;
}

/** Why nothing is sent to a node's pods. */
export interface Refusal {
  readonly node: string;
  readonly why: string;
}

/** As Calico marks its route reflectors. */
export const REFLECTOR = 'projectcalico.org/RouteReflectorClusterID';
/** Nodes that only pretend have no pods to reach; see simulate. */
const SIMULATED = 'knarr.local/simulated';

/** The other nodes that have an address and a pod network, oldest first. Pure. */
export function peersOf(nodes: readonly Node[], self: string | undefined): readonly Peer[] {
  return nodes
    .filter(({ metadata }) => metadata.name !== self && metadata.annotations?.[SIMULATED] !== 'true')
    .toSorted((a, b) => compare(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') || compare(a.metadata.name, b.metadata.name))
    .map(peerOf)
    .filter(({ cidrs, addresses }) => cidrs.length > 0 && addresses.length > 0);
}

function peerOf(node: Node): Peer {
  const { metadata, spec } = node;
  const internal = internalIpsOf(node);
  const addresses = FAMILIES.map((family) => internal.find((address) => familyOf(address) === family)).filter((address) => address !== undefined);
  const cidrs = [...new Set([...(spec.podCIDRs ?? []), spec.podCIDR ?? ''])].filter((cidr) => parseCidr(cidr) !== undefined);
  return {
    name: metadata.name, cidrs, addresses,
    endpoint: publicIpOf(node) ?? internal.find((address) => familyOf(address) !== undefined),
    mac: backendDataOf(node)?.VtepMAC,
    reflects: metadata.annotations?.[REFLECTOR],
  };
}

/**
 * Peers without the pod networks that another one has already, in whole or in part: whose network came first keeps it, and
 * this node's own before all.
 */
export function withoutOverlaps(peers: readonly Peer[], own: { readonly name: string; readonly cidrs: readonly string[] }): { readonly peers: readonly Peer[]; readonly refused: readonly Refusal[] } {
  const taken = own.cidrs.map((cidr) => ({ cidr, of: own.name }));
  const refused: Refusal[] = [];
  const kept = peers.map((peer) => {
    const cidrs = peer.cidrs.filter((cidr) => {
      const other = taken.find((one) => cidrsOverlap(one.cidr, cidr));
      if (other) refused.push({ node: peer.name, why: `its pod network ${cidr} overlaps ${other.cidr} of node ${other.of}` });
      return other === undefined;
    });
    taken.push(...cidrs.map((cidr) => ({ cidr, of: peer.name })));
    return { ...peer, cidrs };
  });
  return { peers: kept.filter(({ cidrs }) => cidrs.length > 0), refused };
}

export const internalIpsOf = ({ status }: Node): readonly string[] => (status.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);

export const familyOf = (address: string): Family | undefined => parseIp(address.split('/')[0]!)?.family;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
