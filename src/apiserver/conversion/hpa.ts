import type { AnyObject } from '../../meta/object.ts';

type Loose = Readonly<Record<string, unknown>>;

/** Where v1 keeps what it has no fields for. */
const KEPT = { metrics: 'autoscaling.alpha.kubernetes.io/metrics', behavior: 'autoscaling.alpha.kubernetes.io/behavior' } as const;
const KEPT_STATUS = { currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics', conditions: 'autoscaling.alpha.kubernetes.io/conditions' } as const;

interface Metric {
  readonly type?: string;
  readonly resource?: { readonly name?: string; readonly target?: { readonly averageUtilization?: number }; readonly current?: { readonly averageUtilization?: number } };
}

const isCpu = ({ type, resource }: Metric): boolean => type === 'Resource' && resource?.name === 'cpu';

export function toHpaV2(object: AnyObject): AnyObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = (object['spec'] ?? {}) as Loose;
  const { currentCPUUtilizationPercentage: current, ...status } = (object['status'] ?? {}) as Loose;
  const annotations: Record<string, string> = { ...object.metadata.annotations };
  const take = (name: string): readonly Metric[] | undefined => {
    const text = annotations[name];
    delete annotations[name];
    return text === undefined ? undefined : (parseOr(text) as readonly Metric[] | undefined);
  };
  const metrics = [
    ...(target === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } } }]),
    ...(take(KEPT.metrics) ?? []),
  ];
  const behavior = take(KEPT.behavior);
  const currentMetrics = [
    ...(current === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } }]),
    ...(take(KEPT_STATUS.currentMetrics) ?? []),
  ];
  const conditions = take(KEPT_STATUS.conditions);
  return {
    ...object,
    metadata: withAnnotations(object, annotations),
    spec: { ...spec, ...(metrics.length > 0 ? { metrics } : {}), ...(behavior ? { behavior } : {}) },
    status: { ...status, ...(currentMetrics.length > 0 ? { currentMetrics } : {}), ...(conditions ? { conditions } : {}) },
  };
}

export function fromHpaV2(object: AnyObject): AnyObject {
  const { metrics = [], behavior, ...spec } = (object['spec'] ?? {}) as Loose & { readonly metrics?: readonly Metric[] };
  const { currentMetrics = [], conditions, ...status } = (object['status'] ?? {}) as Loose & { readonly currentMetrics?: readonly Metric[] | null };
  const target = metrics.find(isCpu)?.resource?.target?.averageUtilization;
  const current = (currentMetrics ?? []).find(isCpu)?.resource?.current?.averageUtilization;
  const others = { metrics: metrics.filter((one) => !isCpu(one)), behavior, currentMetrics: (currentMetrics ?? []).filter((one) => !isCpu(one)), conditions };
  const annotations: Record<string, string> = { ...object.metadata.annotations };
  for (const [field, name] of Object.entries({ ...KEPT, ...KEPT_STATUS })) {
    const value = others[field as keyof typeof others];
    if (value !== undefined && (!Array.isArray(value) || value.length > 0)) annotations[name] = JSON.stringify(value);
  }
  return {
    ...object,
    metadata: withAnnotations(object, annotations),
    spec: { ...spec, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    status: { ...status, ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }) },
  };
}

function withAnnotations({ metadata: { annotations: _before, ...metadata } }: AnyObject, annotations: Readonly<Record<string, string>>): AnyObject['metadata'] {
  return Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations };
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
