import { deepEqual } from '../../base/deep-equal.ts';
import { messageOf } from '../../base/message-of.ts';
import { Deployment, type DeploymentStatus } from '../../kinds/apps/deployment.ts';
import { ReplicaSet } from '../../kinds/apps/replica-set.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { isApiError } from '../../meta/api-error.ts';
import { isEmptySelector } from '../../meta/label-selector.ts';
import { isTerminalPhase } from '../../rules/pod-conditions.ts';
import { isNamespaceTerminating } from '../pod-control.ts';
import { claim, controllerOf, defineController, watchOf, type Cache, type Context } from '../runtime/index.ts';
import { REVISION } from './annotations.ts';
import { plan, type Plan } from './plan.ts';
import { hasDeadline, setCondition } from './status.ts';
import { sameTemplate } from './template-hash.ts';

/** Rolls each Deployment's pods out through ReplicaSets, one for each template. */
export const deploymentController = defineController({
  name: 'deployment',
  for: Deployment,
  owns: [ReplicaSet],
  selector: (deployment) => deployment.spec.selector,
  // Recreate waits for the last old pod, which no ReplicaSet's status tells of.
  watches: [watchOf(Pod, (pod, cache) => (isGone(pod) ? deploymentOf(pod, cache) : []))],

  async reconcile(deployment, context) {
    const { cache, client, events, now } = context;
    if (isEmptySelector(deployment.spec.selector)) {
      events.event(deployment, 'Warning', 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.');
      return undefined;
    }
    const { mine: sets, adopt, release } = claim(deployment, deployment.spec.selector, cache.candidates(ReplicaSet, deployment));
    await Promise.all(adopt.map((set) => client.adopt(ReplicaSet, set, deployment)));
    await Promise.all(release.map((set) => client.release(ReplicaSet, set, deployment)));
    if (adopt.length > 0) return 1; // decides once the cache shows them as its own
    const oldPodsRun = (present: ReplicaSet | undefined) => sets.some((set) => set !== present && hasRunningPods(set, cache));
    const todo = plan({ deployment, sets, oldPodsRun, now });
    const status = await carryOut(todo, deployment, context);
    await write(deployment, { ...todo, status }, context);
    return todo.recheckIn;
  },
});

/** Makes, changes and removes ReplicaSets. @returns the status, which knows what failed */
async function carryOut(todo: Plan, deployment: Deployment, context: Context): Promise<DeploymentStatus> {
  const { client, events } = context;
  for (const { before, after } of todo.update) {
    await client.update(ReplicaSet, after);
    const [from, to] = [before.spec.replicas, after.spec.replicas];
    if (from !== to) events.event(deployment, 'Normal', 'ScalingReplicaSet', scaled(after.metadata.name, from, to));
  }
  for (const replicaSet of todo.remove) await client.remove(ReplicaSet, replicaSet);
  return todo.create ? make(todo, deployment, context) : todo.status;
}

const scaled = (name: string, from: number, to: number): string => `Scaled ${to > from ? 'up' : 'down'} replica set ${name} from ${from} to ${to}`;

async function make({ create, status }: Plan, deployment: Deployment, context: Context): Promise<DeploymentStatus> {
  const { client, events, now } = context;
  try {
    const made = await client.create(ReplicaSet, create!);
    if (made.spec.replicas > 0) events.event(deployment, 'Normal', 'ScalingReplicaSet', scaled(made.metadata.name, 0, made.spec.replicas));
    return status;
  } catch (error) {
    if (isNamespaceTerminating(error)) return deployment.status;
    if (isApiError(error, 'AlreadyExists')) return collided(deployment, create!.metadata!.name!, context);
    const message = `Failed to create new replica set "${create!.metadata!.name}": ${messageOf(error)}`;
    events.event(deployment, 'Warning', 'ReplicaSetCreateError', message);
    if (hasDeadline(deployment)) {
      const failed = { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message };
      await write(deployment, { status: { ...deployment.status, conditions: setCondition(deployment.status.conditions ?? [], failed, now) } }, context);
    }
    throw error;
  }
}

/** Another object bears the name: our own from a pass the cache has not shown, or another template with the same hash. */
async function collided(deployment: Deployment, name: string, { client }: Context): Promise<DeploymentStatus> {
  const other = await client.get(ReplicaSet, name, { namespace: deployment.metadata.namespace ?? '' });
  const own = controllerOf(other)?.uid === deployment.metadata.uid && sameTemplate(other.spec.template, deployment.spec.template);
  if (own) return deployment.status;
  // The next pass hashes anew with the count.
  return { ...deployment.status, collisionCount: (deployment.status.collisionCount ?? 0) + 1 };
}

/** Status and revision annotation leave in one write: changing the annotation alone would count as a new generation. */
async function write(deployment: Deployment, { status, revision }: Partial<Plan> & Pick<Plan, 'status'>, { client }: Pick<Context, 'client'>): Promise<void> {
  const annotations = revision === undefined ? deployment.metadata.annotations : { ...deployment.metadata.annotations, [REVISION]: revision };
  const after: Deployment = { ...deployment, metadata: { ...deployment.metadata, ...(annotations ? { annotations } : {}) }, status };
  if (!deepEqual(deployment, after)) await client.updateStatus(Deployment, after);
}

const isGone = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined || isTerminalPhase(pod.status.phase);

function deploymentOf(pod: Pod, cache: Cache): readonly string[] {
  const set = controllerOf(pod);
  const found = set?.kind === 'ReplicaSet' ? cache.get(ReplicaSet, set.name, pod.metadata.namespace) : undefined;
  const deployment = found && controllerOf(found);
  return deployment?.kind === 'Deployment' ? [`${pod.metadata.namespace}/${deployment.name}`] : [];
}

const hasRunningPods = (set: ReplicaSet, cache: Cache): boolean =>
  set.status.replicas > 0 || cache.owned(Pod, set).some((pod) => !isTerminalPhase(pod.status.phase));
