import { HorizontalPodAutoscaler } from '../../kinds/autoscaling/horizontal-pod-autoscaler.ts';
import { isApiError } from '../../meta/api-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { decodeObject } from '../../schema/decode.ts';
import { capitalized, flattened, uncapitalized, unflattened } from './hpa-metrics.ts';

type Loose = Readonly<Record<string, unknown>>;

/** Where v1 keeps what it has no fields for. */
const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const CURRENT_METRICS = 'autoscaling.alpha.kubernetes.io/current-metrics';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';
const ALL: readonly string[] = [METRICS, CURRENT_METRICS, BEHAVIOR, CONDITIONS];
const CPU_PERCENT = 80;

interface Metric extends Loose {
  readonly type?: string;
  readonly resource?: { readonly name?: string; readonly target?: { readonly averageUtilization?: number }; readonly current?: { readonly averageUtilization?: number } };
}

const isCpu = ({ type, resource }: Metric): boolean => type === 'Resource' && resource?.name === 'cpu';
const cpuTarget = (averageUtilization: number): Metric => ({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } as { averageUtilization: number } } });
const listOr = (value: unknown): readonly Metric[] => (Array.isArray(value) ? value.flatMap((one): readonly Metric[] => (recordOr(one) ? [one as Metric] : [])) : []);
const recordOr = (value: unknown): Loose | undefined => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : undefined);

/** v1 to what is stored. Annotations are anyone's to write: those that do not fit v2's schema are dropped, as no JSON would be. */
export function toStoredHpa(object: AnyObject): AnyObject {
  try {
    return decodeObject(HorizontalPodAutoscaler, toHpaV2(object)).value;
  } catch (error) {
    if (!isApiError(error)) throw error;
    return decodeObject(HorizontalPodAutoscaler, toHpaV2({ ...object, metadata: withAnnotations(object, {}) })).value;
  }
}

/** v1 to v2: what the annotations keep becomes fields again; those that make no sense are dropped. */
export function toHpaV2(object: AnyObject): AnyObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = (object['spec'] ?? {}) as Loose & { readonly targetCPUUtilizationPercentage?: number };
  const { currentCPUUtilizationPercentage: current, ...status } = (object['status'] ?? {}) as Loose & { readonly currentCPUUtilizationPercentage?: number };
  const kept = (name: string): unknown => parsed(object.metadata.annotations?.[name]);
  const metrics = [...listOr(kept(METRICS)).map((one) => unflattened(one, 'target')), ...(target === undefined ? [] : [cpuTarget(target)])];
  const behavior = recordOr(kept(BEHAVIOR));
  // The annotation says more than the field: raw values too.
  const measured = kept(CURRENT_METRICS) === undefined
    ? (current === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } }])
    : listOr(kept(CURRENT_METRICS)).map((one) => unflattened(one, 'current'));
  const conditions = listOr(kept(CONDITIONS));
  return {
    ...object,
    metadata: withAnnotations(object, {}),
    spec: {
      ...spec, metrics: metrics.length > 0 ? metrics : [cpuTarget(CPU_PERCENT)],
      ...(behavior && Object.keys(uncapitalized(behavior)).length > 0 ? { behavior: uncapitalized(behavior) } : {}),
    },
    status: { ...status, ...(measured.length > 0 ? { currentMetrics: measured } : {}), ...(conditions.length > 0 ? { conditions } : {}) },
  };
}

/** v2 to v1: the first CPU utilization is a field, everything else is kept in annotations. */
export function fromHpaV2(object: AnyObject): AnyObject {
  const { metrics, behavior, ...spec } = (object['spec'] ?? {}) as Loose;
  const { currentMetrics, conditions, ...status } = (object['status'] ?? {}) as Loose;
  const target = listOr(metrics).find(isCpu)?.resource?.target?.averageUtilization;
  const current = listOr(currentMetrics).findLast((one) => isCpu(one) && one.resource?.current?.averageUtilization !== undefined)?.resource?.current?.averageUtilization;
  const others = listOr(metrics).filter((one) => !(isCpu(one) && one.resource?.target?.averageUtilization !== undefined));
  const kept: Record<string, unknown> = {
    [METRICS]: others.map((one) => flattened(one, 'target')),
    [CURRENT_METRICS]: listOr(currentMetrics).map((one) => flattened(one, 'current')),
    [BEHAVIOR]: recordOr(behavior) && capitalized(recordOr(behavior)!),
    [CONDITIONS]: listOr(conditions),
  };
  const written = Object.entries(kept).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0));
  return {
    ...object,
    metadata: withAnnotations(object, Object.fromEntries(written.map(([name, value]) => [name, JSON.stringify(value)]))),
    spec: { ...spec, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    status: { ...status, currentReplicas: status['currentReplicas'] ?? 0, ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }) },
  };
}

/** The object's annotations with these for the ones that carry what v1 cannot say. */
function withAnnotations({ metadata: { annotations = {}, ...metadata } }: AnyObject, carried: Readonly<Record<string, string>>): AnyObject['metadata'] {
  const own = Object.entries(annotations).filter(([name]) => !ALL.includes(name));
  const next = { ...Object.fromEntries(own), ...carried };
  return Object.keys(next).length === 0 ? metadata : { ...metadata, annotations: next };
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
