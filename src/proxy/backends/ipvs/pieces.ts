import type { Backend, Family, PortRules, Protocol } from '../../ruleset.ts';
import type { Kind, Piece } from './holding.ts';
import { nodePortSet, setOf, type SetName } from './sets.ts';

export interface Surroundings {
  readonly family: Family;
  /** Where node ports answer. */
  readonly nodeAddresses: readonly string[];
  /** How a virtual server chooses (ipvsadm(8)); `rr` takes them in turn. */
  readonly scheduler: string;
}

const FLAGS: Readonly<Record<Protocol, string>> = { tcp: '-t', udp: '-u', sctp: '--sctp-service' };

/** What one port of a Service asks of the kernel. Pure. */
export function piecesOf(port: PortRules, surroundings: Surroundings): readonly Piece[] {
  const made = new Making(port, surroundings);
  made.internal();
  made.external();
  made.nodePort();
  return made.pieces;
}

class Making {
  readonly #port: PortRules;
  readonly #surroundings: Surroundings;
  readonly #pieces = new Map<string, Piece>();

  constructor(port: PortRules, surroundings: Surroundings) {
    this.#port = port;
    this.#surroundings = surroundings;
    const askers = new Set([...port.cluster, ...port.local].filter(({ mayAsk }) => mayAsk));
    for (const { address, port: number } of askers) this.#member('LOOP-BACK', `${address},${port.protocol}:${number},${address}`);
    if (port.healthCheckPort !== undefined) this.#member('HEALTH-CHECK-NODE-PORT', String(port.healthCheckPort));
  }

  get pieces(): readonly Piece[] {
    return [...this.#pieces.values()];
  }

  internal(): void {
    const { clusterIp, internalPolicy, cluster, local } = this.#port;
    this.#bound(clusterIp, 'CLUSTER-IP');
    this.#server(clusterIp, this.#port.port, internalPolicy === 'Local' ? local : cluster);
  }

  external(): void {
    const { externalIps, loadBalancerIps, externalPolicy, sourceRanges, port } = this.#port;
    const stays = externalPolicy === 'Local';
    for (const ip of externalIps) this.#bound(ip, stays ? 'EXTERNAL-IP-LOCAL' : 'EXTERNAL-IP');
    for (const ip of loadBalancerIps) {
      this.#bound(ip, 'LOAD-BALANCER');
      if (stays) this.#member('LOAD-BALANCER-LOCAL', this.#at(ip));
      if (sourceRanges.length > 0) this.#member('LOAD-BALANCER-FW', this.#at(ip));
      // The kernel leaves out the length of a whole address.
      for (const range of sourceRanges) this.#member('LOAD-BALANCER-SOURCE-CIDR', `${this.#at(ip)},${range.replace(/(?<=\..*)\/32$|(?<=:.*)\/128$/, '')}`);
    }
    for (const ip of [...externalIps, ...loadBalancerIps]) this.#server(ip, port, this.#outside);
  }

  nodePort(): void {
    const { nodePort, protocol, externalPolicy } = this.#port;
    if (nodePort === undefined) return;
    const { nodeAddresses } = this.#surroundings;
    const elements = protocol === 'sctp' ? nodeAddresses.map((address) => this.#at(address, nodePort)) : [String(nodePort)];
    for (const local of externalPolicy === 'Local' ? [false, true] : [false]) for (const element of elements) this.#member(nodePortSet(protocol, local), element);
    for (const address of nodeAddresses) this.#server(address, nodePort, this.#outside);
  }

  get #outside(): readonly Backend[] {
    return this.#port.externalPolicy === 'Local' ? this.#port.local : this.#port.cluster;
  }

  #at(ip: string, port = this.#port.port): string {
    return `${ip},${this.#port.protocol}:${port}`;
  }

  /** An address of the Service's own. */
  #bound(ip: string, set: SetName): void {
    this.#put('addresses', `${ip}/${this.#surroundings.family === 'ipv6' ? 128 : 32}`);
    this.#member('IPVS-IPS', ip);
    this.#member(set, this.#at(ip));
  }

  /** Without anyone behind it the kernel refuses; where others answer elsewhere, for whom a load balancer should look, it drops. */
  #server(ip: string, port: number, backends: readonly Backend[]): void {
    const { affinitySeconds, protocol, cluster, local } = this.#port;
    const key = `${FLAGS[protocol]} ${socket(ip, port)}`;
    this.#put('servers', key, `-s ${this.#surroundings.scheduler}${affinitySeconds === undefined ? '' : ` -p ${affinitySeconds}`}`);
    for (const backend of backends) this.#put('reals', `${key} -r ${socket(backend.address, backend.port)}`, '1');
    if (backends.length === 0 && cluster.length + local.length > 0) this.#member('NO-LOCAL', this.#at(ip, port));
  }

  #member(set: SetName, element: string): void {
    this.#put('members', `${setOf(set, this.#surroundings.family)} ${element}`);
  }

  #put(kind: Kind, key: string, value = ''): void {
    this.#pieces.set(`${kind} ${key}`, { kind, key, value });
  }
}

const socket = (address: string, port: number): string => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);
