import { ensureRule, IPTABLES_WAIT, removeChains, type IptablesProgram } from '../base/iptables.ts';
import { mustRun } from '../base/program.ts';
import type { RunProgram } from '../base/program.ts';
import { familyOf, type Family } from './peers.ts';

const CHAINS = { nat: 'KNARR-POSTROUTING', filter: 'KNARR-FORWARD' } as const;
/** Where they are led into from. */
const TABLES = [['nat', 'POSTROUTING'], ['filter', 'FORWARD']] as const;
/** Chains of the portmap plugin that stay empty behind the last pod with a host port. */
const PORTMAP = ['CNI-HOSTPORT-DNAT', 'CNI-HOSTPORT-SETMARK', 'CNI-HOSTPORT-MASQ'];

const MULTICAST: Readonly<Record<Family, string>> = { 4: '224.0.0.0/4', 6: 'ff00::/8' };
const PROGRAMS: Readonly<Record<Family, IptablesProgram>> = { 4: 'iptables', 6: 'ip6tables' };
const familyOfCidr = (cidr: string): Family => familyOf(cidr) ?? 4;

/** Pods keep their address inside the cluster and take the node's outside; a closed firewall lets them through. */
export function networkRules(clusterCidr: string): string {
  return [
    '*nat',
    `:${CHAINS.nat} - [0:0]`,
    `-A ${CHAINS.nat} -s ${clusterCidr} -d ${clusterCidr} -j RETURN`,
    `-A ${CHAINS.nat} -s ${clusterCidr} ! -d ${MULTICAST[familyOfCidr(clusterCidr)]} -m comment --comment "knarr: pods leaving the cluster" -j MASQUERADE --random-fully`,
    'COMMIT',
    '*filter',
    `:${CHAINS.filter} - [0:0]`,
    `-A ${CHAINS.filter} -s ${clusterCidr} -m comment --comment "knarr: from pods" -j ACCEPT`,
    `-A ${CHAINS.filter} -d ${clusterCidr} -m comment --comment "knarr: to pods" -j ACCEPT`,
    'COMMIT',
    '',
  ].join('\n');
}

/** Writes the rules of each family anew and leads the built-in chains into them, behind the proxy's. @throws ProgramFailed */
export async function writeRules(run: RunProgram, clusterCidrs: readonly string[]): Promise<void> {
  for (const cidr of clusterCidrs) {
    const program = PROGRAMS[familyOfCidr(cidr)];
    await mustRun(run, `${program}-restore`, [...IPTABLES_WAIT, '--noflush'], networkRules(cidr));
    for (const [table, chain] of TABLES) await ensureRule(run, { program, table, chain, rule: ['-j', CHAINS[table]] }, '-A');
  }
}

/** Whether they are still there, and what leads to them. */
export async function rulesStand(run: RunProgram, clusterCidrs: readonly string[]): Promise<boolean> {
  const looks = clusterCidrs.flatMap((cidr) => TABLES.map(async ([table, from]) => {
    const ask = (...words: readonly string[]) => run(PROGRAMS[familyOfCidr(cidr)], [...IPTABLES_WAIT, '-t', table, ...words]);
    const [jump, chain] = await Promise.all([ask('-C', from, '-j', CHAINS[table]), ask('-S', CHAINS[table])]);
    return jump.code === 0 && chain.stdout.split('\n').filter((line) => line.startsWith('-A')).length === 2;
  }));
  return (await Promise.all(looks)).every((stands) => stands);
}

/** Whether what xtables-monitor(8) says may mean that they are gone. */
export const concernsRules = (line: string): boolean => GONE.test(line);

const GONE = new RegExp(`-D (?:${TABLES.map(([table, from]) => `${from}|${CHAINS[table]}`).join('|')})\\b|DEL table: table (?:nat|filter) `);

export async function removeRules(run: RunProgram): Promise<void> {
  const ours: readonly string[] = [CHAINS.nat, CHAINS.filter, ...PORTMAP];
  for (const program of Object.values(PROGRAMS)) await removeChains(run, (chain) => ours.includes(chain) || chain.startsWith('CNI-DN-'), program);
}
