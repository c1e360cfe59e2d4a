import type { Backend, PortRules, Protocol } from '../../ruleset.ts';
import type { BackendOptions } from '../backend.ts';
import { shortHash } from '../hash.ts';
import { LOCAL_BASE, masquerade, pickChain, wordsOf, type Front, type Way } from './table.ts';

export interface Element {
  readonly set: string;
  readonly key: string;
  /** Empty in a set. */
  readonly value: string;
}

/** Endpoints by number, from `base` on, behind one address or node port. */
export interface TargetList {
  readonly map: `endpoints-${Protocol}` | `node-port-endpoints-${Protocol}`;
  readonly key: string;
  readonly base: number;
  /** `address . port`, in no order that matters. */
  readonly targets: readonly string[];
}

/** What one port of a Service adds to the table. */
export interface Pieces {
  readonly elements: readonly Element[];
  readonly lists: readonly TargetList[];
  /** Elements of sets that other ports may ask for as well. */
  readonly shared: readonly Element[];
  /** Chains by name that pick an endpoint and that others use too. */
  readonly picks: readonly string[];
  /** Chains and sets of its own. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  readonly sets: ReadonlyMap<string, string>;
}

/** Pure. */
export function piecesOf(port: PortRules, options: BackendOptions): Pieces {
  const made = new Making(port, options);
  made.internal();
  for (const ip of [...port.externalIps, ...port.loadBalancerIps]) made.external(onAddress(port, ip));
  if (port.nodePort !== undefined) made.external(onNode(port, port.nodePort));
  made.firewall();
  return made;
}

/** Where a port listens. */
interface Listener {
  readonly front: Front;
  /** In maps of verdicts. */
  readonly key: string;
  /** In the protocol's map of endpoints. */
  readonly listKey: string;
}

const onAddress = ({ protocol, port }: PortRules, ip: string): Listener => ({ front: 'ip', key: `${ip} . ${protocol} . ${port}`, listKey: `${ip} . ${port}` });
const onNode = ({ protocol }: PortRules, nodePort: number): Listener => ({ front: 'port', key: `${protocol} . ${nodePort}`, listKey: `${nodePort}` });

class Making implements Pieces {
  readonly elements: Element[] = [];
  readonly lists: TargetList[] = [];
  readonly shared: Element[] = [];
  readonly picks: string[] = [];
  readonly chains = new Map<string, readonly string[]>();
  readonly sets = new Map<string, string>();
  readonly #port: PortRules;
  readonly #options: BackendOptions;
  readonly #hash: string;

  constructor(port: PortRules, options: BackendOptions) {
    this.#port = port;
    this.#options = options;
    this.#hash = shortHash(port.id + port.protocol);
    this.shared.push({ set: 'cluster-ips', key: port.clusterIp, value: '' });
    const askers = new Set([...port.cluster, ...port.local].filter(({ mayAsk }) => mayAsk).map(({ address }) => address));
    for (const address of askers) this.shared.push({ set: 'hairpins', key: `${address} . ${address}`, value: '' });
  }

  internal(): void {
    const { clusterIp, internalPolicy, cluster, local } = this.#port;
    const backends = internalPolicy === 'Local' ? local : cluster;
    const at = onAddress(this.#port, clusterIp);
    if (backends.length === 0) return this.#unserved(at);
    this.elements.push({ set: 'service-ips', key: at.key, value: this.#pick('internal', at, backends) });
  }

  external(at: Listener): void {
    const { externalPolicy, cluster, local } = this.#port;
    const served = at.front === 'ip' ? 'service-ips' : 'node-ports';
    if (externalPolicy === 'Cluster') {
      if (cluster.length === 0) return this.#unserved(at);
      this.elements.push({ set: served, key: at.key, value: this.#pick('external', at, cluster) });
      return;
    }
    if (cluster.length > 0) this.elements.push({ set: at.front === 'ip' ? 'inside-ips' : 'inside-ports', key: at.key, value: this.#pick('inside', at, cluster) });
    if (local.length === 0) return this.#unserved(at);
    this.elements.push({ set: served, key: at.key, value: this.#pick('local', at, local) });
  }

  /** Drops what comes to a load balancer's address from outside the allowed ranges. */
  firewall(): void {
    const { sourceRanges, loadBalancerIps } = this.#port;
    if (sourceRanges.length === 0 || loadBalancerIps.length === 0) return;
    const chain = `firewall-${this.#hash}`;
    this.chains.set(chain, [`${this.#ip} saddr != { ${sourceRanges.join(', ')} } drop`]);
    for (const ip of loadBalancerIps) this.elements.push({ set: 'firewalls', key: onAddress(this.#port, ip).key, value: `goto ${chain}` });
  }

  get #ip(): string {
    return wordsOf(this.#options.family).ip;
  }

  /** Refused where nobody answers at all; dropped where others answer elsewhere, for whom a load balancer should look. */
  #unserved({ front, key }: Listener): void {
    const anywhere = this.#port.cluster.length + this.#port.local.length > 0;
    this.elements.push({ set: front === 'ip' ? 'unserved-ips' : 'unserved-ports', key, value: anywhere ? 'drop' : 'goto refuse' });
  }

  /** The verdict that sends a connection to one of the backends. */
  #pick(way: Way, { front, listKey }: Listener, backends: readonly Backend[]): string {
    const { affinitySeconds, protocol } = this.#port;
    if (affinitySeconds !== undefined) return `goto ${this.#sticky(way, backends)}`;
    const chain = pickChain(way, front, { protocol, count: backends.length });
    this.picks.push(chain);
    this.lists.push({
      map: front === 'ip' ? `endpoints-${protocol}` : `node-port-endpoints-${protocol}`, key: listKey, base: way === 'local' ? LOCAL_BASE : 0,
      targets: backends.map(({ address, port }) => `${address} . ${port}`),
    });
    return `goto ${chain}`;
  }

  /** A client goes where it went before: each endpoint remembers its clients for as long as they come. */
  #sticky(way: Way, backends: readonly Backend[]): string {
    const list = `sticky-${backends === this.#port.local ? 'to-local' : 'to-cluster'}-${this.#hash}`;
    if (!this.chains.has(list)) {
      const chains = backends.map((backend) => this.#remembering(backend));
      this.chains.set(list, [
        ...chains.map(({ set, chain }) => `${this.#ip} saddr @${set} goto ${chain}`),
        `numgen random mod ${chains.length} vmap { ${chains.map(({ chain }, n) => `${n} : goto ${chain}`).join(', ')} }`,
      ]);
    }
    const before = masquerade(way, this.#options);
    if (before.length === 0) return list;
    const chain = `sticky-${way}-${this.#hash}`;
    this.chains.set(chain, [...before, `goto ${list}`]);
    return chain;
  }

  #remembering({ address, port }: Backend): { readonly set: string; readonly chain: string } {
    const { id, protocol, affinitySeconds, family } = this.#port;
    const hash = shortHash(`${id}${protocol}${address}:${port}`);
    // A set cannot change its timeout while rules name it: another timeout is another set.
    const [set, chain] = [`clients-${hash}-${affinitySeconds}`, `endpoint-${hash}`];
    this.sets.set(set, `set { typeof ${this.#ip} saddr; size 65536; flags dynamic,timeout; timeout ${affinitySeconds}s; }`);
    const target = family === 'ipv6' ? `[${address}]:${port}` : `${address}:${port}`;
    this.chains.set(chain, [`update @${set} { ${this.#ip} saddr }`, `meta l4proto ${protocol} dnat to ${target}`]);
    return { set, chain };
  }
}
