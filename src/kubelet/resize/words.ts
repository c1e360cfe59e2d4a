/** Events about resizes, in upstream's form: a title, then as JSON what the containers are to have. */
import type { Pod } from '../../kinds/core/pod.ts';
import { initContainers } from '../pod.ts';

export function resizeMessage(title: string, pod: Pod, error?: string): string {
  const named = (containers: Pod['spec']['containers']) => containers.map(({ name, resources = {} }) => ({
    name, resources: { ...(resources.limits ? { limits: sorted(resources.limits) } : {}), ...(resources.requests ? { requests: sorted(resources.requests) } : {}) },
  }));
  const init = named(initContainers(pod));
  return `${title}: ${JSON.stringify({
    ...(init.length > 0 ? { initContainers: init } : {}), containers: named(pod.spec.containers), generation: pod.metadata.generation ?? 0, ...(error === undefined ? {} : { error }),
  })}`;
}

const sorted = (list: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(list).toSorted(([a], [b]) => (a < b ? -1 : 1)));
