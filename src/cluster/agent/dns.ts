import { readFile } from 'node:fs/promises';
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { Client, Informers } from '../../client/index.ts';
import { nameserversOf, startDns } from '../../dns/index.ts';
import { Node } from '../../kinds/core/node.ts';
import { EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';
import { isApiError } from '../../meta/api-error.ts';
import { DNS_NAMESPACE, DNS_PORT, DNS_SERVICE } from '../control-plane/cluster-objects.ts';
import type { NodePlace, Settings } from '../settings.ts';
import { Started } from '../started.ts';

const FIRST_RETRY: Millis = 500;
const LONGEST_RETRY: Millis = 30_000;

export interface NodeDnsOptions {
  readonly client: Client;
  readonly informers: Informers;
  readonly settings: Settings;
  readonly node: NodePlace;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Serves the cluster's names on the node's own address, and says so in an EndpointSlice of the DNS Service. */
export async function startNodeDns(options: NodeDnsOptions): Promise<AsyncDisposable> {
  const { informers, settings, node, clock, random, log } = options;
  const started = new Started();
  started.add(await startDns({
    informers, clock, random, log,
    address: node.address,
    port: DNS_PORT,
    domain: settings.clusterDomain,
    upstreams: nameserversOf(await readFile('/etc/resolv.conf', 'utf8').catch(() => '')),
    allows: allowedBy([settings.podCidr, `${node.address}/32`, '127.0.0.0/8']),
  }));
  const stop = new AbortController();
  started.add({ [Symbol.dispose]: () => stop.abort() });
  void announce(options, stop.signal);
  return started;
}

/** Until it is written: the API server may not be there yet, nor the node, which owns the slice and takes it along. */
async function announce(options: NodeDnsOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  for (let wait = FIRST_RETRY; !signal.aborted; wait = Math.min(wait * 2, LONGEST_RETRY)) {
    try {
      return await writeSlice(options, signal);
    } catch (error) {
      log.debug('the DNS endpoint is not announced yet', { error });
      await clock.sleep(wait, signal).catch(() => {});
    }
  }
}

async function writeSlice({ client, node }: NodeDnsOptions, signal: AbortSignal): Promise<void> {
  const name = `${DNS_SERVICE}-${node.name}`;
  const { uid } = (await client.get(Node, node.name, { signal })).metadata;
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: node.name, uid }];
  const content = {
    ports: [
      { name: 'dns', protocol: 'UDP' as const, port: DNS_PORT },
      { name: 'dns-tcp', protocol: 'TCP' as const, port: DNS_PORT },
    ],
    endpoints: [{ addresses: [node.address], nodeName: node.name, conditions: { ready: true, serving: true, terminating: false } }],
  };
  const labels = { 'kubernetes.io/service-name': DNS_SERVICE, 'endpointslice.kubernetes.io/managed-by': 'knarr-agent' };
  try {
    await client.create(EndpointSlice, { metadata: { name, namespace: DNS_NAMESPACE, labels, ownerReferences }, addressType: 'IPv4', ...content }, { signal });
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
    const body = { metadata: { labels, ownerReferences }, ...content };
    await client.patch(EndpointSlice, name, { type: 'merge', body }, { namespace: DNS_NAMESPACE, signal });
  }
}

/** Whether an IPv4 address, perhaps written as one of IPv6, lies in one of the networks. */
export function allowedBy(cidrs: readonly string[]): (peer: string) => boolean {
  const networks = cidrs.map((cidr) => {
    const [address = '', bits = '32'] = cidr.split('/');
    return { value: numberOf(address), span: 2 ** (32 - Number(bits)) };
  });
  return (peer) => {
    const value = numberOf(peer.replace(/^::ffff:/i, ''));
    return networks.some((network) => Math.floor(network.value / network.span) === Math.floor(value / network.span));
  };
}

/** NaN where it is no IPv4 address: it then lies in no network. */
const numberOf = (address: string): number =>
  /^\d+\.\d+\.\d+\.\d+$/.test(address) ? address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) : Number.NaN;
