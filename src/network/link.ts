import type { RunProgram } from '../base/program.ts';
import { familyOf } from './peers.ts';

const ETHERNET_MTU = 1500;

export interface Link {
  /** Undefined where no link has the node's address. */
  readonly name?: string;
  /** Whom it reaches without a router: `192.0.2.1/24`, with this node's own address in it. */
  readonly networks: readonly string[];
  readonly mtu: number;
}

/** The link that has the node's address. */
export async function linkOf(run: RunProgram, nodeIp: string): Promise<Link> {
  const { stdout } = await run('ip', [`-${familyOf(nodeIp) ?? 4}`, '-o', 'address', 'show', 'to', nodeIp]);
  const name = /^\d+:\s+([^\s@]+)/.exec(stdout)?.[1];
  if (name === undefined) return { networks: [], mtu: ETHERNET_MTU };
  const addresses = (await run('ip', ['-o', 'address', 'show', 'dev', name])).stdout;
  const networks = [...addresses.matchAll(/ inet6? (\S+\/\d+) .*scope global/g)].map(([, network]) => network!);
  const mtu = Number(/ mtu (\d+)/.exec((await run('ip', ['-o', 'link', 'show', 'dev', name])).stdout)?.[1]);
  // Loopback's 65536 says nothing about the way to anywhere.
  return { name, networks, mtu: mtu > 0 && mtu < 65_536 ? mtu : ETHERNET_MTU };
}
