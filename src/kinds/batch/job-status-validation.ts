/** What a job's status may say, whoever manages the job (KEP-4368). */
import { type FieldError, type FieldPath, invalid, required } from '../../meta/field-error.ts';
import { type Errors, nonNegatives } from '../checks.ts';
import type { JobSpec } from './job-spec.ts';
import type { JobStatus } from './job.ts';

interface JobLike {
  readonly spec: JobSpec;
  readonly status: JobStatus;
}

const isTrue = ({ conditions = [] }: JobStatus, type: string): boolean => conditions.some((one) => one.type === type && one.status === 'True');
const isFinished = (status: JobStatus): boolean => isTrue(status, 'Complete') || isTrue(status, 'Failed');

export function* jobStatusErrors({ spec, status }: JobLike, { status: old }: JobLike, at: FieldPath): Errors {
  const here = at.child('status');
  yield* nonNegatives(here, status, ['active', 'succeeded', 'failed', 'ready', 'terminating']);
  yield* finishErrors(status, old, here);
  const { active = 0, ready, terminating } = status;
  if (ready !== undefined && ready > active) yield invalid(here.child('ready'), ready, 'cannot set more ready pods than active');
  if (isTrue(status, 'Complete') && active > 0) yield invalid(here.child('active'), active, 'active>0 is invalid for finished job');
  if (isFinished(status) && terminating !== undefined && terminating > 0) yield invalid(here.child('terminating'), terminating, 'terminating>0 is invalid for finished job');
  if (spec.completionMode === 'Indexed') return;
  if (status.completedIndexes) yield invalid(here.child('completedIndexes'), status.completedIndexes, 'cannot set non-empty completedIndexes when non-indexed completion mode');
  if (status.failedIndexes !== undefined) yield invalid(here.child('failedIndexes'), status.failedIndexes, 'cannot set non-null failedIndexes when indexed completion mode');
}

const wrong = (at: FieldPath, detail: string): FieldError => ({ reason: 'FieldValueInvalid', field: at.toString(), message: `Invalid value: ${detail}` });

/**
 * What is over stays over, with one outcome. That FailureTarget and SuccessCriteriaMet come before Failed and Complete is not asked:
 * job controllers older than those conditions work against this server.
 */
function* finishErrors(status: JobStatus, old: JobStatus, at: FieldPath): Errors {
  const here = at.child('conditions');
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (isTrue(old, type) && !isTrue(status, type)) yield wrong(here, `cannot disable the terminal ${type}=True condition`);
  }
  if (isTrue(old, 'SuccessCriteriaMet') && !isTrue(status, 'SuccessCriteriaMet')) yield wrong(here, 'cannot disable the SuccessCriteriaMet=True condition');
  if (isTrue(status, 'Complete') && isTrue(status, 'Failed')) yield wrong(here, 'cannot set Complete=True and Failed=true conditions');
  if (isTrue(status, 'Complete') && isTrue(status, 'FailureTarget')) yield wrong(here, 'cannot set Complete=True and FailureTarget=true conditions');
  const time = at.child('completionTime');
  if (status.completionTime === undefined) {
    if (isTrue(status, 'Complete')) yield required(time, 'completionTime is required for Complete jobs');
  } else if (!isTrue(status, 'Complete')) yield invalid(time, status.completionTime, 'cannot set completionTime when there is no Complete=True condition');
}
