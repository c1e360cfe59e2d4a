/** What `kubectl get hpa` shows, of either version. */
import type { KubeObject } from '../../meta/object.ts';
import { age, NONE } from '../cells.ts';
import type { CrossVersionObjectReference, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from './metrics.ts';

const UNKNOWN = '<unknown>';
const MOST_SHOWN = 2;

export function formatMetrics(specs: readonly MetricSpec[] = [], statuses: readonly MetricStatus[] = []): string {
  if (specs.length === 0) return NONE;
  const all = specs.map((spec, position) => formatMetric(spec, statuses[position]));
  const shown = all.slice(0, MOST_SHOWN).join(', ');
  return all.length > MOST_SHOWN ? `${shown} + ${all.length - MOST_SHOWN} more...` : shown;
}

function formatMetric({ type, external, pods, object, resource, containerResource }: MetricSpec, status: MetricStatus | undefined): string {
  switch (type) {
    case 'External': return ofValue(external?.target, status?.external?.current);
    case 'Object': return ofValue(object?.target, status?.object?.current);
    case 'Pods': return `${amount(status?.pods, status?.pods?.current.averageValue)}/${pods?.target.averageValue}`;
    case 'Resource': return ofUsage(resource, status?.resource);
    case 'ContainerResource': return ofUsage(containerResource, status?.containerResource);
    default: return '<unknown type>';
  }
}

/** A quantity that was not observed prints as 0, a metric that was not as unknown. */
const amount = (observed: object | undefined, value: string | undefined): string => (observed ? (value ?? '0') : UNKNOWN);

function ofValue(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;
  return `${amount(current, current?.value)}/${target?.value}`;
}

interface Usage {
  readonly name: string;
  readonly target: MetricTarget;
}

function ofUsage(spec: Usage | undefined, status: { readonly current: MetricValueStatus } | undefined): string {
  const { name, target } = spec ?? { name: '', target: { type: '' } };
  if (target.averageValue !== undefined) return `${name}: ${amount(status, status?.current.averageValue)}/${target.averageValue}`;
  const percent = (value: number | undefined, absent: string): string => (value === undefined ? absent : `${value}%`);
  return `${name}: ${percent(status?.current.averageUtilization, UNKNOWN)}/${percent(target.averageUtilization, '<auto>')}`;
}

interface Autoscaler extends KubeObject {
  readonly spec: { readonly scaleTargetRef: CrossVersionObjectReference; readonly minReplicas: number; readonly maxReplicas: number };
  readonly status: { readonly currentReplicas?: number };
}

/** @param targets how the version at hand says what it aims at */
export const hpaColumns = <T extends Autoscaler>(targets: (autoscaler: T) => string) => ({
  Reference: ({ spec: { scaleTargetRef } }: T) => `${scaleTargetRef.kind}/${scaleTargetRef.name}`,
  Targets: targets,
  MinPods: ({ spec }: T) => String(spec.minReplicas),
  MaxPods: { type: 'string' as const, cell: ({ spec }: T) => spec.maxReplicas },
  Replicas: { type: 'string' as const, cell: ({ status }: T) => status.currentReplicas ?? 0 },
  Age: age,
});
