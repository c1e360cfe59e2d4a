import type { BackendOptions, ProxyBackend, ProxyMode } from './backend.ts';
import { PROXY_MODES } from './backend.ts';
import { Iptables } from './iptables/iptables.ts';
import { Nftables } from './nftables/nftables.ts';

export function createBackend(mode: ProxyMode, options: BackendOptions): ProxyBackend {
  return mode === 'nftables' ? new Nftables(options) : new Iptables(options);
}

/** The mode that was asked for; unasked, nftables where this machine can do all that it takes. */
export async function chooseMode(wanted: ProxyMode | undefined, options: BackendOptions): Promise<ProxyMode> {
  if (wanted !== undefined) return wanted;
  return (await new Nftables(options).works()) ? 'nftables' : 'iptables';
}

/** Takes away what the other backends may have left, in this family. */
export async function removeOthers(mode: ProxyMode, options: BackendOptions): Promise<void> {
  for (const other of PROXY_MODES) if (other !== mode) await createBackend(other, options).remove();
}
