import type { BackendOptions, ProxyBackend, ProxyMode } from './backend.ts';
import { PROXY_MODES } from './backend.ts';
import { Iptables } from './iptables/iptables.ts';
import { Ipvs, ipvsProblem } from './ipvs/ipvs.ts';
import { Nftables } from './nftables/nftables.ts';

export function createBackend(mode: ProxyMode, options: BackendOptions): ProxyBackend {
  switch (mode) {
    case 'nftables': return new Nftables(options);
    case 'iptables': return new Iptables(options);
    case 'ipvs': return new Ipvs(options);
  }
}

/**
 * The mode that was asked for; unasked, nftables where this machine can do all that it takes, else iptables. Never IPVS.
 * @throws Error where IPVS was asked for and this machine cannot do it: upstream falls back to nothing either
 */
export async function chooseMode(wanted: ProxyMode | undefined, options: BackendOptions): Promise<ProxyMode> {
  const problem = wanted === 'ipvs' ? await ipvsProblem(options.run) : undefined;
  if (problem !== undefined) throw new Error(problem);
  if (wanted !== undefined) return wanted;
  return (await new Nftables(options).works()) ? 'nftables' : 'iptables';
}

/** Takes away what the other backends may have left, in this family. */
export async function removeOthers(mode: ProxyMode, options: BackendOptions): Promise<void> {
  for (const other of PROXY_MODES) if (other !== mode) await createBackend(other, options).remove();
}
