/**
 * The cluster's DNS, on every node: a question goes down one ordered list of plugins (the cluster's own zone, names of
 * the Corefile in kube-system/coredns, a cache, upstreams). In: Services, EndpointSlices and Namespaces from informers, questions by
 * UDP and TCP. Out: records as kubernetes/dns's specification 1.1.0 has them. It must not know pods' containers, the
 * proxy's rules, or how an address of its Service reaches it.
 */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Informers } from '../client/index.ts';
import { chain } from './chain.ts';
import { clusterView } from './cluster-view.ts';
import { followConfig } from './config-map.ts';
import type { DnsConfig } from './corefile.ts';
import { systemExchange } from './exchange.ts';
import { AnswerMemory } from './memory.ts';
import { cache } from './plugins/cache.ts';
import { forward, type Exchange, type Upstreams } from './plugins/forward.ts';
import { hosts } from './plugins/hosts.ts';
import { DEFAULT_TTL_SECONDS, kubernetes } from './plugins/kubernetes.ts';
import { loopGuard } from './plugins/loop.ts';
import { serveDns, type DnsServer } from './server.ts';

export { nameserversOf } from './plugins/forward.ts';

export interface DnsOptions {
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Where it is asked, at each of them. */
  readonly addresses: readonly string[];
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
  const { informers, clock, random, log, addresses, port, domain, upstreams, allows } = options;
  const view = clusterView(informers);
  const config = followConfig(informers, log);
  const guard = loopGuard({ clock, random, log });
  const up = forward(() => upstreamsOf(config.current, upstreams), options.exchange ?? systemExchange(random));
  const resolve = chain([
    kubernetes(view, domain, () => config.current.ttlSeconds ?? DEFAULT_TTL_SECONDS),
    hosts(() => config.current.hosts),
    guard,
    cache(clock, () => config.version),
    up,
  ]);
  const version = (): number => view.version() + config.version;
  const memory = new AnswerMemory(clock, version);
  const servers: DnsServer[] = [];
  const close = async (): Promise<void> => void (await Promise.all(servers.map((server) => server[Symbol.asyncDispose]())));
  try {
    for (const address of addresses) servers.push(await serveDns({ address, port, resolve, allows, memory, log: log.with({ room: 'dns' }) }));
  } catch (error) {
    await close();
    throw error;
  }
  const stop = new AbortController();
  void guard.probe(chain([up]), stop.signal);
  return {
    port: servers[0]?.port ?? port,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await close();
    },
  };
}

/** Those of the Corefile; every other name goes to the machine's own, which a path such as /etc/resolv.conf means too. */
function upstreamsOf({ forwards }: DnsConfig, machines: readonly string[]): readonly Upstreams[] {
  const named = forwards.map(({ zone, to }) => ({ zone, servers: to.flatMap((one) => (one.startsWith('/') ? machines : [one])) }));
  return named.some(({ zone }) => zone === '.') ? named : [...named, { zone: '.', servers: machines }];
}
