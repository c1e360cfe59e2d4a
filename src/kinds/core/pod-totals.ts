/** What a pod's containers ask for together. */
import { addQuantity, compareQuantity, parseQuantity, type Quantity } from '../../meta/quantity.ts';
import type { PodSpec } from './pod-spec.ts';
import type { ResourceRequirements } from './resources.ts';

/** The resources that a pod can ask for as a whole. */
export const isPodLevelResource = (name: string): boolean => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

type Totals = Map<string, Quantity>;

/**
 * The containers and sidecars run together; an init container runs with the sidecars before it. Whichever is more.
 * Container resources may be missing here: callers also come by before defaults.
 */
export function totalOf(spec: Pick<PodSpec, 'containers' | 'initContainers'>, list: 'requests' | 'limits'): Totals {
  const running: Totals = new Map();
  const sidecars: Totals = new Map();
  const starting: Totals = new Map();
  for (const { resources } of spec.containers) add(running, resources, list);
  for (const { resources, restartPolicy } of spec.initContainers ?? []) {
    if (restartPolicy === 'Always') {
      add(running, resources, list);
      add(sidecars, resources, list);
      raise(starting, sidecars);
    } else raise(starting, add(new Map(sidecars), resources, list));
  }
  raise(running, starting);
  return running;
}

function add(totals: Totals, resources: ResourceRequirements | undefined, list: 'requests' | 'limits'): Totals {
  for (const [name, amount] of Object.entries(resources?.[list] ?? {})) {
    const sum = totals.get(name);
    totals.set(name, sum ? addQuantity(sum, parseQuantity(amount)) : parseQuantity(amount));
  }
  return totals;
}

function raise(totals: Totals, atLeast: Totals): void {
  for (const [name, amount] of atLeast) {
    const present = totals.get(name);
    if (!present || compareQuantity(amount, present) > 0) totals.set(name, amount);
  }
}
