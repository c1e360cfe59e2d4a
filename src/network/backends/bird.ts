import { sha256 } from '../../base/sha256.ts';
import { isInCidr } from '../../meta/ip.ts';
import { FAMILIES, familyOf, type Family, type Peer } from '../peers.ts';
import type { Here } from './backend.ts';

/** The first of the private ones (RFC 6996), as Calico's. */
const AS = 64_512;
/** Tells our routes from another BIRD's. */
export const BIRD_METRIC = '1070';

export interface BirdOptions {
  readonly log: string;
  /** Of the whole cluster: nothing else is learned. */
  readonly clusterCidrs: readonly string[];
  /** The cluster id under which this node reflects routes. */
  readonly reflects: string | undefined;
}

/**
 * BIRD 2's configuration for one node (bird.network.cz, chapter 6): its pod networks are announced over internal BGP to every
 * other node, or to the route reflectors where there are any (RFC 4456), and what they announce goes into the kernel. Pure.
 */
export function birdConfig(here: Here, peers: readonly Peer[], options: BirdOptions): string {
  const families = FAMILIES.filter((family) => here.cidrs.some((cidr) => familyOf(cidr) === family));
  return [
    '# Written by knarr.',
    `log ${quoted(options.log)} { warning, error, fatal, bug };`,
    `router id ${here.address};`,
    'protocol device { scan time 10; }',
    ...families.flatMap((family) => channelsOf(family, here, options)),
    ...sessions(here, peers, options),
    '',
  ].join('\n');
}

function channelsOf(family: Family, { cidrs }: Here, { clusterCidrs }: BirdOptions): readonly string[] {
  const own = cidrs.filter((cidr) => familyOf(cidr) === family);
  const cluster = clusterCidrs.filter((cidr) => familyOf(cidr) === family);
  return [
    `filter pods${family} { if net ~ [ ${cluster.map((cidr) => `${cidr}+`).join(', ')} ] then accept; reject; }`,
    `protocol static own${family} { ipv${family}; ${own.map((cidr) => `route ${cidr} blackhole; `).join('')}}`,
    `protocol kernel kernel${family} { scan time 10; metric ${BIRD_METRIC}; ipv${family} { import none; export where source = RTS_BGP; }; }`,
  ];
}

/** Of each family one session with each node that there is one with: two nodes that reflect nothing leave it to those that do. */
function sessions(here: Here, peers: readonly Peer[], { reflects }: BirdOptions): readonly string[] {
  const reflectors = peers.some((peer) => peer.reflects !== undefined) || reflects !== undefined;
  const chosen = peers.filter((peer) => !reflectors || reflects !== undefined || peer.reflects !== undefined);
  return chosen.flatMap((peer) => peer.addresses.flatMap((address) => {
    const family = familyOf(address)!;
    const local = ownAddress(here, family);
    if (local === undefined || !here.cidrs.some((cidr) => familyOf(cidr) === family)) return [];
    const client = reflects !== undefined && peer.reflects === undefined ? ` rr client; rr cluster id ${reflects};` : '';
    return [
      `protocol bgp ${sessionName(peer, family)} { # ${peer.name}`,
      `  local ${local} as ${AS}; neighbor ${address} as ${AS}; direct; strict bind on; graceful restart on;${client}`,
      '  connect delay time 1; connect retry time 5; error wait time 1, 10;',
      `  ipv${family} { import filter pods${family}; export where source = RTS_STATIC || source = RTS_BGP; };`,
      '}',
    ].filter((line) => line !== '');
  }));
}

/** The same whoever comes and goes, or BIRD would begin every session anew; its names are shorter than nodes' may be. */
const sessionName = ({ name }: Peer, family: Family): string => `node_${sha256(name).slice(0, 16)}_v${family}`;

/** This node's address of the family: its own, or of the other family the one on the same link. */
function ownAddress({ address, networks }: Here, family: Family): string | undefined {
  if (familyOf(address) === family) return address;
  return networks.map((network) => network.split('/')[0]!).find((one) => familyOf(one) === family);
}

const quoted = (text: string): string => JSON.stringify(text);

/** Whether BGP can join this node and a peer without a router that speaks it too. */
export const isNear = ({ networks }: Pick<Here, 'networks'>, { addresses }: Peer): boolean =>
  networks.length === 0 || addresses.some((address) => networks.some((network) => isInCidr(address, network)));
