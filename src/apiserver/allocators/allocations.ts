import type { Random } from '../../base/random.ts';
import type { Del, Put } from '../../store/index.ts';
import { contains, formatIp, type IpRange, parseIpRange } from '../registry/ip-range.ts';
import type { Hub } from '../watch-cache/hub.ts';

const PREFIX = '/registry/allocations/';
const encoder = new TextEncoder();
/** Attempts at random before the range is searched from its start. */
const GUESSES = 32;

export interface AllocationRanges {
  /** One range, or two of different families separated by a comma. */
  readonly serviceCidr: string;
  readonly nodePorts: { readonly from: number; readonly to: number };
}

/**
 * Which cluster IPs and node ports are taken. Each is a key of the store, written and deleted in the very transaction
 * of its Service, so that no two servers can give out the same; this is the copy that the store's feed keeps current.
 */
export class Allocations {
  readonly ranges: readonly IpRange[];
  readonly cidrs: readonly string[];
  readonly nodePorts: { readonly from: number; readonly to: number };
  readonly #random: Random;
  /** Key → the Service that holds it, `namespace/name`. */
  readonly #taken = new Map<string, string>();

  constructor({ serviceCidr, nodePorts }: AllocationRanges, random: Random) {
    this.cidrs = serviceCidr.split(',');
    this.ranges = this.cidrs.map(parseIpRange);
    this.nodePorts = nodePorts;
    this.#random = random;
  }

  /** Call before the hub starts. */
  async follow(hub: Hub): Promise<void> {
    const decoder = new TextDecoder();
    await hub.tap(PREFIX, (op) => {
      if (op.type === 'put') this.#taken.set(op.key, decoder.decode(op.value));
      else this.#taken.delete(op.key);
    });
  }

  /** Who holds it, `namespace/name`. */
  holder(key: string): string | undefined {
    return this.#taken.get(key);
  }

  rangeOf(family: 'IPv4' | 'IPv6'): IpRange | undefined {
    return this.ranges.find((range) => range.family === family);
  }

  inRange(ip: string): boolean {
    return this.ranges.some((range) => contains(range, ip));
  }

  /** A free address: its lower part is left to those who choose one themselves (KEP-3070). */
  freeIp(range: IpRange): string | undefined {
    const reserved = range.size / 16n < 16n ? 16n : range.size / 16n > 256n ? 256n : range.size / 16n;
    const usable = range.size - (range.family === 'IPv4' ? 2n : 1n); // neither network nor broadcast
    const low = usable > 2n * reserved ? reserved : 1n;
    const at = (offset: bigint) => formatIp(range.base + offset, range.family);
    for (let guess = 0; guess < GUESSES; guess++) {
      const ip = at(low + BigInt(Math.floor(this.#random.next() * Number(usable - low + 1n))));
      if (!this.#taken.has(ipKey(ip))) return ip;
    }
    for (let offset = low; offset <= usable; offset++) if (!this.#taken.has(ipKey(at(offset)))) return at(offset);
    for (let offset = 1n; offset < low; offset++) if (!this.#taken.has(ipKey(at(offset)))) return at(offset);
    return undefined;
  }

  /** A free node port that is not among `besides`. */
  freePort(besides: ReadonlySet<number>): number | undefined {
    const { from, to } = this.nodePorts;
    const free = (port: number) => !besides.has(port) && !this.#taken.has(portKey(port));
    for (let guess = 0; guess < GUESSES; guess++) {
      const port = from + Math.floor(this.#random.next() * (to - from + 1));
      if (free(port)) return port;
    }
    for (let port = from; port <= to; port++) if (free(port)) return port;
    return undefined;
  }
}

export const ipKey = (ip: string): string => `${PREFIX}ip/${ip}`;
export const portKey = (port: number): string => `${PREFIX}nodeport/${port}`;

export const claim = (key: string, holder: string): Put => ({ type: 'put', key, value: encoder.encode(holder) });
export const release = (key: string): Del => ({ type: 'del', key });
