import { deepEqual } from '../../base/deep-equal.ts';
import { messageOf } from '../../base/message-of.ts';
import { CronJob } from '../../kinds/batch/cron-job.ts';
import { Job } from '../../kinds/batch/job.ts';
import { isApiError } from '../../meta/api-error.ts';
import { formatTime } from '../../meta/time.ts';
import { isNamespaceTerminating } from '../pod-control.ts';
import { controllerOf, defineController, type Context } from '../runtime/index.ts';
import { plan, referenceTo, type Plan } from './plan.ts';

/** Makes a Job whenever a CronJob's schedule says so. */
export const cronJobController = defineController({
  name: 'cronjob',
  component: 'cronjob-controller',
  for: CronJob,
  owns: [Job],

  async reconcile(cron, context) {
    const todo = plan(cron, context.cache.owned(Job, cron), context.now);
    for (const event of todo.announce) context.events.event(cron, ...event);
    for (const job of todo.remove) await remove(job, cron, context);
    const made = await make(todo, cron, context);
    const active = [...(todo.status.active ?? []), ...(made ? [referenceTo(made)] : [])];
    const status = {
      ...todo.status,
      ...(active.length > 0 ? { active } : {}),
      ...(made ? { lastScheduleTime: formatTime(todo.due!) } : {}),
    };
    if (!deepEqual(cron.status, status)) await context.client.updateStatus(CronJob, { ...cron, status });
    return todo.recheckIn;
  },
});

async function remove(job: Job, cron: CronJob, { client, events }: Context): Promise<void> {
  try {
    const removed = await client.remove(Job, job, { propagationPolicy: 'Background' });
    if (removed) events.event(cron, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
  } catch (error) {
    events.event(cron, 'Warning', 'FailedDelete', `Deleted job: ${messageOf(error)}`);
    throw error;
  }
}

/** @returns the job as it now stands: made, or found where an earlier pass died before it wrote the status */
async function make({ create }: Plan, cron: CronJob, { client, events }: Context): Promise<Job | undefined> {
  if (!create) return undefined;
  try {
    const made = await client.create(Job, create);
    events.event(cron, 'Normal', 'SuccessfulCreate', `Created job ${made.metadata.name}`);
    return made;
  } catch (error) {
    if (isNamespaceTerminating(error)) return undefined;
    if (isApiError(error, 'AlreadyExists')) {
      const found = await client.get(Job, create.metadata!.name!, { namespace: cron.metadata.namespace ?? '' });
      if (controllerOf(found)?.uid === cron.metadata.uid) return found;
    }
    events.event(cron, 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`);
    throw error;
  }
}
