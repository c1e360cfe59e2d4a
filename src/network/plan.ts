/** What of the kernel the network wants on a node, as data: plans are compared in tests, and against what is there. */

/** `ip route`: a pod network, and the next hop or the device it is behind. */
export interface Route {
  readonly to: string;
  readonly via?: string;
  readonly dev?: string;
  /** The next hop is behind the device, whatever its addresses say. */
  readonly onlink?: boolean;
}

/** `ip neighbour`: whom ARP and neighbour discovery need not ask for. */
export interface Neighbour {
  readonly address: string;
  readonly mac: string;
}

/** `bridge fdb`: the machine behind which a VXLAN device's MAC address is. */
export interface Forwarding {
  readonly mac: string;
  readonly to: string;
}

export interface Wanted {
  readonly routes: readonly Route[];
  /** On the backend's own device. */
  readonly neighbours: readonly Neighbour[];
  readonly forwarding: readonly Forwarding[];
}

export interface Difference<T> {
  readonly missing: readonly T[];
  readonly surplus: readonly T[];
}

/** What must be made and what taken away so that `present` becomes `wanted`; things are the same when `key` says so. */
export function difference<T>(wanted: readonly T[], present: readonly T[], key: (thing: T) => string): Difference<T> {
  const [want, have] = [wanted, present].map((things) => new Set(things.map(key)));
  return { missing: wanted.filter((thing) => !have!.has(key(thing))), surplus: present.filter((thing) => !want!.has(key(thing))) };
}

export const routeKey = ({ to, via = '', dev = '' }: Route): string => [to, via, via === '' ? dev : ''].join(' ');
export const neighbourKey = ({ address, mac }: Neighbour): string => `${address} ${mac}`;
export const forwardingKey = ({ mac, to }: Forwarding): string => `${mac} ${to}`;
