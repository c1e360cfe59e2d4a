import type { Millis } from '../../base/clock.ts';
import { Node } from '../../kinds/core/node.ts';
import { Pod } from '../../kinds/core/pod.ts';
import type { Taint } from '../../kinds/core/toleration.ts';
import { isTerminalPhase } from '../../rules/pod-conditions.ts';
import { disrupt, type Moment, shortestOf, toleratedFor } from '../eviction-by-taint.ts';
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
      await disrupt(pod, { reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint' }, { client, now });
      return undefined;
    },
  });
};

/** Milliseconds until the pod has to go, undefined for never. */
export function evictIn(pod: Pod, taints: readonly Taint[] | undefined, moment: Moment): Millis | undefined {
  if (pod.metadata.deletionTimestamp !== undefined || isTerminalPhase(pod.status.phase)) return undefined;
  const evicting = (taints ?? []).filter(({ effect }) => effect === 'NoExecute');
  return shortestOf(evicting.map((taint) => toleratedFor(pod.spec.tolerations ?? [], taint, moment)));
}
