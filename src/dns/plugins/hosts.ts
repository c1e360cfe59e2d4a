import { reply, type DnsPlugin } from '../chain.ts';

const TTL_SECONDS = 30;

/** Names that the cluster's administrator gave addresses. */
export function hosts(names: () => ReadonlyMap<string, readonly string[]>): DnsPlugin {
  return {
    name: 'hosts',
    async resolve(question, next, signal) {
      const addresses = names().get(question.name.toLowerCase());
      if (!addresses) return next(question, signal);
      const { type, name } = question;
      const wanted = type === 'A' || type === 'AAAA' ? addresses.filter((address) => address.includes(':') === (type === 'AAAA')) : [];
      return reply('NOERROR', { answers: wanted.map((data) => ({ type: type as 'A', name, ttl: TTL_SECONDS, data })) });
    },
  };
}
