import { readFile } from 'node:fs/promises';
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { Client, Informers } from '../../client/index.ts';
import { nameserversOf, startDns } from '../../dns/index.ts';
import { Service } from '../../kinds/core/service.ts';
import { DNS_NAMESPACE, DNS_PORT, DNS_SERVICE } from '../control-plane/cluster-objects.ts';
import { parseCidr, parseIp } from '../../meta/ip.ts';
import { clusterCidrsOf, nodeIpsOf } from '../settings-families.ts';
import type { NodePlace, Settings } from '../settings.ts';
import { Started } from '../started.ts';
import { removeOwnSlice, writeOwnSlice, type OwnEndpoint } from './own-slice.ts';

const FIRST_RETRY: Millis = 500;
const LONGEST_RETRY: Millis = 30_000;

const ENDPOINT = {
  service: { namespace: DNS_NAMESPACE, name: DNS_SERVICE },
  ports: [{ name: 'dns', protocol: 'UDP' as const, port: DNS_PORT }, { name: 'dns-tcp', protocol: 'TCP' as const, port: DNS_PORT }],
};

/** One for each address: a slice holds those of one family. */
const endpointsOf = ({ settings, node }: NodeDnsOptions): readonly OwnEndpoint[] => nodeIpsOf(settings, node).map((address) => ({ ...ENDPOINT, address }));

export interface NodeDnsOptions {
  readonly client: Client;
  readonly informers: Informers;
  readonly settings: Settings;
  readonly node: NodePlace;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * Serves the cluster's names on the node's own address, and says so in an EndpointSlice of the DNS Service; unless that
 * Service is another's, who gave it a selector, or nobody asked for it.
 */
export async function startNodeDns(options: NodeDnsOptions): Promise<AsyncDisposable> {
  const { informers, settings, node, clock, random, log } = options;
  const started = new Started();
  const stop = new AbortController();
  started.add({ [Symbol.dispose]: () => stop.abort() });
  if (settings.dns === 'none') {
    announce(options, { serving: false, signal: stop.signal }); // it may have been ours before
    return started;
  }
  started.add(await startDns({
    informers, clock, random, log,
    addresses: nodeIpsOf(settings, node),
    port: DNS_PORT,
    domain: settings.clusterDomain,
    upstreams: nameserversOf(await readFile('/etc/resolv.conf', 'utf8').catch(() => '')),
    allows: allowedBy([...clusterCidrsOf(settings), ...nodeIpsOf(settings, node), '127.0.0.0/8', '::1']),
  }));
  announce(options, { serving: true, signal: stop.signal });
  return started;
}

/** Now, and whenever the Service changes. */
function announce(options: NodeDnsOptions, { serving, signal }: { readonly serving: boolean; readonly signal: AbortSignal }): void {
  const announcement = new Announcement(options, serving, signal);
  const look = (): void => void announcement.become();
  const handler = options.informers.for(Service).addHandler({ onAdd: look, onUpdate: look, onDelete: look });
  signal.addEventListener('abort', () => handler[Symbol.dispose](), { once: true });
  look();
}

/** Whether the Service leads to endpoints that somebody else takes care of. */
const isTaken = (service: Service | undefined): boolean => Object.keys(service?.spec.selector ?? {}).length > 0;

/** Keeps this node's slice there while it serves and the Service is ours, and away otherwise. */
class Announcement {
  readonly #options: NodeDnsOptions;
  readonly #signal: AbortSignal;
  readonly #serving: boolean;
  #working = false;
  #done: boolean | undefined;

  constructor(options: NodeDnsOptions, serving: boolean, signal: AbortSignal) {
    this.#options = options;
    this.#serving = serving;
    this.#signal = signal;
  }

  get #wanted(): boolean {
    return this.#serving && !isTaken(this.#options.informers.for(Service).lister.get(DNS_SERVICE, DNS_NAMESPACE));
  }

  /** Until it is so: the API server may not be there yet, nor the node, which owns the slice and takes it along. */
  async become(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    const { clock, log, informers } = this.#options;
    await informers.for(Service).untilSynced(this.#signal).catch(() => {});
    let wait = FIRST_RETRY;
    while (!this.#signal.aborted && this.#done !== this.#wanted) {
      const wanted = this.#wanted;
      try {
        for (const endpoint of endpointsOf(this.#options)) await (wanted ? writeOwnSlice : removeOwnSlice)(this.#options, endpoint, this.#signal);
        this.#done = wanted;
      } catch (error) {
        log.debug('the DNS endpoint is not announced yet', { error });
        await clock.sleep(wait, this.#signal).catch(() => {});
        wait = Math.min(wait * 2, LONGEST_RETRY);
      }
    }
    this.#working = false;
  }
}

/** Whether an address, of IPv4 perhaps written as one of IPv6, lies in one of the networks; an address is a network of one. */
export function allowedBy(cidrs: readonly string[]): (peer: string) => boolean {
  const networks = cidrs.map((cidr) => (cidr.includes('/') ? cidr : `${cidr}/${cidr.includes(':') ? 128 : 32}`)).map(networkOf);
  // The same few peers ask again and again.
  const known = new Map<string, boolean>();
  return (peer) => {
    const seen = known.get(peer);
    if (seen !== undefined) return seen;
    const ip = parseIp(peer.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, ''));
    const allowed = ip !== undefined && networks.some((network) => network?.family === ip.family && ip.value >> network.shift === network.value);
    if (known.size >= MOST_PEERS) known.clear();
    known.set(peer, allowed);
    return allowed;
  };
}

const MOST_PEERS = 10_000;

function networkOf(cidr: string): { readonly family: 4 | 6; readonly shift: bigint; readonly value: bigint } | undefined {
  const range = parseCidr(cidr);
  if (!range) return undefined;
  const shift = BigInt((range.family === 4 ? 32 : 128) - range.prefix);
  return { family: range.family, shift, value: range.value >> shift };
}
