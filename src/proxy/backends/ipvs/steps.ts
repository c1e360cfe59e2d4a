import type { Kind, Step } from './holding.ts';

/** What each program is to be told, a line each, in the order the programs run. */
export interface Script {
  /** `ipset restore`. */
  readonly ipset: readonly string[];
  /** `ipvsadm --restore`. */
  readonly ipvsadm: readonly string[];
  /** `ip -batch`. */
  readonly ip: readonly string[];
}

export const DEVICE = 'kube-ipvs0';

/**
 * The lines that take these steps. A TCP endpoint that goes is not taken away but gets no new connections, so that those it
 * has can end; `ending` remembers it until somebody looks whether they have. Before an address is bound its servers are there.
 */
export function scriptOf(steps: readonly Step[], ending: Set<string>): Script {
  const of = (kind: Kind) => steps.filter((step) => step.kind === kind);
  const servers = of('servers');
  const goneServers = new Set(servers.filter(({ after }) => after === undefined).map(({ key }) => key));
  for (const key of ending) if (goneServers.has(serverOf(key))) ending.delete(key);
  const reals = of('reals').filter(({ key }) => !goneServers.has(serverOf(key)));
  return {
    ipset: [
      ...of('members').filter(({ after }) => after === undefined).map(({ key }) => `del ${key}`),
      ...of('members').filter(({ after }) => after !== undefined).map(({ key }) => `add ${key}`),
    ],
    ipvsadm: [
      ...[...goneServers].map((key) => `-D ${key}`),
      ...servers.flatMap(({ key, before, after }) => (after === undefined ? [] : [`${before === undefined ? '-A' : '-E'} ${key} ${after}`])),
      ...reals.flatMap((step) => realLines(step, ending)),
    ],
    ip: of('addresses').map(({ key, after }) => `address ${after === undefined ? 'delete' : 'add'} ${key} dev ${DEVICE}${after !== undefined && key.includes(':') ? ' nodad' : ''}`),
  };
}

const serverOf = (real: string): string => real.slice(0, real.indexOf(' -r '));

function realLines({ key, before, after }: Step, ending: Set<string>): readonly string[] {
  const known = before !== undefined || ending.has(key);
  if (after !== undefined) {
    ending.delete(key);
    return [`${known ? '-e' : '-a'} ${key} -m -w ${after}`];
  }
  // UDP has no end to wait for (and SCTP gets none upstream): a sender should meet another endpoint at once.
  if (!key.startsWith('-t ')) return [`-d ${key}`];
  ending.add(key);
  return before === '0' ? [] : [`-e ${key} -m -w 0`];
}

/** Of those that wait for their connections to end: who has none left, by what `ipvsadm -Ln` printed. Pure. */
export function ended(listed: string, ending: ReadonlySet<string>): readonly string[] {
  const FLAGS: Readonly<Record<string, string>> = { TCP: '-t', UDP: '-u', SCTP: '--sctp-service' };
  let server = '';
  const busy = new Set<string>();
  for (const line of listed.split('\n')) {
    const [, protocol, address] = /^(TCP|UDP|SCTP)\s+(\S+)/.exec(line) ?? [];
    if (protocol !== undefined) server = `${FLAGS[protocol]} ${address}`;
    const [, target, active, inactive] = /^\s+-> (\S+)\s+\S+\s+\d+\s+(\d+)\s+(\d+)/.exec(line) ?? [];
    if (target !== undefined && Number(active) + Number(inactive) > 0) busy.add(`${server} -r ${target}`);
  }
  return [...ending].filter((key) => !busy.has(key));
}
