import { createSocket, type Socket } from 'node:dgram';
import type { Logger } from '../../base/log.ts';
import { parseCidr } from '../../meta/ip.ts';
import { familyOf } from '../peers.ts';

/** Where nodes send each other packets, as flannel's. */
export const UDP_PORT = 8285;
/** On loopback: ours, and that of whoever reads the TUN device. */
export const RELAY_PORT = 8286;
export const TUN_PORT = 8287;

export interface Destination {
  readonly cidrs: readonly string[];
  readonly endpoint: string;
}

/** Passes packets between the TUN device's reader and other nodes. */
export interface Relay extends Disposable {
  /** From now on these are the other nodes; what anybody else sends is dropped. */
  know(destinations: readonly Destination[]): void;
}

export interface RelayOptions {
  /** By which other nodes reach this one. */
  readonly address: string;
  readonly log: Logger;
  /** Where other ports are wanted: several relays in one test. */
  readonly ports?: { readonly outer: number; readonly inner: number; readonly tun: number };
}

const PORTS = { outer: UDP_PORT, inner: RELAY_PORT, tun: TUN_PORT };

/** @throws where a port is taken */
export async function openRelay({ address, log, ports = PORTS }: RelayOptions): Promise<Relay> {
  const outer = await open({ address, port: ports.outer }, log);
  const inner = await open({ address: '127.0.0.1', port: ports.inner }, log).catch((error: unknown) => {
    outer.close();
    throw error;
  });
  let routes = new RouteTable([]);
  inner.on('message', (packet, from) => {
    if (from.port !== ports.tun) return;
    const endpoint = routes.endpointFor(packet);
    // A datagram may be lost, as any packet: nobody waits for it.
    if (endpoint !== undefined) outer.send(packet, ports.outer, endpoint, () => {});
  });
  outer.on('message', (packet, from) => {
    if (routes.knows(from.address)) inner.send(packet, ports.tun, '127.0.0.1', () => {});
  });
  return {
    know: (destinations) => void (routes = new RouteTable(destinations)),
    [Symbol.dispose]: () => {
      inner.close();
      outer.close();
    },
  };
}

function open({ address, port }: { readonly address: string; readonly port: number }, log: Logger): Promise<Socket> {
  const socket = createSocket({ type: familyOf(address) === 6 ? 'udp6' : 'udp4', recvBufferSize: 1 << 20, sendBufferSize: 1 << 20 });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, () => {
      socket.off('error', reject).on('error', (error) => log.debug('network: a packet was not passed on', { error: error.message }));
      resolve(socket);
    });
  });
}

interface Range {
  readonly bytes: Buffer;
  readonly prefix: number;
  readonly endpoint: string;
}

/** Which node a packet is for, by its destination (RFC 791, RFC 8200). */
export class RouteTable {
  readonly #ranges: Readonly<Record<4 | 6, readonly Range[]>>;
  readonly #endpoints: ReadonlySet<string>;

  constructor(destinations: readonly Destination[]) {
    const ranges = destinations.flatMap(({ cidrs, endpoint }) => cidrs.flatMap((cidr) => {
      const range = parseCidr(cidr);
      return range ? [{ family: range.family, bytes: bytesOf(range), prefix: range.prefix, endpoint }] : [];
    }));
    this.#ranges = { 4: ranges.filter(({ family }) => family === 4), 6: ranges.filter(({ family }) => family === 6) };
    this.#endpoints = new Set(destinations.map(({ endpoint }) => endpoint));
  }

  knows(address: string): boolean {
    return this.#endpoints.has(address);
  }

  /** Undefined where it is for no node's pods, or no IP packet at all. */
  endpointFor(packet: Buffer): string | undefined {
    const version = (packet[0] ?? 0) >> 4;
    if (version === 4 && packet.length >= 20) return find(this.#ranges[4], packet, 16);
    return version === 6 && packet.length >= 40 ? find(this.#ranges[6], packet, 24) : undefined;
  }
}

const find = (ranges: readonly Range[], packet: Buffer, at: number): string | undefined => ranges.find((range) => holds(range, packet, at))?.endpoint;

function holds({ bytes, prefix }: Range, packet: Buffer, at: number): boolean {
  const whole = prefix >> 3;
  for (let n = 0; n < whole; n++) if (packet[at + n] !== bytes[n]) return false;
  const rest = prefix & 7;
  return rest === 0 || ((packet[at + whole]! ^ bytes[whole]!) >> (8 - rest)) === 0;
}

const bytesOf = ({ family, value }: { readonly family: 4 | 6; readonly value: bigint }): Buffer =>
  Buffer.from(value.toString(16).padStart(family === 4 ? 8 : 32, '0'), 'hex');
