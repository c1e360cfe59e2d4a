/** What `kubectl get jobs` shows of a job. */
import { humanDuration } from '../../meta/human-duration.ts';
import type { JobSpec } from './job-spec.ts';
import type { JobStatus } from './job.ts';

interface JobLike {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly spec: JobSpec;
  readonly status: JobStatus;
}

const WORDS: readonly (readonly [condition: string, shown: string])[] = [
  ['Complete', 'Complete'], ['Failed', 'Failed'], ['Suspended', 'Suspended'], ['FailureTarget', 'FailureTarget'], ['SuccessCriteriaMet', 'SuccessCriteriaMet'],
];

export function statusCell({ metadata, status }: JobLike): string {
  const holds = (name: string) => status.conditions?.some(({ type, status: value }) => type === name && value === 'True') ?? false;
  const done = WORDS.slice(0, 2).find(([condition]) => holds(condition));
  if (done) return done[1];
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  return WORDS.slice(2).find(([condition]) => holds(condition))?.[1] ?? 'Running';
}

export function completionsCell({ spec, status }: JobLike): string {
  const succeeded = status.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  return (spec.parallelism ?? 0) > 1 ? `${succeeded}/1 of ${spec.parallelism}` : `${succeeded}/1`;
}

export function durationCell({ status }: JobLike, now: number): string {
  if (status.startTime === undefined) return '';
  const end = status.completionTime === undefined ? now : Date.parse(status.completionTime);
  return humanDuration(end - Date.parse(status.startTime));
}
