import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import type { MachineFacts } from '../settings.ts';

/** Links that clusters make, ours and others': their addresses are not the machine's own. */
export const MADE_LINKS = /^(knarr|cni|docker|br-|veth|flannel|cali|virbr|kube-)/;

export function machineFacts(): MachineFacts {
  const first = defaultRouteLink();
  const links = Object.entries(networkInterfaces())
    .filter(([name]) => !MADE_LINKS.test(name))
    .toSorted(([a], [b]) => Number(b === first) - Number(a === first));
  const all = links.flatMap(([, addresses]) => addresses ?? []).filter(({ internal, address }) => !internal && !isLinkLocal(address));
  const ofFamily = (family: string): string[] => all.filter((one) => one.family === family).map(({ address }) => address);
  return { hostname: hostname(), addresses: [...ofFamily('IPv4'), ...ofFamily('IPv6')] };
}

const isLinkLocal = (address: string): boolean => address.startsWith('169.254.') || /^fe[89ab]/i.test(address);

/** The link of the IPv4 default route with the lowest metric (proc(5), /proc/net/route), or undefined. */
function defaultRouteLink(): string | undefined {
  let text: string;
  try {
    text = readFileSync('/proc/net/route', 'utf8');
  } catch {
    return undefined; // not Linux
  }
  return text.split('\n').slice(1).map((line) => line.split('\t'))
    .filter((fields) => fields[1] === '00000000' && fields[7] === '00000000')
    .toSorted((a, b) => Number(a[6]) - Number(b[6]))[0]?.[0];
}

/** Whether this process holds a capability, by its bit (capabilities(7)). */
export function hasCapability(bit: number): boolean {
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return line !== null && ((BigInt(`0x${line[1]}`) >> BigInt(bit)) & 1n) === 1n;
}

export const CAP_SYS_RESOURCE = 24;

/** Real nodes need root on Linux. */
export const canRunContainers = (): boolean => process.platform === 'linux' && process.getuid?.() === 0;
