/** What the server says of jobs that may prove too big. */
import type { FieldPath } from '../../meta/field-error.ts';
import { templateWarnings } from '../core/pod-warnings.ts';
import type { JobSpec } from './job-spec.ts';

const MANY_COMPLETIONS = 100_000;
const MUCH_PARALLELISM = 10_000;
const TOO_BIG = 'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail';

export function* jobSpecWarnings(spec: JobSpec, at: FieldPath): Iterable<string> {
  if (spec.completionMode === 'Indexed' && (spec.completions ?? 0) > MANY_COMPLETIONS && (spec.parallelism ?? 0) > MUCH_PARALLELISM) yield `${at}: ${TOO_BIG}`;
  yield* templateWarnings(spec.template, at.child('template'));
}
