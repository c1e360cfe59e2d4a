import type { Millis } from '../../base/clock.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { type Quantity, quantityMilliValue, quantityValue, tryParseQuantity } from '../../meta/quantity.ts';
import type { Usage } from './samples.ts';

/** What each container of a pod on a simulated node uses, where its author says so: quantities. */
export const USED_CPU = 'knarr.local/usage-cpu';
export const USED_MEMORY = 'knarr.local/usage-memory';

const WINDOW: Millis = 15_000;
const LEAST_MILLI_CPU = 1;
const LEAST_MEMORY = 1 << 20;

type Container = NonNullable<Pod['spec']['containers']>[number];

/** Half of what the container asked for, unless the pod says otherwise. */
export function pretendedUsage({ metadata }: Pod, { resources }: Container, now: Millis): Usage {
  const said = (annotation: string) => metadata.annotations?.[annotation];
  const asked = (resource: string) => resources?.requests?.[resource];
  const milli = amount(said(USED_CPU), quantityMilliValue) ?? Math.max(LEAST_MILLI_CPU, (amount(asked('cpu'), quantityMilliValue) ?? 0) / 2);
  const bytes = amount(said(USED_MEMORY), quantityValue) ?? Math.max(LEAST_MEMORY, (amount(asked('memory'), quantityValue) ?? 0) / 2);
  return { at: now, window: WINDOW, cpuNanoCores: Math.round(milli * 1e6), memoryBytes: Math.round(bytes) };
}

/** Undefined for what is no quantity: an annotation may say anything. */
function amount(text: string | undefined, read: (quantity: Quantity) => number): number | undefined {
  const quantity = text === undefined ? undefined : tryParseQuantity(text);
  return quantity && read(quantity);
}
