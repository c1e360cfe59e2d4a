import { deepEqual } from '../../base/deep-equal.ts';
import { ControllerRevision } from '../../kinds/apps/controller-revision.ts';
import { isApiError } from '../../meta/api-error.ts';
import { controllerOf, type Context } from '../runtime/index.ts';
import { newRevision, planRevisions, revisionData, type Revised } from './plan.ts';

/** The history after a pass: what there is, oldest first, the present template's revision among it. */
export interface History {
  readonly revisions: readonly ControllerRevision[];
  readonly present: ControllerRevision;
  /** For the status: how often a name was taken. */
  readonly collisions: number;
}

/** Adopts, renumbers and makes revisions, so that the present template has the newest. */
export async function keepHistory(revised: Revised, context: Context): Promise<History> {
  const { cache, client } = context;
  const { adopt, revisions, present } = planRevisions(revised, cache.candidates(ControllerRevision, revised.owner));
  await Promise.all(adopt.map((orphan) => client.adopt(ControllerRevision, orphan, revised.owner)));
  if (present.act === 'keep') return { revisions, present: present.revision, collisions: revised.collisions };
  if (present.act === 'renumber') {
    const { revision, to } = present;
    // An adoption in the same pass has moved its resource version on.
    const base = adopt.includes(revision) ? await client.get(ControllerRevision, revision.metadata.name, placeOf(revised)) : revision;
    const renumbered = await client.update(ControllerRevision, { ...base, revision: to });
    return { revisions: [...revisions.filter((one) => one !== revision), renumbered], present: renumbered, collisions: revised.collisions };
  }
  const made = await make(revised, present.number, context);
  return { revisions: [...revisions, made.revision], present: made.revision, collisions: made.collisions };
}

const placeOf = ({ owner }: Revised) => ({ namespace: owner.metadata.namespace ?? '' });

/** Counts on while names are taken by others' revisions. */
async function make(revised: Revised, number: number, { client }: Context) {
  const data = revisionData(revised.template);
  for (let collisions = revised.collisions; ; collisions++) {
    const wanted = newRevision({ ...revised, collisions }, number);
    try {
      return { revision: await client.create(ControllerRevision, wanted), collisions };
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
      const other = await client.get(ControllerRevision, wanted.metadata!.name!, placeOf(revised));
      const own = controllerOf(other)?.uid === revised.owner.metadata.uid && deepEqual(other.data, data);
      if (own) return { revision: other, collisions };
    }
  }
}

/** Removes revisions; one already gone is no failure. */
export async function removeRevisions(surplus: readonly ControllerRevision[], { client }: Context): Promise<void> {
  for (const revision of surplus) await client.remove(ControllerRevision, revision);
}
