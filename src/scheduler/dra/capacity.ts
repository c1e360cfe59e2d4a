/** How much of a device that several claims may share a request takes (KEP-5075). */
import type { CapacityRequestPolicyRange, Device, DeviceCapacity } from '../../kinds/resource/device.ts';
import type { CapacityRequirements } from '../../kinds/resource/device-claim.ts';
import { formatQuantity, parseQuantity, quantityValue, type Quantity } from '../../meta/quantity.ts';
import type { Nanos } from './ledger.ts';

const NOTHING: NonNullable<Device['capacity']> = {};
const NONE: ReadonlyMap<string, Quantity> = new Map();

/** What goes from each of the device's capacities; undefined where a request names one that it has not, or asks for what its policy forbids. */
export function consumptionOf({ capacity = NOTHING }: Device, asked: CapacityRequirements | undefined): ReadonlyMap<string, Quantity> | undefined {
  if (capacity === NOTHING && !asked) return NONE;
  const requests = asked?.requests ?? {};
  if (Object.keys(requests).some((name) => capacity[name] === undefined)) return undefined;
  const consumed = new Map<string, Quantity>();
  for (const [name, one] of Object.entries(capacity)) {
    const amount = rounded(requests[name], one);
    if (isForbidden(amount, one)) return undefined;
    consumed.set(name, amount);
  }
  return consumed;
}

/** Whether that is left, after what others took. */
export function isLeft(consumed: ReadonlyMap<string, Quantity>, { capacity = {} }: Device, others: readonly (Nanos | undefined)[]): boolean {
  for (const [name, { nanos }] of consumed) {
    const taken = others.reduce((sum, one) => sum + (one?.get(name) ?? 0n), nanos);
    if (taken > parseQuantity(capacity[name]!.value).nanos) return false;
  }
  return true;
}

export const written = (consumed: ReadonlyMap<string, Quantity>): Record<string, string> =>
  Object.fromEntries([...consumed].map(([name, amount]) => [name, formatQuantity(amount)]));

/** Up to the next amount that can be asked for; without a request the default, or all there is. */
function rounded(request: string | undefined, { value, requestPolicy: policy }: DeviceCapacity): Quantity {
  if (request === undefined) return parseQuantity(policy?.default ?? value);
  const amount = parseQuantity(request);
  if (policy?.validRange) return roundedInto(policy.validRange, amount);
  const valid = policy?.validValues?.map(parseQuantity).find(({ nanos }) => nanos >= amount.nanos);
  return valid ?? amount;
}

const WHOLE = 1_000_000_000n;

function roundedInto({ min, step }: CapacityRequestPolicyRange, amount: Quantity): Quantity {
  const least = parseQuantity(min);
  if (amount.nanos < least.nanos) return least;
  if (step === undefined) return amount;
  const [first, by] = [BigInt(quantityValue(least)), BigInt(quantityValue(parseQuantity(step)))];
  const above = BigInt(quantityValue(amount)) - first;
  const steps = (above + by - 1n) / by;
  return { nanos: (first + steps * by) * WHOLE, format: 'BinarySI' };
}

function isForbidden({ nanos }: Quantity, { requestPolicy: policy }: DeviceCapacity): boolean {
  if (!policy || (policy.default && parseQuantity(policy.default).nanos === nanos)) return false;
  if (policy.validRange) return policy.validRange.max !== undefined && nanos > parseQuantity(policy.validRange.max).nanos;
  return (policy.validValues?.length ?? 0) > 0 && !policy.validValues!.some((value) => parseQuantity(value).nanos === nanos);
}
