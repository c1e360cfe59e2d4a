import type { Quantity } from '../../meta/quantity.ts';
import type { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import { tolerates } from '../../rules/tolerations.ts';
import { isMeant, MOST_RESULTS, type Ask, type AskInput } from './asks.ts';
import { consumptionOf, isLeft, written } from './capacity.ts';
import { constraintOf, type Constraint } from './constraints.ts';
import type { Nanos } from './ledger.ts';
import type { PoolBase, PooledDevice } from './pools.ts';

/** A device found for a request. */
export interface Chosen {
  readonly ask: Ask;
  readonly device: PooledDevice;
  /** Of a device that claims share. */
  readonly consumed?: Readonly<Record<string, string>>;
}

/** What a search found: for each claim its devices, and which alternative of each request they are for. */
export interface Found {
  readonly chosen: readonly (readonly Chosen[])[];
  readonly selected: readonly (readonly Ask[])[];
}

export interface SearchInput extends AskInput {
  /** What the claims ask for, by request. */
  readonly asks: (claims: readonly ResourceClaim[]) => readonly (readonly (readonly Ask[])[])[];
  /** What is left of a pool's counters, less what is given away. */
  readonly counters: (pool: PoolBase) => Nanos;
  /** Whether the search has taken long enough. */
  readonly isOver: () => boolean;
}

/** The claims need more than there is time to find out. */
export class SearchTimeout extends Error {}

/** A search's answer: no, yes, or no because a claim would have more devices than it can hold. */
type Answer = boolean | 'too many';
type Undo = () => void;

/** @throws Error with upstream's text where the claims make no sense on any node; SearchTimeout */
export function findDevices(claims: readonly ResourceClaim[], input: SearchInput): Found | undefined {
  return new Search(claims, input).run();
}

/**
 * Claim by claim, request by request, device by device: the first that fits is taken, and put back if what follows comes to
 * nothing. Within one request only later devices are tried next, since the order of its devices does not matter.
 */
class Search {
  readonly #input: SearchInput;
  readonly #asks: readonly (readonly (readonly Ask[])[])[];
  readonly #constraints: readonly (readonly Constraint[])[];
  readonly #devices: readonly PooledDevice[];
  readonly #chosen: Chosen[][];
  readonly #selected: Ask[][];
  /** For which claims devices are taken here, by device. */
  readonly #taken = new Map<string, number[]>();
  /** What is taken here of devices that are shared. */
  readonly #shared = new Map<string, Map<string, bigint>[]>();
  /** What is taken here of counters. */
  readonly #counted = new Map<PoolBase, Map<string, bigint>>();
  #steps = 0;

  constructor(claims: readonly ResourceClaim[], input: SearchInput) {
    this.#input = input;
    this.#asks = input.asks(claims);
    this.#constraints = claims.map(({ metadata, spec }) => (spec.devices.constraints ?? []).map((one, index) => {
      const constraint = constraintOf(one);
      if (!constraint) throw new Error(`claim ${metadata.namespace}/${metadata.name}, constraint #${index}: empty constraint (unsupported constraint type?)`);
      return constraint;
    }));
    const pools = input.pools.filter(({ trouble }) => !trouble);
    this.#devices = pools.length === 1 ? pools[0]!.devices : pools.flatMap(({ devices }) => devices);
    this.#chosen = claims.map(() => []);
    this.#selected = claims.map(() => []);
  }

  run(): Found | undefined {
    return this.#request(0, 0) === true ? { chosen: this.#chosen, selected: this.#selected } : undefined;
  }

  #request(claim: number, request: number): Answer {
    if (claim === this.#asks.length) return true;
    const asks = this.#asks[claim]!;
    if (request === asks.length) return this.#request(claim + 1, 0) === true;
    let answer: Answer = 'too many';
    for (const ask of asks[request]!) {
      const found = this.#device({ claim, request, ask, index: 0, from: 0 });
      if (found === true) {
        this.#selected[claim]![request] = ask;
        return true;
      }
      // Another alternative may need fewer.
      if (found === false) answer = false;
    }
    return answer;
  }

  #device(at: Position): Answer {
    const { claim, request, ask, index } = at;
    if ((++this.#steps & 255) === 0 && this.#input.isOver()) throw new SearchTimeout('timed out trying to allocate devices');
    if (ask.all?.length === 0) return false;
    if (index >= ask.count) return this.#request(claim, request + 1);
    if (this.#chosen[claim]!.length + ask.count - index > MOST_RESULTS) return 'too many';
    if (ask.all) return this.#try(at, ask.all[index]!, at.from) ?? false;
    for (let next = at.from; next < this.#devices.length; next++) {
      const answer = this.#try(at, this.#devices[next]!, next + 1);
      if (answer === true || answer === 'too many') return answer;
    }
    return false;
  }

  /** With this device, and all that is still to be found after it. */
  #try(at: Position, device: PooledDevice, from: number): Answer {
    const undo = this.#take(at, device);
    if (!undo) return false;
    const answer = this.#device({ ...at, index: at.index + 1, from });
    if (answer !== true) undo();
    return answer;
  }

  #take({ claim, ask }: Position, device: PooledDevice): Undo | undefined {
    const { allocated, selectors } = this.#input;
    const { id } = device;
    const takers = this.#taken.get(id);
    if (ask.adminAccess ? takers?.includes(claim) : allocated.has(id) || takers?.length) return undefined;
    if (!ask.all && !isMeant(ask, device, selectors)) return undefined;
    const isShared = device.device.allowMultipleAllocations === true;
    const consumed = consumptionOf(device.device, ask.request.capacity);
    if (!consumed || (consumed.size > 0 && !isLeft(consumed, device.device, [allocated.shared(id), ...(this.#shared.get(id) ?? [])]))) return undefined;
    const uncount = this.#count(device, isShared);
    if (!uncount) return undefined;
    const free = isRepelled(ask, device) ? undefined : this.#constrain(claim, ask, device);
    if (!free) {
      uncount();
      return undefined;
    }
    const give = this.#hold(claim, device, isShared ? consumed : undefined);
    this.#chosen[claim]!.push({ ask, device, ...(isShared && consumed.size > 0 && { consumed: written(consumed) }) });
    return () => {
      this.#chosen[claim]!.pop();
      give();
      free();
      uncount();
    };
  }

  #hold(claim: number, { id }: PooledDevice, consumed: ReadonlyMap<string, Quantity> | undefined): Undo {
    if (consumed) return pushed(this.#shared, id, new Map([...consumed].map(([name, { nanos }]) => [name, nanos])));
    return pushed(this.#taken, id, claim);
  }

  #constrain(claim: number, ask: Ask, device: PooledDevice): Undo | undefined {
    if (this.#constraints[claim]!.length === 0) return NOTHING;
    const held: Constraint[] = [];
    const free = () => {
      for (const constraint of held) constraint.remove(ask);
    };
    for (const constraint of this.#constraints[claim]!) {
      if (constraint.add(ask, device)) {
        held.push(constraint);
        continue;
      }
      free();
      if (!ask.all) return undefined;
      const { namespace, name } = ask.claim.metadata;
      throw new Error(`claim ${namespace}/${name}, request ${ask.reference.split('/').at(-1)}: cannot add device ${device.id} because a claim constraint would not be satisfied`);
    }
    return free;
  }

  /** Who shares a device does not count it again. */
  #count({ id, base, takes }: PooledDevice, isShared: boolean): Undo | undefined {
    if (takes.size === 0 || (isShared && (this.#input.allocated.shared(id) !== undefined || (this.#shared.get(id)?.length ?? 0) > 0))) return NOTHING;
    const left = this.#input.counters(base);
    const counted = this.#counted.get(base) ?? new Map<string, bigint>();
    for (const [key, amount] of takes) if ((counted.get(key) ?? 0n) + amount > (left.get(key) ?? 0n)) return undefined;
    const add = (sign: bigint) => {
      for (const [key, amount] of takes) counted.set(key, (counted.get(key) ?? 0n) + sign * amount);
    };
    this.#counted.set(base, counted);
    add(1n);
    return () => add(-1n);
  }
}

const NOTHING: Undo = () => {};

interface Position {
  readonly claim: number;
  readonly request: number;
  readonly ask: Ask;
  /** Which of the request's devices is looked for. */
  readonly index: number;
  /** Where among all devices to go on. */
  readonly from: number;
}

function pushed<T>(lists: Map<string, T[]>, key: string, value: T): Undo {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  list.push(value);
  return () => void list.pop();
}

const isRepelled = ({ request: { tolerations = [] } }: Ask, { device: { taints } }: PooledDevice): boolean =>
  taints !== undefined && taints.some((taint) => (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !tolerations.some((one) => tolerates(one, taint)));
