/**
 * Beta versions that v1.36 no longer serves, for clients of their time (`knarr up --legacy-apis`): each is another view of
 * the one object that is stored in the version of today. What differs between the two is apiserver/conversion's to say.
 */
import type { Kind } from '../../schema/kind.ts';
import { CronJob } from '../batch/cron-job.ts';
import { Eviction } from '../policy/eviction.ts';
import { PodDisruptionBudget } from '../policy/pod-disruption-budget.ts';
import { FormerEndpointSlice } from './endpoint-slice.ts';
import { formerVersion } from './former-version.ts';

export { FormerEndpointSlice } from './endpoint-slice.ts';
export const FormerCronJob = formerVersion(CronJob, 'v1beta1');
export const FormerEviction = formerVersion(Eviction, 'v1beta1');
export const FormerPodDisruptionBudget = formerVersion(PodDisruptionBudget, 'v1beta1');

/** To be served after the kinds of today, which they are stored as. */
export const legacyKinds: readonly Kind[] = [FormerCronJob, FormerEndpointSlice, FormerEviction, FormerPodDisruptionBudget];
