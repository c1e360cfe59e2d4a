import { StatefulSet } from '../../kinds/apps/stateful-set.ts';
import { ControllerRevision } from '../../kinds/apps/controller-revision.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { writeStatus } from '../pod-control.ts';
import { keepHistory, removeRevisions, type History } from '../revisions/carry-out.ts';
import { surplusRevisions, templateOf } from '../revisions/plan.ts';
import { claim, defineController, watchOf, type Context } from '../runtime/index.ts';
import { carryOut } from './carry-out.ts';
import { ordinalOf, revisionOf } from './identity.ts';
import { plan, type Revision } from './plan.ts';
import { statusOf } from './status.ts';

const HASH_LABEL = 'controller.kubernetes.io/hash';

/** Keeps pods with names, places and storage of their own for each StatefulSet. */
export const statefulSetController = defineController({
  name: 'statefulset',
  for: StatefulSet,
  owns: [Pod],
  selector: (set) => set.spec.selector,
  reads: [ControllerRevision],
  // A claim that goes lets the next pod take its name.
  watches: [watchOf(PersistentVolumeClaim, (one, cache) =>
    cache.list(StatefulSet, one.metadata.namespace).filter((set) => mountsClaim(set, one)).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))],

  async reconcile(set, context) {
    const { cache, client, now } = context;
    const pods = await podsOf(set, context);
    const { collisionCount = 0, currentRevision } = set.status;
    const history = await keepHistory(
      { owner: set, resource: StatefulSet, selector: set.spec.selector, template: set.spec.template, collisions: collisionCount, hashLabel: HASH_LABEL }, context);
    const { current, update } = revisionsOf(set, history);
    const todo = plan({ set, pods, current, update, now, claim: (name) => cache.get(PersistentVolumeClaim, name, set.metadata.namespace) });
    const failure = await carryOut(todo, set, context);
    const status = statusOf({ set, pods, current: current.name, update: update.name, collisions: history.collisions, outdated: todo.outdated, now });
    await writeStatus({ client }, StatefulSet, set, status);
    await trim(set, history, new Set([current.name, update.name, currentRevision, ...pods.map(revisionOf)]), context);
    if (failure) throw failure.cause;
    return todo.recheckIn;
  },
});

/** Only what bears a member's name is taken on. */
async function podsOf(set: StatefulSet, { cache, client }: Context): Promise<readonly Pod[]> {
  const candidates = cache.candidates(Pod, set).filter((pod) => ordinalOf(pod, set) !== undefined);
  const { mine, adopt, release } = claim(set, set.spec.selector, candidates);
  await Promise.all(adopt.map((pod) => client.adopt(Pod, pod, set)));
  await Promise.all(release.map((pod) => client.release(Pod, pod, set)));
  return mine;
}

function revisionsOf(set: StatefulSet, { revisions, present }: History): { readonly current: Revision; readonly update: Revision } {
  const update = { name: present.metadata.name, template: set.spec.template };
  const left = revisions.find(({ metadata }) => metadata.name === set.status.currentRevision);
  const template = left && templateOf(left);
  return { current: template ? { name: left.metadata.name, template } : update, update };
}

async function trim(set: StatefulSet, { revisions }: History, live: ReadonlySet<string | undefined>, context: Context): Promise<void> {
  const limit = set.spec.revisionHistoryLimit;
  if (limit === undefined) return;
  await removeRevisions(surplusRevisions(revisions, ({ metadata }) => live.has(metadata.name), limit), context);
}

const mountsClaim = ({ metadata, spec }: StatefulSet, one: PersistentVolumeClaim): boolean =>
  spec.volumeClaimTemplates?.some((template) => one.metadata.name.startsWith(`${template.metadata.name}-${metadata.name}-`)) ?? false;
