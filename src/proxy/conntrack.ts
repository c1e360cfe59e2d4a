import type { Logger } from '../base/log.ts';
import type { RunProgram } from '../base/program.ts';
import type { PortRules, Ruleset } from './ruleset.ts';

/** A UDP flow that conntrack would go on sending to an endpoint that is gone: UDP has no end that would tell it. */
export interface StaleFlow {
  /** Where senders send. */
  readonly to: { readonly address: string } | { readonly nodePort: number };
  /** The endpoint that is gone; without one the flow was refused before there was any. */
  readonly endpoint?: string;
}

/** The flows to forget when `before` gives way to `after`. Pure. */
export function staleFlows(before: Ruleset, after: Ruleset): readonly StaleFlow[] {
  const now = new Map(after.map((port) => [keyOf(port), port]));
  const gone = before.filter(isUdp).flatMap((old) => {
    const left = addressesOf(now.get(keyOf(old)));
    return [...addressesOf(old)].filter((address) => !left.has(address)).flatMap((endpoint) => destinations(old).map((to) => ({ to, endpoint })));
  });
  const had = new Map(before.map((port) => [keyOf(port), addressesOf(port).size > 0]));
  // The first endpoint: senders that met nobody are remembered as not translated.
  const fresh = after.filter((port) => isUdp(port) && had.get(keyOf(port)) !== true && addressesOf(port).size > 0);
  return [...gone, ...fresh.flatMap((port) => destinations(port).map((to) => ({ to })))];
}

const isUdp = ({ protocol }: PortRules): boolean => protocol === 'udp';
const keyOf = ({ id, protocol }: PortRules): string => `${id}/${protocol}`;
const addressesOf = (port: PortRules | undefined): ReadonlySet<string> => new Set([...(port?.cluster ?? []), ...(port?.local ?? [])].map(({ address }) => address));

function destinations({ clusterIp, externalIps, loadBalancerIps, nodePort }: PortRules): StaleFlow['to'][] {
  const addresses = [clusterIp, ...externalIps, ...loadBalancerIps].map((address) => ({ address }));
  return nodePort === undefined ? addresses : [...addresses, { nodePort }];
}

/** Forgets them, where the machine has the tool for it. */
export async function forgetFlows(flows: readonly StaleFlow[], run: RunProgram, log: Logger): Promise<void> {
  for (const { to, endpoint } of flows) {
    const target = 'address' in to ? ['--orig-dst', to.address] : ['--dport', String(to.nodePort)];
    const { code, stderr } = await run('conntrack', ['-D', ...target, ...(endpoint === undefined ? [] : ['--dst-nat', endpoint]), '-p', 'udp']);
    if (code === 127) return log.debug('proxy: no conntrack tool; UDP senders may meet a gone endpoint for up to two minutes');
    if (code !== 0 && !stderr.includes('0 flow entries')) log.warn('proxy: conntrack failed', { error: stderr.trim() });
  }
}
