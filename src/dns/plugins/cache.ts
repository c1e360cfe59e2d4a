import type { Clock, Millis } from '../../base/clock.ts';
import type { DnsPlugin, Reply } from '../chain.ts';

const MAX_ENTRIES = 10_000;
const MAX_TTL: Millis = 3_600_000;
const MAX_NEGATIVE_TTL: Millis = 30_000;

interface Cached {
  readonly reply: Reply;
  readonly at: Millis;
  readonly until: Millis;
}

/**
 * Remembers what the plugins below it answered for as long as their TTLs allow, at most an hour; failures are not kept. With another
 * `version`, of who is asked, nothing is remembered.
 */
export function cache(clock: Clock, version = (): number => 0): DnsPlugin {
  const entries = new Map<string, Cached>();
  return {
    name: 'cache',
    async resolve(question, next, signal) {
      const key = `${version()} ${question.type} ${question.name.toLowerCase()}`;
      const now = clock.now();
      const hit = entries.get(key);
      if (hit && hit.until > now) return aged(hit, now);
      const reply = await next(question, signal);
      const life = lifeOf(reply);
      entries.delete(key);
      if (life > 0) entries.set(key, { reply, at: now, until: now + life });
      if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value!);
      return reply;
    },
  };
}

function lifeOf(reply: Reply): Millis {
  const records = [...reply.answers, ...reply.authorities];
  const ttls = records.flatMap((record) => ('ttl' in record && typeof record.ttl === 'number' ? [record.ttl * 1000] : []));
  if (reply.rcode === 'NOERROR' && reply.answers.length > 0) return Math.min(MAX_TTL, ...ttls);
  if (reply.rcode === 'NOERROR' || reply.rcode === 'NXDOMAIN') return ttls.length === 0 ? 0 : Math.min(MAX_NEGATIVE_TTL, ...ttls);
  return 0;
}

/** The reply as it looks later: every TTL lowered by the time since it was learnt. */
function aged({ reply, at }: Cached, now: Millis): Reply {
  const spent = Math.floor((now - at) / 1000);
  const age = <R extends Reply['answers'][number]>(record: R): R =>
    'ttl' in record && typeof record.ttl === 'number' ? { ...record, ttl: Math.max(0, record.ttl - spent) } : record;
  return { ...reply, answers: reply.answers.map(age), authorities: reply.authorities.map(age), authoritative: false };
}
