import { Job } from '../../kinds/batch/job.ts';
import { isApiError } from '../../meta/api-error.ts';
import { parseTime } from '../../meta/time.ts';
import { defineController } from '../runtime/index.ts';

/** Deletes each Job `ttlSecondsAfterFinished` after it ended, its pods first (KEP-592). */
export const ttlAfterFinishedController = defineController({
  name: 'ttl-after-finished',
  component: 'ttl-after-finished-controller',
  for: Job,

  async reconcile(job, { client, now }) {
    const end = expiry(job);
    if (end === undefined || job.metadata.deletionTimestamp !== undefined) return undefined;
    if (end > now) return end - now;
    const { name, namespace = '', uid } = job.metadata;
    // The cache may lag behind a change of the time to live: ask before deleting.
    const fresh = await client.get(Job, name, { namespace }).catch((error: unknown) => {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    });
    const still = fresh?.metadata.uid === uid ? expiry(fresh) : undefined;
    if (still === undefined || still > now) return still && still - now;
    const preconditions = { uid, resourceVersion: fresh!.metadata.resourceVersion };
    await client.delete(Job, name, { namespace, propagationPolicy: 'Foreground', preconditions });
    return undefined;
  },
});

/** When the job's time is up, milliseconds since the epoch. */
function expiry({ spec, status }: Job): number | undefined {
  const end = status.conditions?.find((condition) => (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True');
  const at = parseTime(end?.lastTransitionTime);
  return spec.ttlSecondsAfterFinished === undefined || at === undefined ? undefined : at + spec.ttlSecondsAfterFinished * 1000;
}
