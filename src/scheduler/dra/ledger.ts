import type { AllocationResult, DeviceRequestAllocationResult } from '../../kinds/resource/device-claim-status.ts';
import { parseQuantity } from '../../meta/quantity.ts';

/** Amounts by name of a capacity or a counter, in billionths. */
export type Nanos = ReadonlyMap<string, bigint>;

/** What of the cluster's devices is given away. Devices go by `driver/pool/device`. */
export interface Allocated {
  /** Given to one claim, whole. */
  has(device: string): boolean;
  /** What claims took of a device they share; undefined where none did. */
  shared(device: string): Nanos | undefined;
}

export const idOf = ({ driver, pool, device }: Pick<DeviceRequestAllocationResult, 'driver' | 'pool' | 'device'>): string => `${driver}/${pool}/${device}`;

interface Share {
  readonly taken: Map<string, bigint>;
  takers: number;
}

/** Kept up to date claim by claim: to count anew for each pod would cost as much as there are claims. */
export class Ledger implements Allocated {
  readonly #byClaim = new Map<string, AllocationResult>();
  readonly #whole = new Map<string, number>();
  readonly #shared = new Map<string, Share>();

  /** What the claim has now, instead of what it had. */
  record(claimUid: string, allocation: AllocationResult | undefined): void {
    const before = this.#byClaim.get(claimUid);
    if (before === allocation) return;
    if (before) for (const result of before.devices.results ?? []) this.#count(result, -1);
    if (allocation) {
      this.#byClaim.set(claimUid, allocation);
      for (const result of allocation.devices.results ?? []) this.#count(result, 1);
    } else this.#byClaim.delete(claimUid);
  }

  has(device: string): boolean {
    return this.#whole.has(device);
  }

  shared(device: string): Nanos | undefined {
    return this.#shared.get(device)?.taken;
  }

  /** Who only looks on takes nothing. */
  #count(result: DeviceRequestAllocationResult, by: 1 | -1): void {
    if (result.adminAccess) return;
    const id = idOf(result);
    if (result.shareID !== undefined) return this.#countShare(id, result.consumedCapacity ?? {}, by);
    const holders = (this.#whole.get(id) ?? 0) + by;
    if (holders > 0) this.#whole.set(id, holders);
    else this.#whole.delete(id);
  }

  #countShare(id: string, consumed: Readonly<Record<string, string>>, by: 1 | -1): void {
    const share = this.#shared.get(id) ?? { taken: new Map<string, bigint>(), takers: 0 };
    for (const [name, amount] of Object.entries(consumed)) {
      share.taken.set(name, (share.taken.get(name) ?? 0n) + BigInt(by) * parseQuantity(amount).nanos);
    }
    share.takers += by;
    if (share.takers > 0) this.#shared.set(id, share);
    else this.#shared.delete(id);
  }
}
