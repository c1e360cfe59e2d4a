import type { AnyObject } from '../../meta/object.ts';
import { HorizontalPodAutoscaler } from '../../kinds/autoscaling/horizontal-pod-autoscaler.ts';
import type { Kind } from '../../schema/kind.ts';
import { fromSlice, toSlice } from './endpoint-slice.ts';
import { fromCoreEvent, toCoreEvent } from './events.ts';
import { fromHpaV2, toHpaV2, toStoredHpa } from './hpa.ts';
import { fromBudget, toBudget } from './pod-disruption-budget.ts';

/** How a kind that is stored as another is read and written. Both ways are pure and lose nothing. */
export interface Conversion {
  /** `group/version/plural` of the kind that is stored. */
  readonly storedAs: string;
  toStored(object: AnyObject): AnyObject;
  /** In place of `toStored` for what is about to be stored: decoded and defaulted, where either could make a difference. */
  readonly store?: (object: AnyObject) => AnyObject;
  fromStored(stored: AnyObject): AnyObject;
  /** By whose rules objects are judged: what a version keeps in annotations, the stored one has fields for. */
  readonly judgedAs?: Kind;
}

const same = (object: AnyObject): AnyObject => object;

/** By the `group/version/plural` that is served. */
const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  'events.k8s.io/v1/events': { storedAs: '/v1/events', toStored: toCoreEvent, fromStored: fromCoreEvent },
  'autoscaling/v1/horizontalpodautoscalers': { storedAs: 'autoscaling/v2/horizontalpodautoscalers', toStored: toHpaV2, fromStored: fromHpaV2, store: toStoredHpa, judgedAs: HorizontalPodAutoscaler },
  'batch/v1beta1/cronjobs': { storedAs: 'batch/v1/cronjobs', toStored: same, fromStored: same },
  'discovery.k8s.io/v1beta1/endpointslices': { storedAs: 'discovery.k8s.io/v1/endpointslices', toStored: toSlice, fromStored: fromSlice },
  'policy/v1beta1/poddisruptionbudgets': { storedAs: 'policy/v1/poddisruptionbudgets', toStored: toBudget, fromStored: fromBudget },
};

export function conversionOf(kind: Kind): Conversion | undefined {
  const stored = kind.custom?.stored;
  if (stored) {
    const { kind: as, toStored, fromStored } = stored;
    return {
      storedAs: `${as.group}/${as.version}/${as.plural}`,
      toStored: (object) => toStored(object) as AnyObject,
      fromStored: (object) => fromStored(object) as AnyObject,
    };
  }
  return CONVERSIONS[`${kind.group}/${kind.version}/${kind.plural}`];
}
