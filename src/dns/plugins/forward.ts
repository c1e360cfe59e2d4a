import type { Question } from 'dns-packet';
import type { DnsPlugin, Reply } from '../chain.ts';
import { reply } from '../chain.ts';

/** Asks one upstream server, `address:port`; rejects when it stays silent or cannot be reached. */
export type Exchange = (server: string, question: Question, signal: AbortSignal) => Promise<Reply>;

/** Servers by the zone whose names they are asked for; `.` is every other name. */
export interface Upstreams {
  readonly zone: string;
  readonly servers: readonly string[];
}

/**
 * Hands a question to the servers of the smallest zone its name lies in, in order; SERVFAIL when none answers, REFUSED when
 * there is none. Who asks what another has asked for already waits for the same answer.
 */
export function forward(upstreams: () => readonly Upstreams[], exchange: Exchange): DnsPlugin {
  const asked = new Map<string, Promise<Reply>>();
  return {
    name: 'forward',
    async resolve(question, next, signal) {
      const servers = serversOf(upstreams(), question.name.toLowerCase());
      if (servers.length === 0) return next(question, signal);
      const key = `${question.type} ${question.name.toLowerCase()}`;
      const known = asked.get(key);
      if (known) return known;
      const answer = askInTurn(servers, question, { exchange, signal }).finally(() => asked.delete(key));
      asked.set(key, answer);
      return answer;
    },
  };
}

async function askInTurn(servers: readonly string[], question: Question, { exchange, signal }: { readonly exchange: Exchange; readonly signal: AbortSignal }): Promise<Reply> {
  let last = reply('SERVFAIL');
  for (const server of servers) {
    const answer = await exchange(server, question, signal).catch(() => undefined);
    // What one server fails at another may know.
    if (answer && answer.rcode !== 'SERVFAIL' && answer.rcode !== 'REFUSED') return answer;
    last = answer ?? last;
  }
  return last;
}

function serversOf(upstreams: readonly Upstreams[], name: string): readonly string[] {
  const covers = ({ zone }: Upstreams): boolean => zone === '.' || name === zone || name.endsWith(`.${zone}`);
  const [smallest] = upstreams.filter(covers).toSorted((a, b) => b.zone.length - a.zone.length);
  return smallest?.servers ?? [];
}

/** The nameservers of a resolv.conf, as `address:port`; loopback stub resolvers other than this server's own are kept. */
export function nameserversOf(resolvConf: string): readonly string[] {
  return [...resolvConf.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => (match[1]!.includes(':') ? `[${match[1]}]:53` : `${match[1]}:53`));
}
