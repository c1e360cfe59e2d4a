import { Pod } from '../../kinds/core/pod.ts';
import { ReplicationController, type ReplicationControllerStatus } from '../../kinds/core/replication-controller.ts';
import { writeStatus } from '../pod-control.ts';
import { defineController } from '../runtime/index.ts';
import { withFailure, type Counts } from './plan.ts';
import { replicate, type Failure } from './replicate.ts';

/** Keeps `spec.replicas` pods alive for each ReplicationController: a ReplicaSet whose selector is a plain map. */
export const replicationControllerController = defineController({
  name: 'replicationcontroller',
  component: 'replication-controller',
  for: ReplicationController,
  owns: [Pod],
  selector: selectorOf,

  async reconcile(controller, context) {
    const { spec } = controller;
    const { template } = spec;
    if (!template) return undefined; // validation lets none in
    const wanted = {
      owner: controller,
      replicas: spec.replicas,
      selector: selectorOf(controller),
      templateLabels: template.metadata.labels ?? {},
      minReadyMillis: (spec.minReadySeconds ?? 0) * 1000,
    };
    const parts = { wanted, template, resource: ReplicationController, related: (mine: readonly Pod[]) => mine };
    const { todo, failure } = await replicate(parts, context);
    await writeStatus(context, ReplicationController, controller, statusOf(controller, todo.counts, failure));
    if (failure) throw failure.cause;
    return todo.recheckIn;
  },
});

function selectorOf({ spec }: ReplicationController) {
  const matchLabels = spec.selector ?? spec.template?.metadata.labels;
  return matchLabels ? { matchLabels } : undefined;
}

function statusOf(controller: ReplicationController, counts: Counts, failure: Failure | undefined): ReplicationControllerStatus {
  const conditions = withFailure(controller.status.conditions, failure);
  const { fullyLabeledReplicas: labeled, readyReplicas: ready, availableReplicas: available } = counts;
  return {
    replicas: counts.replicas,
    ...(labeled > 0 ? { fullyLabeledReplicas: labeled } : {}),
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    ...(available > 0 ? { availableReplicas: available } : {}),
    ...(controller.metadata.generation === undefined ? {} : { observedGeneration: controller.metadata.generation }),
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}
