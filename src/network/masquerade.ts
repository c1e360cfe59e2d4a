import { ensureRule, IPTABLES_WAIT, removeChains } from '../base/iptables.ts';
import { mustRun } from '../base/program.ts';
import type { RunProgram } from '../base/program.ts';

const CHAINS = { nat: 'KNARR-POSTROUTING', filter: 'KNARR-FORWARD' } as const;
/** Chains of the portmap plugin that stay empty behind the last pod with a host port. */
const PORTMAP = ['CNI-HOSTPORT-DNAT', 'CNI-HOSTPORT-SETMARK', 'CNI-HOSTPORT-MASQ'];

/** Pods keep their address inside the cluster and take the node's outside; a closed firewall lets them through. */
export function networkRules(clusterCidr: string): string {
  return [
    '*nat',
    `:${CHAINS.nat} - [0:0]`,
    `-A ${CHAINS.nat} -s ${clusterCidr} -d ${clusterCidr} -j RETURN`,
    `-A ${CHAINS.nat} -s ${clusterCidr} ! -d 224.0.0.0/4 -m comment --comment "knarr: pods leaving the cluster" -j MASQUERADE --random-fully`,
    'COMMIT',
    '*filter',
    `:${CHAINS.filter} - [0:0]`,
    `-A ${CHAINS.filter} -s ${clusterCidr} -m comment --comment "knarr: from pods" -j ACCEPT`,
    `-A ${CHAINS.filter} -d ${clusterCidr} -m comment --comment "knarr: to pods" -j ACCEPT`,
    'COMMIT',
    '',
  ].join('\n');
}

/** Writes the rules anew and leads the built-in chains into them, behind the proxy's. @throws ProgramFailed */
export async function writeRules(run: RunProgram, clusterCidr: string): Promise<void> {
  await mustRun(run, 'iptables-restore', [...IPTABLES_WAIT, '--noflush'], networkRules(clusterCidr));
  await ensureRule(run, { table: 'nat', chain: 'POSTROUTING', rule: ['-j', CHAINS.nat] }, '-A');
  await ensureRule(run, { table: 'filter', chain: 'FORWARD', rule: ['-j', CHAINS.filter] }, '-A');
}

/** Whether they are still there. */
export async function rulesStand(run: RunProgram): Promise<boolean> {
  return (await run('iptables', [...IPTABLES_WAIT, '-t', 'nat', '-C', 'POSTROUTING', '-j', CHAINS.nat])).code === 0;
}

export async function removeRules(run: RunProgram): Promise<void> {
  const ours: readonly string[] = [CHAINS.nat, CHAINS.filter, ...PORTMAP];
  await removeChains(run, (chain) => ours.includes(chain) || chain.startsWith('CNI-DN-'));
}
