import type { Logger } from '../base/log.ts';
import type { RunProgram } from '../base/program.ts';
import { FAMILIES, type Family, type PortRules, type Ruleset } from './ruleset.ts';

/** A UDP flow that conntrack would go on sending to an endpoint that is gone: UDP has no end that would tell it. */
export interface StaleFlow {
  readonly family: Family;
  /** Where senders send. */
  readonly to: { readonly address: string } | { readonly nodePort: number };
  /** The endpoint that is gone; without one the flow was refused before there was any. */
  readonly endpoint?: string;
}

/** One port before and after a change. */
export type PortChange = readonly [before: PortRules | undefined, after: PortRules | undefined];

/** The flows to forget when ports change. Pure. */
export function staleFlows(changes: Iterable<PortChange>): readonly StaleFlow[] {
  return [...changes].flatMap(([before, after]) => {
    const port = after ?? before;
    if (port?.protocol !== 'udp') return [];
    const { family } = port;
    const [had, has] = [addressesOf(before), addressesOf(after)];
    const gone = [...had].filter((address) => !has.has(address));
    const stale = before ? gone.flatMap((endpoint) => destinations(before).map((to) => ({ family, to, endpoint }))) : [];
    // The first endpoint, or a new address: senders that met nobody are remembered as not translated.
    const known = new Set(had.size > 0 && before ? destinations(before).map((to) => JSON.stringify(to)) : []);
    const fresh = after && has.size > 0 ? destinations(after).filter((to) => !known.has(JSON.stringify(to))) : [];
    return [...stale, ...fresh.map((to) => ({ family, to }))];
  });
}

const addressesOf = (port: PortRules | undefined): ReadonlySet<string> => new Set([...(port?.cluster ?? []), ...(port?.local ?? [])].map(({ address }) => address));

function destinations({ clusterIp, externalIps, loadBalancerIps, nodePort }: PortRules): StaleFlow['to'][] {
  const addresses = [clusterIp, ...externalIps, ...loadBalancerIps].map((address) => ({ address }));
  return nodePort === undefined ? addresses : [...addresses, { nodePort }];
}

/** Forgets them, where the machine has the tool for it. */
export async function forgetFlows(flows: readonly StaleFlow[], run: RunProgram, log: Logger): Promise<void> {
  for (const { family, to, endpoint } of flows) {
    const target = 'address' in to ? ['--orig-dst', to.address] : ['--dport', String(to.nodePort)];
    if (!(await forget(['-f', family, ...target, ...(endpoint === undefined ? [] : ['--dst-nat', endpoint])], run, log))) return;
  }
}

/** False where there is no such tool. */
async function forget(match: readonly string[], run: RunProgram, log: Logger): Promise<boolean> {
  const { code, stderr } = await run('conntrack', ['-D', '-p', 'udp', ...match]);
  if (code === 127) log.debug('proxy: no conntrack tool; UDP senders may meet a gone endpoint for up to two minutes');
  else if (code !== 0 && !stderr.includes('0 flow entries')) log.warn('proxy: conntrack failed', { error: stderr.trim() });
  return code !== 127;
}

/** One direction of a flow, as `conntrack -L` prints it. */
interface Direction {
  readonly src: string;
  readonly dst: string;
  readonly sport: string;
  readonly dport: string;
}

/** What `conntrack -L -p udp` printed, without the flows that go where they should: to endpoints, or elsewhere than to a Service. Pure. */
export function strayFlows(listed: string, ruleset: Ruleset): readonly Direction[] {
  const endpoints = new Map<string, ReadonlySet<string>>();
  for (const port of ruleset) {
    if (port.protocol !== 'udp') continue;
    const targets = new Set([...port.cluster, ...port.local].map(({ address }) => address));
    for (const to of destinations(port)) endpoints.set('address' in to ? `${to.address} ${port.port}` : `${to.nodePort}`, targets);
  }
  return [...listed.matchAll(FLOW)].flatMap(([, src = '', dst = '', sport = '', dport = '', answers = '']) => {
    const targets = endpoints.get(`${dst} ${dport}`) ?? endpoints.get(dport);
    // Where nobody answers there is nothing that would be more right.
    return targets === undefined || targets.size === 0 || targets.has(answers) ? [] : [{ src, dst, sport, dport }];
  });
}

const FLOW = /^udp .*?src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) .*?src=(\S+) dst=/gm;

/** Of a process that takes over rules, and does not know what happened before: forgets flows that go astray, and no other. */
export async function reconcileFlows(ruleset: Ruleset, run: RunProgram, log: Logger): Promise<void> {
  for (const family of FAMILIES) {
    const ports = ruleset.filter((port) => port.family === family && port.protocol === 'udp' && port.cluster.length + port.local.length > 0);
    if (ports.length === 0) continue;
    const { stdout } = await run('conntrack', ['-L', '-f', family, '-p', 'udp']);
    for (const { src, dst, sport, dport } of strayFlows(stdout, ports)) {
      if (!(await forget(['-f', family, '-s', src, '-d', dst, '--sport', sport, '--dport', dport], run, log))) return;
    }
  }
}
