/** Every controller's deeds, looked at one by one as they leave, by what that controller can know: see view.ts. */
import type { Judges } from '../witness.ts';
import { clusterJudges } from './cluster.ts';
import { daemonSetJudges } from './daemon-set.ts';
import { deploymentJudges } from './deployment.ts';
import { jobJudges } from './job.ts';
import { replicaSetJudges } from './replica-set.ts';
import { statefulSetJudges } from './stateful-set.ts';

export const judges: Judges = { ...replicaSetJudges, ...deploymentJudges, ...statefulSetJudges, ...daemonSetJudges, ...jobJudges, ...clusterJudges };
