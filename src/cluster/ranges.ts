import { Refusal } from '../cli/index.ts';
import { cidrsOverlap, parseCidr, partsOfCidr } from '../meta/ip.ts';
import { isIpv6Cidr, partBits, type RangeWishes } from './cidrs.ts';
import { bridge6Of, clusterCidrsOf, isDualStack, serviceCidrsOf } from './settings-families.ts';
import { bridgeOf, type Settings } from './settings.ts';

/** What else takes addresses around here. */
export interface Surroundings {
  /** What this machine's links reach, and where its routes lead, but for those that clusters made. */
  readonly networks: readonly { readonly cidr: string; readonly link: string }[];
  /** The networks of clusters that run beside this one. */
  readonly clusters: readonly { readonly dataDir: string; readonly cidrs: readonly string[] }[];
}

const SIZES = {
  pod: { 4: { from: 8, to: 24 }, 6: { from: 16, to: 64 } },
  service: { 4: { from: 12, to: 28 }, 6: { from: 108, to: 124 } },
} as const;

type Shape = Pick<Settings, 'ipFamilies' | 'slot' | 'podCidr' | 'podCidr6' | 'serviceCidr' | 'serviceCidr6'>;

/** Simulated nodes' pods have addresses that no packet goes to. */
const NOWHERE: Surroundings = { networks: [], clusters: [] };

/** @throws Refusal where a new cluster cannot have these networks. @returns what is to be told of them */
export function judgeRanges(settings: Shape, nodes: number, surroundings: Surroundings): readonly string[] {
  const around = nodes === 0 ? NOWHERE : surroundings;
  const [pods, services] = [clusterCidrsOf(settings), serviceCidrsOf(settings)];
  for (const cidr of pods) refuseSize('pod', cidr);
  for (const cidr of services) refuseSize('service', cidr);
  refuseTooMany(pods, nodes);
  const bridges = [bridgeOf(settings.slot).cidr, ...(isDualStack(settings) ? [bridge6Of(settings).cidr] : [])];
  const own = [
    ...pods.map((cidr) => ({ cidr, what: 'the pod network', flag: '--pod-cidr' })), ...services.map((cidr) => ({ cidr, what: 'the service network', flag: '--service-cidr' })),
  ];
  for (const [at, one] of own.entries()) {
    const hint = `choose another with: knarr up ${one.flag} CIDR`;
    const other = own.slice(at + 1).find(({ cidr }) => cidrsOverlap(cidr, one.cidr));
    if (other) throw new Refusal(`${one.what} ${one.cidr} overlaps ${other.what} ${other.cidr}`, hint);
    const bridge = bridges.find((cidr) => cidrsOverlap(cidr, one.cidr));
    if (bridge !== undefined) throw new Refusal(`${one.what} ${one.cidr} overlaps ${bridge}, which joins the nodes`, hint);
    for (const { dataDir, cidrs } of around.clusters) {
      const theirs = cidrs.find((cidr) => cidrsOverlap(cidr, one.cidr));
      if (theirs !== undefined) throw new Refusal(`${one.what} ${one.cidr} overlaps ${theirs} of the cluster of ${dataDir}`, hint);
    }
    const network = around.networks.find(({ cidr }) => isWithin(cidr, one.cidr));
    if (network) throw new Refusal(`${one.what} ${one.cidr} overlaps ${network.cidr}, which this machine reaches by ${network.link}`, hint);
  }
  // The narrower network wins: what is left of the wider one still works.
  return own.flatMap((one) => around.networks.filter(({ cidr }) => cidrsOverlap(cidr, one.cidr))
    .map(({ cidr, link }) => `${one.what} ${one.cidr} hides a part of ${cidr}, which this machine reaches by ${link}; another is chosen with ${one.flag}`));
}

/** @throws Refusal where there is no part for so many nodes */
export function refuseTooMany(pods: readonly string[], nodes: number): void {
  for (const cidr of pods) {
    const room = partsOfCidr(cidr, partBits(cidr));
    if (nodes > room) throw new Refusal(`the pod network ${cidr} has room for ${room} ${room === 1 ? 'node' : 'nodes'}, and ${nodes} are wanted`, `each node takes a /${partBits(cidr)} of it`);
  }
}

function refuseSize(kind: keyof typeof SIZES, cidr: string): void {
  const { family = 4, prefix = 0 } = parseCidr(cidr) ?? {};
  const { from, to } = SIZES[kind][family];
  if (prefix < from) throw new Refusal(`the ${kind} network ${cidr} is too large`, `it may be a /${from} at most`);
  if (prefix > to) throw new Refusal(`the ${kind} network ${cidr} is too small`, kind === 'pod' ? `each node takes a /${to} of it` : `it must be a /${to} at least`);
}

/** @throws Refusal where a family is named that the cluster does not have, or a cluster that is there would change */
export function judgeWishes({ podCidrs = [], serviceCidrs = [] }: RangeWishes, settings: Shape, before: Settings | undefined): void {
  const asked = [['--pod-cidr', 'pod', podCidrs, clusterCidrsOf], ['--service-cidr', 'service', serviceCidrs, serviceCidrsOf]] as const;
  for (const [flag, kind, cidrs, of] of asked) {
    const six = cidrs.find(isIpv6Cidr);
    if (six !== undefined && !isDualStack(settings)) throw new Refusal(`${flag} has the IPv6 network ${six}, and this cluster has IPv4 alone`, 'both come with: knarr up --ip-families IPv4,IPv6');
    const [had, other] = [before ? of(before) : [], cidrs.find((cidr) => before && !of(before).includes(cidr))];
    if (other !== undefined) throw new Refusal(`this cluster was made with the ${kind} network ${had.join(' and ')}, which cannot become ${other}`, 'make another with: knarr up --data-dir DIR');
  }
}

const isWithin = (inner: string, outer: string): boolean => cidrsOverlap(inner, outer) && (parseCidr(inner)?.prefix ?? 0) >= (parseCidr(outer)?.prefix ?? 0);
