import { Deployment } from '../../kinds/apps/deployment.ts';
import { ReplicaSet } from '../../kinds/apps/replica-set.ts';
import { StatefulSet } from '../../kinds/apps/stateful-set.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { ReplicationController } from '../../kinds/core/replication-controller.ts';
import { PodDisruptionBudget } from '../../kinds/policy/pod-disruption-budget.ts';
import { formatLabelSelector, isEmptySelector, matchesLabelSelector, type LabelSelector } from '../../meta/label-selector.ts';
import { formatTime, parseTime } from '../../meta/time.ts';
import { findCondition, setCondition } from '../../rules/pod-conditions.ts';
import { writeStatus } from '../pod-control.ts';
import { controllerOf, defineController, refersTo, watchOf, type Cache, type Context, type Watch } from '../runtime/index.ts';
import { plan, type Workload } from './plan.ts';

/** Keeps count of how many pods each PodDisruptionBudget lets the eviction API take. */
export const disruptionController = defineController({
  name: 'disruption',
  component: 'controllermanager',
  for: PodDisruptionBudget,
  watches: [
    watchOf(Pod, (pod, cache, old) => [...budgetsOf(pod, cache), ...(old && old.metadata.labels !== pod.metadata.labels ? budgetsOf(old, cache) : [])]),
    ...[ReplicaSet, StatefulSet, ReplicationController].map((resource) => podsWorkload(resource)),
    podsWorkload(Deployment),
  ],

  async reconcile(budget, context) {
    const { cache, events, now } = context;
    const pods = cache.list(Pod, budget.metadata.namespace).filter(({ metadata }) => selects(budget.spec.selector, metadata.labels));
    if (pods.length === 0) events.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    const todo = plan({ budget, pods, workloadOf: (pod) => workloadOf(pod, cache), now });
    if (todo.unmanaged.length > 0) events.event(budget, 'Warning', 'UnmanagedPods', unmanagedMessage(budget));
    for (const pod of todo.notDeleted) {
      const { namespace, name } = budget.metadata;
      events.event(pod, 'Warning', 'NotDeleted', `Pod was expected by PDB ${namespace}/${name} to be deleted but it wasn't`);
    }
    await writeStatus(context, PodDisruptionBudget, budget, todo.status);
    return todo.recheckIn;
  },
});

/** An empty selector takes every pod of the namespace, none at all takes none. */
const selects = (selector: LabelSelector | undefined, labels: Readonly<Record<string, string>> | undefined): boolean =>
  selector !== undefined && (isEmptySelector(selector) || matchesLabelSelector(selector, labels));

const unmanagedMessage = ({ spec }: PodDisruptionBudget): string =>
  `Pods selected by this PodDisruptionBudget (selector: ${formatLabelSelector(spec.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;

const keyOf = ({ metadata }: PodDisruptionBudget): string => `${metadata.namespace}/${metadata.name}`;
const budgetsOf = ({ metadata }: Pod, cache: Cache): readonly string[] =>
  cache.list(PodDisruptionBudget, metadata.namespace).filter(({ spec }) => selects(spec.selector, metadata.labels)).map(keyOf);

/** A workload's size is part of its pods' budgets. */
function podsWorkload(resource: typeof ReplicaSet | typeof StatefulSet | typeof ReplicationController | typeof Deployment): Watch {
  return watchOf(resource, (workload, cache, old) =>
    (old && old.spec.replicas === workload.spec.replicas ? [] : cache.list(PodDisruptionBudget, workload.metadata.namespace).map(keyOf)));
}

const SCALED = [ReplicationController, ReplicaSet, StatefulSet] as const;

function workloadOf(pod: Pod, cache: Cache): Workload | undefined {
  const reference = controllerOf(pod);
  const resource = reference && SCALED.find((one) => refersTo(reference, one));
  const found = resource && cache.get(resource as typeof ReplicaSet, reference.name, pod.metadata.namespace);
  if (!found || found.metadata.uid !== reference.uid) return undefined;
  const above = controllerOf(found);
  const deployment = above && refersTo(above, Deployment) ? cache.get(Deployment, above.name, pod.metadata.namespace) : undefined;
  const workload = deployment ?? found;
  return { uid: workload.metadata.uid, replicas: workload.spec.replicas ?? 1 };
}

const PATIENCE = 2 * 60_000;
const GRANTED = new Set(['EvictionByEvictionAPI', 'PreemptionByScheduler', 'DeletionByTaintManager']);

/** Takes back the word that a pod is being disrupted, where two minutes later nothing came of it (KEP-3329). */
export const staleDisruptionController = defineController({
  name: 'stale-pod-disruption',
  component: 'controllermanager',
  for: Pod,
  when: (pod) => findCondition(pod.status.conditions, 'DisruptionTarget')?.status === 'True' && pod.metadata.deletionTimestamp === undefined,

  async reconcile(pod, { client, now }: Context) {
    const condition = findCondition(pod.status.conditions, 'DisruptionTarget');
    if (condition?.status !== 'True' || !GRANTED.has(condition.reason ?? '') || pod.metadata.deletionTimestamp !== undefined) return undefined;
    const left = (parseTime(condition.lastTransitionTime) ?? now) + PATIENCE - now;
    if (left > 0) return left;
    const { reason: _, message: _message, ...rest } = condition;
    const conditions = setCondition(pod.status.conditions, { ...rest, status: 'False', lastTransitionTime: formatTime(now) });
    await client.updateStatus(Pod, { ...pod, status: { ...pod.status, conditions } });
    return undefined;
  },
});
