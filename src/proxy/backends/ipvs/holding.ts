/** What IPVS mode puts into the kernel for Services; its iptables rules are always the same and refer to the sets. */
export const KINDS = ['members', 'servers', 'reals', 'addresses'] as const;
export type Kind = (typeof KINDS)[number];

/**
 * Each kind as keys with values, in the words of the program that writes it:
 *
 *     members     of an ipset           `KUBE-CLUSTER-IP 10.96.0.1,tcp:443`          ''
 *     servers     virtual servers       `-t 10.96.0.1:443`                           `-s rr -p 10800`
 *     reals       what answers there    `-t 10.96.0.1:443 -r 10.244.1.2:6443`        weight: 0 gets no new connections
 *     addresses   of the dummy device   `10.96.0.1/32`                               ''
 */
export type Holding = Readonly<Record<Kind, ReadonlyMap<string, string>>>;

/** One thing that is to become another: new without a before, gone without an after. */
export interface Step {
  readonly kind: Kind;
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What turns one into the other. Pure. */
export function difference(before: Holding, after: Holding): readonly Step[] {
  return KINDS.flatMap((kind) => {
    const keys = new Set([...before[kind].keys(), ...after[kind].keys()]);
    return [...keys].map((key) => ({ kind, key, before: before[kind].get(key), after: after[kind].get(key) })).filter((step) => step.before !== step.after);
  });
}

/** A part of a holding: what one port of a Service asks for. */
export type Piece = Pick<Step, 'kind' | 'key'> & { readonly value: string };

/** A holding whose parts are asked for by many, and are there while anyone asks. */
export class SharedHolding {
  readonly #held: Readonly<Record<Kind, Map<string, string>>> = { members: new Map(), servers: new Map(), reals: new Map(), addresses: new Map() };
  readonly #askers = new Map<string, number>();

  get holding(): Holding {
    return this.#held;
  }

  /** What was asked for before is given up for what is asked for now. @returns what differs, in work proportional to these */
  replace(gone: Iterable<Piece>, fresh: Iterable<Piece>): readonly Step[] {
    const touched = new Map<string, Step>();
    const touch = ({ kind, key }: Piece): void => {
      const id = `${kind} ${key}`;
      if (!touched.has(id)) touched.set(id, { kind, key, before: this.#held[kind].get(key), after: undefined });
    };
    for (const piece of gone) {
      touch(piece);
      if (this.#count(piece, -1) === 0) this.#held[piece.kind].delete(piece.key);
    }
    for (const piece of fresh) {
      touch(piece);
      this.#count(piece, 1);
      this.#held[piece.kind].set(piece.key, piece.value);
    }
    return [...touched.values()].map((step) => ({ ...step, after: this.#held[step.kind].get(step.key) })).filter(({ before, after }) => before !== after);
  }

  #count({ kind, key }: Piece, by: number): number {
    const id = `${kind} ${key}`;
    const count = (this.#askers.get(id) ?? 0) + by;
    if (count > 0) this.#askers.set(id, count);
    else this.#askers.delete(id);
    return count;
  }
}
