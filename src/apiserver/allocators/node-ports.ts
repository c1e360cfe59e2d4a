import type { Random } from '../../base/random.ts';
import type { Del, Put } from '../../store/index.ts';
import type { Hub } from '../watch-cache/hub.ts';
import { staticBand } from './ip-range.ts';

/** Below it stands one key for each port that is taken, its value the Service that holds it, `namespace/name`. */
export const NODE_PORTS = '/registry/allocations/nodeport/';
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Which node ports are taken. Each is a key of the store, written and deleted in the very transaction of its Service, so
 * that no two servers can give out the same; this is the copy that the store's feed keeps current.
 */
export class NodePorts {
  readonly range: PortRange;
  readonly #random: Random;
  /** Key → holder. */
  readonly #taken = new Map<string, string>();

  constructor(range: PortRange, random: Random) {
    this.range = range;
    this.#random = random;
  }

  /** Call before the hub starts. */
  async follow(hub: Hub): Promise<void> {
    await hub.tap(NODE_PORTS, (op) => {
      if (op.type === 'put') this.#taken.set(op.key, decoder.decode(op.value));
      else this.#taken.delete(op.key);
    });
  }

  /** As upstream prints it. */
  get text(): string {
    return `${this.range.from}-${this.range.to}`;
  }

  keyOf(port: number): string {
    return NODE_PORTS + port;
  }

  isTaken(port: number): boolean {
    return this.#taken.has(this.keyOf(port));
  }

  /** A free port that is not among `besides`; the range's lower end comes last, it is for those who choose themselves (KEP-3668). */
  free(besides: ReadonlySet<number>): number | undefined {
    const { from, to } = this.range;
    const dynamic = from + staticBand(to - from + 1, { step: 32, max: 128 });
    return this.#search({ from: dynamic, to }, besides) ?? this.#search({ from, to: dynamic - 1 }, besides);
  }

  /** From a place at random on, and round. */
  #search({ from, to }: PortRange, besides: ReadonlySet<number>): number | undefined {
    const count = to - from + 1;
    const start = Math.floor(this.#random.next() * count);
    for (let step = 0; step < count; step++) {
      const port = from + ((start + step) % count);
      if (!besides.has(port) && !this.isTaken(port)) return port;
    }
    return undefined;
  }

  claim(port: number, holder: string): Put {
    return { type: 'put', key: this.keyOf(port), value: encoder.encode(holder) };
  }

  release(port: number): Del {
    return { type: 'del', key: this.keyOf(port) };
  }
}
