import { ControllerRevision } from '../../kinds/apps/controller-revision.ts';
import { DaemonSet, type DaemonSetStatus } from '../../kinds/apps/daemon-set.ts';
import { Node } from '../../kinds/core/node.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { isEmptySelector } from '../../meta/label-selector.ts';
import { createPod, deletePod, podFrom, writeStatus } from '../pod-control.ts';
import { keepHistory, removeRevisions } from '../revisions/carry-out.ts';
import { surplusRevisions } from '../revisions/plan.ts';
import { claim, defineController, slowStart, watchOf, type Context, type Controller } from '../runtime/index.ts';
import { FailedPods } from './failed-pods.ts';
import { daemonTemplate, generationOf, isMoved, pinned, revisionHashOf } from './placement.ts';
import { plan, type Plan } from './plan.ts';

const HASH_LABEL = 'controller-revision-hash';

/** Keeps one pod on every node that fits, for each DaemonSet. */
export function daemonSetController(): Controller {
  const failedPods = new FailedPods();
  return defineController({
    name: 'daemonset',
    for: DaemonSet,
    owns: [Pod],
    selector: (set) => set.spec.selector,
    reads: [ControllerRevision],
    watches: [watchOf(Node, (node, cache, old) =>
      (old && !isMoved(old, node) ? [] : cache.list(DaemonSet).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)))],
    reconcile: (set, context) => reconcile(set, context, failedPods),
    async gone(key) {
      failedPods.forget(key);
    },
  });
}

async function reconcile(set: DaemonSet, context: Context, failedPods: FailedPods): Promise<number | undefined> {
  const { cache, client, events, now } = context;
  if (isEmptySelector(set.spec.selector)) {
    events.event(set, 'Warning', 'SelectingAll', 'This daemon set is selecting all pods. A non-empty selector is required.');
    return undefined;
  }
  // Of a set being deleted, pods and history go their own ways: no count of them would be right.
  if (set.metadata.deletionTimestamp !== undefined) return undefined;
  const history = await keepHistory({
    owner: set, resource: DaemonSet, selector: set.spec.selector, template: set.spec.template,
    collisions: set.status.collisionCount ?? 0, hashLabel: HASH_LABEL,
  }, context);
  const hash = history.present.metadata.labels?.[HASH_LABEL] ?? '';
  const { mine: pods, adopt, release } = claim(set, set.spec.selector, cache.candidates(Pod, set));
  await Promise.all(adopt.map((pod) => client.adopt(Pod, pod, set)));
  await Promise.all(release.map((pod) => client.release(Pod, pod, set)));
  const key = `${set.metadata.namespace}/${set.metadata.name}`;
  const template = daemonTemplate(set.spec.template);
  const todo = plan({ set, template, hash, pods, nodes: cache.list(Node), pauseOn: (node) => failedPods.wait(key, node, now), now });
  const failure = await carryOut(todo, { set, hash }, context, (node) => failedPods.removed(key, node, now));
  await writeStatus(context, DaemonSet, set, statusOf(set, todo, history.collisions));
  const live = new Set(pods.map(revisionHashOf));
  const isLive = (revision: ControllerRevision) => revision.metadata.name === history.present.metadata.name || live.has(revision.metadata.labels?.[HASH_LABEL]);
  await removeRevisions(surplusRevisions(history.revisions, isLive, set.spec.revisionHistoryLimit ?? 10), context);
  if (failure) throw failure.cause;
  return todo.recheckIn;
}

async function carryOut(todo: Plan, { set, hash }: { readonly set: DaemonSet; readonly hash: string }, context: Context, removed: (node: string) => void): Promise<{ readonly cause: unknown } | undefined> {
  const { namespace, name } = set.metadata;
  for (const { pod, node } of todo.ended) {
    const failed = pod.status.phase === 'Failed';
    const [type, reason, verb] = failed ? (['Warning', 'FailedDaemonPod', 'kill'] as const) : (['Normal', 'SucceededDaemonPod', 'delete'] as const);
    context.events.event(set, type, reason, `Found ${failed ? 'failed' : 'succeeded'} daemon pod ${namespace}/${pod.metadata.name} on node ${node}, will try to ${verb} it`);
    if (failed) removed(node);
  }
  const template = daemonTemplate(set.spec.template);
  const pod = podFrom(template, set, DaemonSet);
  const generation = generationOf(set);
  const labels = { ...template.metadata.labels, ...(generation === undefined ? {} : { 'pod-template-generation': generation }), [HASH_LABEL]: hash };
  const { failure } = await slowStart(todo.create.length, (index) =>
    createPod({ ...pod, metadata: { ...pod.metadata, labels, generateName: `${name}-` }, spec: pinned(template.spec, todo.create[index]!) }, set, context));
  const results = await Promise.allSettled([...todo.remove, ...todo.ended.map((one) => one.pod)].map((one) => deletePod(one, set, context)));
  const refused = results.find((result) => result.status === 'rejected');
  return failure === undefined ? refused && { cause: refused.reason } : { cause: failure };
}

/** Zeros are left out where the server would. */
function statusOf(set: DaemonSet, { counts }: Plan, collisions: number): DaemonSetStatus {
  const { updatedNumberScheduled: updated = 0, numberAvailable: available = 0, numberUnavailable: unavailable = 0, ...required } = counts;
  return {
    ...required,
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
    ...(updated > 0 ? { updatedNumberScheduled: updated } : {}),
    ...(available > 0 ? { numberAvailable: available } : {}),
    ...(unavailable > 0 ? { numberUnavailable: unavailable } : {}),
    ...(collisions > 0 || set.status.collisionCount !== undefined ? { collisionCount: collisions } : {}),
    ...(set.status.conditions ? { conditions: set.status.conditions } : {}),
  };
}
