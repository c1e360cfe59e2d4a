import type { Millis } from '../../base/clock.ts';
import { Node } from '../../kinds/core/node.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { isApiError } from '../../meta/api-error.ts';
import { formatTime } from '../../meta/time.ts';
import { isTerminalPhase, setCondition } from '../../rules/pod-conditions.ts';
import { definePeriodic, type Context, type Controller } from '../runtime/index.ts';
import { plan, QUARANTINE } from './plan.ts';

/** Removes pods that no kubelet will remove: of nodes that are gone, never bound, or ended in great number. */
export const podGarbageCollector = (): Controller => {
  const missingSince = new Map<string, Millis>();
  return definePeriodic({
    name: 'pod-garbage-collector',
    every: 20_000,
    reads: [Pod, Node],

    async round(context) {
      const { cache } = context;
      const pods = cache.list(Pod);
      const nodes = new Map(cache.list(Node).map((node) => [node.metadata.name, node]));
      const { ended, orphaned, unscheduled, stranded } = plan(pods, nodes, await goneNodes(pods, nodes, context));
      const results = await Promise.allSettled([
        ...ended.map((pod) => remove(pod, context)),
        ...orphaned.map((pod) => end(pod, context, 'PodGC: node no longer exists')),
        ...unscheduled.map((pod) => end(pod, context)),
        ...stranded.map((pod) => end(pod, context, 'PodGC: node is out-of-service')),
      ]);
      const failed = results.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
    },
  });

  /** A cache may lag behind a new node: a name must be missing for a while, and the server must agree. */
  async function goneNodes(pods: readonly Pod[], nodes: ReadonlyMap<string, Node>, { client, now }: Context): Promise<ReadonlySet<string>> {
    const missing = new Set(pods.map(({ spec }) => spec.nodeName ?? '').filter((name) => name !== '' && !nodes.has(name)));
    for (const name of missingSince.keys()) if (!missing.has(name)) missingSince.delete(name);
    const gone = new Set<string>();
    for (const name of missing) {
      const since = missingSince.get(name) ?? now;
      missingSince.set(name, since);
      if (now - since >= QUARANTINE && !(await client.get(Node, name).catch(absent))) gone.add(name);
    }
    return gone;
  }
};

/** Says that it ended before it goes, and what disrupted it: a Job that counts ends holds it until it has. */
async function end(pod: Pod, context: Context, disruption?: string): Promise<void> {
  if (!isTerminalPhase(pod.status.phase)) {
    const told = disruption === undefined ? undefined : setCondition(pod.status.conditions, {
      type: 'DisruptionTarget', status: 'True', reason: 'DeletionByPodGC', message: disruption, lastTransitionTime: formatTime(context.now),
    });
    await context.client.updateStatus(Pod, { ...pod, status: { ...pod.status, phase: 'Failed', ...(told ? { conditions: told } : {}) } }).catch(absent);
  }
  await remove(pod, context);
}

const remove = (pod: Pod, { client }: Context): Promise<boolean> => client.remove(Pod, pod, { gracePeriodSeconds: 0 });

function absent(error: unknown): undefined {
  if (!isApiError(error, 'NotFound')) throw error;
}
