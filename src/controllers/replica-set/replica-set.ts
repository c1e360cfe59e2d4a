import { ReplicaSet, type ReplicaSetStatus } from '../../kinds/apps/replica-set.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { writeStatus } from '../pod-control.ts';
import { controllerOf, defineController, type Cache } from '../runtime/index.ts';
import { withFailure, type Counts } from './plan.ts';
import { replicate, type Failure } from './replicate.ts';

/** Keeps `spec.replicas` pods alive for each ReplicaSet. */
export const replicaSetController = defineController({
  name: 'replicaset',
  for: ReplicaSet,
  owns: [Pod],
  selector: (set) => set.spec.selector,

  async reconcile(set, context) {
    const { spec } = set;
    const wanted = {
      owner: set,
      replicas: spec.replicas,
      selector: spec.selector,
      templateLabels: spec.template.metadata?.labels ?? {},
      minReadyMillis: (spec.minReadySeconds ?? 0) * 1000,
    };
    const related = (mine: readonly Pod[]) => podsOfSiblings(set, context.cache) ?? mine;
    const { todo, failure } = await replicate({ wanted, template: spec.template, resource: ReplicaSet, related }, context);
    await writeStatus(context, ReplicaSet, set, statusOf(set, todo.counts, failure));
    if (failure) throw failure.cause;
    return todo.recheckIn;
  },
});

export function statusOf(set: ReplicaSet, counts: Counts, failure: Failure | undefined): ReplicaSetStatus {
  const conditions = withFailure(set.status.conditions, failure);
  const { fullyLabeledReplicas: labeled, readyReplicas: ready, availableReplicas: available, terminatingReplicas } = counts;
  return {
    replicas: counts.replicas,
    ...(labeled > 0 ? { fullyLabeledReplicas: labeled } : {}),
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    ...(available > 0 ? { availableReplicas: available } : {}),
    terminatingReplicas,
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}

/** Pods of all the ReplicaSets that share this one's controller; undefined where it has none. */
function podsOfSiblings(set: ReplicaSet, cache: Cache): readonly Pod[] | undefined {
  const controller = controllerOf(set);
  if (!controller) return undefined;
  const siblings = cache.owned(ReplicaSet, { ...set, metadata: { ...set.metadata, uid: controller.uid } });
  return siblings.flatMap((sibling) => cache.owned(Pod, sibling));
}
