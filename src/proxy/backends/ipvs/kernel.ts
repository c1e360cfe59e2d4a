import { isInCidr } from '../../../meta/ip.ts';
import type { RunProgram } from '../../../base/program.ts';
import type { Family } from '../../ruleset.ts';
import type { Holding } from './holding.ts';
import { ourSets, nodePortSet, setOf } from './sets.ts';
import { DEVICE } from './steps.ts';

export interface NodeAddresses {
  /** The node's own, where node ports may answer; never the loopback's, which IPVS cannot serve. */
  readonly node: readonly string[];
  /** With their lengths; undefined where there is no such device. */
  readonly bound: readonly string[] | undefined;
}

/** The addresses of one family, apart by whose they are. @param networks of those that node ports answer on; empty: of all */
export async function readAddresses(run: RunProgram, family: Family, networks: readonly string[]): Promise<NodeAddresses> {
  const all = addressesIn((await run('ip', ['-o', family === 'ipv6' ? '-6' : '-4', 'address', 'show'])).stdout);
  const ours = all.filter(({ device, scope }) => device === DEVICE && scope !== 'link').map(({ address }) => address);
  const isThere = ours.length > 0 || (await run('ip', ['-o', 'link', 'show', 'dev', DEVICE])).code === 0;
  const own = all.filter(({ device, scope }) => device !== DEVICE && device !== 'lo' && scope !== 'link').map(({ address }) => address.split('/')[0]!);
  return {
    node: own.filter((address) => networks.length === 0 || networks.some((network) => isInCidr(address, network))).sort(),
    bound: isThere ? ours : undefined,
  };
}

/** What `ip -o address show` prints. Pure. */
function addressesIn(listed: string): readonly { readonly device: string; readonly address: string; readonly scope: string }[] {
  return [...listed.matchAll(/^\d+: (\S+)\s+inet6? (\S+)(?: \S+ \S+)*? scope (\S+)/gm)].map(([, device = '', address = '', scope = '']) => ({ device, address, scope }));
}

/** What a proxy left in the kernel, others' virtual servers and sets aside. @param wanted addresses that are to be ours, whoever unbound them */
export async function readHolding(run: RunProgram, family: Family, { bound, wanted }: { readonly bound: readonly string[]; readonly wanted: Iterable<string> }): Promise<Holding> {
  const [sets, servers] = [await run('ipset', ['save']), await run('ipvsadm', ['-S', '-n'])];
  const members = membersIn(sets.stdout, new Set(ourSets(family)));
  return { members, addresses: new Map(bound.map((address) => [address, ''])), ...serversIn(servers.stdout, { family, members, addresses: [...bound, ...wanted] }) };
}

/** Out of `ipset save`. Pure. */
export function membersIn(saved: string, ours: ReadonlySet<string>): ReadonlyMap<string, string> {
  return new Map([...saved.matchAll(/^add (\S+) (\S+)/gm)].filter(([, set]) => ours.has(set!)).map(([, set, element]) => [`${set} ${element}`, '']));
}

interface Ours {
  readonly family: Family;
  readonly members: ReadonlyMap<string, string>;
  /** With their lengths. */
  readonly addresses: readonly string[];
}

/** Out of `ipvsadm -S -n`: ours are those at our addresses and at ports of our sets. Pure. */
export function serversIn(saved: string, { family, members, addresses }: Ours): Pick<Holding, 'servers' | 'reals'> {
  const own = new Set(addresses.map((address) => address.split('/')[0]));
  const isOurs = (flag: string, socket: string): boolean => {
    if (socket.startsWith('[') !== (family === 'ipv6')) return false;
    const [, address, port] = /^\[?(.*?)\]?:(\d+)$/.exec(socket) ?? [];
    const protocol = flag === '-t' ? 'tcp' : flag === '-u' ? 'udp' : 'sctp';
    return own.has(address) || members.has(`${setOf(nodePortSet(protocol, false), family)} ${protocol === 'sctp' ? `${address},sctp:${port}` : port}`);
  };
  const [servers, reals] = [new Map<string, string>(), new Map<string, string>()];
  for (const [, verb, flag = '', socket = '', rest = ''] of saved.matchAll(/^-([Aa]) (-t|-u|--sctp-service) (\S+) (.*)$/gm)) {
    if (!isOurs(flag, socket)) continue;
    const key = `${flag} ${socket}`;
    const [, target, weight] = /-r (\S+) .*-w (\d+)/.exec(rest) ?? [];
    if (verb === 'A') servers.set(key, rest.trim());
    else if (target !== undefined) reals.set(`${key} -r ${target}`, weight!);
  }
  return { servers, reals };
}
