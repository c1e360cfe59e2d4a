import type { Millis } from '../../base/clock.ts';
import { Node } from '../../kinds/core/node.ts';
import { Pod } from '../../kinds/core/pod.ts';
import type { Taint } from '../../kinds/core/toleration.ts';
import { isApiError } from '../../meta/api-error.ts';
import { formatTime, parseTime } from '../../meta/time.ts';
import { isTerminalPhase, setCondition } from '../../rules/pod-conditions.ts';
import { tolerates } from '../../rules/tolerations.ts';
import { podsOfNode } from '../pods-of-node.ts';
import { defineController, watchOf } from '../runtime/index.ts';

/** Deletes pods that do not put up with their node's NoExecute taints, or no longer do. */
export const taintEvictionController = () => {
  /** By the pod's uid: since when it stands under taints. Taints that users set do not say when they were. */
  const taintedSince = new Map<string, Millis>();
  return defineController({
    name: 'taint-eviction',
    component: 'taint-eviction-controller',
    for: Pod,
    watches: [watchOf(Node, (node, cache, old) =>
      (JSON.stringify(node.spec.taints) === JSON.stringify(old?.spec.taints) ? [] : podsOfNode(cache, node.metadata.name).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)))],

    async reconcile(pod, { cache, client, events, now }) {
      const node = pod.spec.nodeName ? cache.get(Node, pod.spec.nodeName) : undefined;
      const { name, namespace = '', uid } = pod.metadata;
      const since = taintedSince.get(uid) ?? now;
      const wait = evictIn(pod, node?.spec.taints, { now, since });
      if (wait === undefined) taintedSince.delete(uid);
      else taintedSince.set(uid, since);
      if (wait === undefined || wait > 0) return wait;
      events.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`);
      const conditions = setCondition(pod.status.conditions, {
        type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint',
        lastTransitionTime: formatTime(now),
      });
      try {
        await client.updateStatus(Pod, { ...pod, status: { ...pod.status, conditions } });
        await client.remove(Pod, pod);
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
      }
      return undefined;
    },
  });
};

interface Moment {
  readonly now: Millis;
  /** Since when taints without a time of their own are there. */
  readonly since: Millis;
}

/** Milliseconds until the pod has to go, undefined for never. */
export function evictIn(pod: Pod, taints: readonly Taint[] | undefined, moment: Moment): Millis | undefined {
  if (pod.metadata.deletionTimestamp !== undefined || isTerminalPhase(pod.status.phase)) return undefined;
  const evicting = (taints ?? []).filter(({ effect }) => effect === 'NoExecute');
  const waits = evicting.map((taint) => toleratedFor(pod, taint, moment));
  const shortest = Math.min(Infinity, ...waits);
  return shortest === Infinity ? undefined : Math.max(0, shortest);
}

/** Of all tolerations that cover the taint the shortest counts; one without seconds lasts for ever. */
function toleratedFor({ spec }: Pod, taint: Taint, { now, since }: Moment): Millis {
  const covering = (spec.tolerations ?? []).filter((one) => tolerates(one, taint));
  if (covering.length === 0) return 0;
  const seconds = Math.min(...covering.map((one) => one.tolerationSeconds ?? Infinity));
  // The taint says since when: a restart of ours does not begin the wait anew.
  return (parseTime(taint.timeAdded) ?? since) + Math.max(0, seconds) * 1000 - now;
}
