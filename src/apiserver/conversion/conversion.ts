import type { AnyObject } from '../../meta/object.ts';
import type { Kind } from '../../schema/kind.ts';
import { fromCoreEvent, toCoreEvent } from './events.ts';
import { fromHpaV2, toHpaV2 } from './hpa.ts';

/** How a kind that is stored as another is read and written. Both ways are pure and lose nothing. */
export interface Conversion {
  /** `group/version/plural` of the kind that is stored. */
  readonly storedAs: string;
  toStored(object: AnyObject): AnyObject;
  fromStored(stored: AnyObject): AnyObject;
}

/** By the `group/version/plural` that is served. */
const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  'events.k8s.io/v1/events': { storedAs: '/v1/events', toStored: toCoreEvent, fromStored: fromCoreEvent },
  'autoscaling/v1/horizontalpodautoscalers': { storedAs: 'autoscaling/v2/horizontalpodautoscalers', toStored: toHpaV2, fromStored: fromHpaV2 },
};

export function conversionOf(kind: Kind): Conversion | undefined {
  return CONVERSIONS[`${kind.group}/${kind.version}/${kind.plural}`];
}
