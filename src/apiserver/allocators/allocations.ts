import type { ClusterIps } from './cluster-ips.ts';
import { familyOf, type IpFamily } from './ip-range.ts';
import type { NodePorts } from './node-ports.ts';

/** What Services are given from. */
export class Allocations {
  readonly ips: ClusterIps;
  readonly ports: NodePorts;
  /** The configured ranges, one of each family at most: what the `kubernetes` ServiceCIDR is made of. */
  readonly cidrs: readonly string[];

  constructor({ serviceCidr, ips, ports }: { readonly serviceCidr: string; readonly ips: ClusterIps; readonly ports: NodePorts }) {
    this.ips = ips;
    this.ports = ports;
    this.cidrs = serviceCidr.split(',');
  }

  /** Families that services may have; the first is the default. */
  get families(): readonly IpFamily[] {
    return this.cidrs.map(familyOf);
  }
}
