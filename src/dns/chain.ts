import type { Answer, Question } from 'dns-packet';

/** A reply in the making: response code and the three sections. */
export interface Reply {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'NOTIMP' | 'FORMERR';
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
  /** This server speaks for the zone itself (the AA bit). */
  readonly authoritative: boolean;
  /** Made of the cluster's objects alone: the same until they change. */
  readonly lasting: boolean;
}

export type Next = (question: Question, signal: AbortSignal) => Promise<Reply>;

/** One link of the chain: answers a question, or asks the rest and may change what it says. A throw becomes SERVFAIL. */
export interface DnsPlugin {
  readonly name: string;
  resolve(question: Question, next: Next, signal: AbortSignal): Promise<Reply>;
}

export const reply = (rcode: Reply['rcode'], more: Partial<Reply> = {}): Reply => ({
  rcode,
  answers: [],
  authorities: [],
  authoritative: false,
  lasting: false,
  ...more,
});

/** The plugins in order, the first asked first; a question that nobody answers is refused. */
export function chain(plugins: readonly DnsPlugin[]): Next {
  return plugins.reduceRight<Next>(
    (next, plugin) => (question, signal) => plugin.resolve(question, next, signal),
    async () => reply('REFUSED'),
  );
}
