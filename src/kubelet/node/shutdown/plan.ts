/** Which pods end when, as a node shuts down. Pure. */
import type { Pod } from '../../../kinds/core/pod.ts';
import type { ShutdownOptions } from '../../options.ts';
import { CRITICAL_PRIORITY, isCritical } from '../../pod.ts';

export interface ShutdownPhase<P> {
  readonly pods: readonly P[];
  readonly seconds: number;
}

/** By priority, the least important first: each pod ends with those of the highest priority that is not above its own, else with the first. */
export function shutdownPhases<P extends Pick<Pod, 'metadata' | 'spec'>>(options: ShutdownOptions, pods: readonly P[]): readonly ShutdownPhase<P>[] {
  const periods = periodsOf(options);
  const phases = periods.map(({ shutdownGracePeriodSeconds: seconds }) => ({ pods: [] as P[], seconds }));
  for (const pod of pods) {
    const index = periods.findLastIndex(({ priority }) => priority <= priorityOf(pod));
    phases[Math.max(0, index)]?.pods.push(pod);
  }
  return phases.filter((phase) => phase.pods.length > 0);
}

/** Long enough for all of them. */
export const shutdownSeconds = (options: ShutdownOptions): number => periodsOf(options).reduce((sum, { shutdownGracePeriodSeconds }) => sum + shutdownGracePeriodSeconds, 0);

function periodsOf({ period, criticalPeriod, byPriority }: ShutdownOptions): NonNullable<ShutdownOptions['byPriority']> {
  if (byPriority?.length) return byPriority.toSorted((a, b) => a.priority - b.priority);
  const [whole, critical] = [Math.floor(period / 1000), Math.floor(criticalPeriod / 1000)];
  return [{ priority: 0, shutdownGracePeriodSeconds: whole - critical }, { priority: CRITICAL_PRIORITY, shutdownGracePeriodSeconds: critical }];
}

/** A static pod knows no PriorityClass, and is critical all the same. */
const priorityOf = (pod: Pick<Pod, 'metadata' | 'spec'>): number => pod.spec.priority ?? (isCritical(pod) ? CRITICAL_PRIORITY : 0);
