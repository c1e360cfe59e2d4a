/**
 * The cluster's DNS, on every node: a question goes down one ordered list of plugins (cache of foreign names, the
 * cluster's own zone, the machine's resolvers). In: Services, EndpointSlices and Namespaces from informers, questions by
 * UDP and TCP. Out: records as kubernetes/dns's specification 1.1.0 has them. It must not know pods' containers, the
 * proxy's rules, or how an address of its Service reaches it.
 */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Informers } from '../client/index.ts';
import { chain } from './chain.ts';
import { clusterView } from './cluster-view.ts';
import { systemExchange } from './exchange.ts';
import { cache } from './plugins/cache.ts';
import { forward, type Exchange } from './plugins/forward.ts';
import { kubernetes } from './plugins/kubernetes.ts';
import { serveDns, type DnsServer } from './server.ts';

export { nameserversOf } from './plugins/forward.ts';

export interface DnsOptions {
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly address: string;
  readonly port: number;
  /** The cluster's domain, `cluster.local`. */
  readonly domain: string;
  /** Resolvers for every other name, `address:port`. */
  readonly upstreams: readonly string[];
  /** Whether a peer's address may ask: pods and the node itself. */
  readonly allows: (peer: string) => boolean;
  /** How upstreams are asked; the system's sockets unless said. */
  readonly exchange?: Exchange;
}

/** Serves until disposed. @throws when the address or port cannot be bound. */
export async function startDns(options: DnsOptions): Promise<DnsServer> {
  const { informers, clock, random, log, address, port, domain, upstreams, allows } = options;
  const resolve = chain([
    kubernetes(clusterView(informers), domain),
    cache(clock),
    forward(upstreams, options.exchange ?? systemExchange(random)),
  ]);
  return serveDns({ address, port, resolve, allows, log: log.with({ room: 'dns' }) });
}
