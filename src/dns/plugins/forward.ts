import type { Question } from 'dns-packet';
import type { DnsPlugin, Reply } from '../chain.ts';
import { reply } from '../chain.ts';

/** Asks one upstream server, `address:port`; rejects when it stays silent or cannot be reached. */
export type Exchange = (server: string, question: Question, signal: AbortSignal) => Promise<Reply>;

/** Hands questions to the machine's own resolvers, in order; SERVFAIL when none answers, REFUSED when there is none. */
export function forward(servers: readonly string[], exchange: Exchange): DnsPlugin {
  return {
    name: 'forward',
    async resolve(question, next, signal) {
      if (servers.length === 0) return next(question, signal);
      for (const server of servers) {
        const answer = await exchange(server, question, signal).catch(() => undefined);
        if (answer) return answer;
      }
      return reply('SERVFAIL');
    },
  };
}

/** The nameservers of a resolv.conf, as `address:port`; loopback stub resolvers other than this server's own are kept. */
export function nameserversOf(resolvConf: string): readonly string[] {
  return [...resolvConf.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => (match[1]!.includes(':') ? `[${match[1]}]:53` : `${match[1]}:53`));
}
