import { type FieldPath, invalid, notSupported, required } from '../../meta/field-error.ts';
import { type Errors, nonNegatives } from '../checks.ts';
import type { DaemonSetSpec, DaemonSetStatus } from './daemon-set.ts';
import { atMostAll, collisionErrors, countOrPercent, isNone, lastingTemplateErrors, mismatchErrors, selectorErrors } from './workload-validation.ts';

interface DaemonSetLike {
  readonly spec: DaemonSetSpec;
  readonly status: DaemonSetStatus;
}

export function* daemonSetErrors({ spec }: DaemonSetLike, at: FieldPath): Errors {
  const here = at.child('spec');
  yield* selectorErrors(spec, 'daemonset', here);
  yield* mismatchErrors(spec, here);
  yield* lastingTemplateErrors(spec.template, 'DaemonSet', here);
  yield* nonNegatives(here, spec, ['minReadySeconds', 'revisionHistoryLimit']);
  yield* strategyErrors(spec, here.child('updateStrategy'));
}

function* strategyErrors({ updateStrategy: { type, rollingUpdate } }: DaemonSetSpec, at: FieldPath): Errors {
  if (type === 'OnDelete') return;
  if (type !== 'RollingUpdate') return void (yield notSupported(at, type, ['RollingUpdate', 'OnDelete']));
  if (!rollingUpdate) return void (yield required(at.child('rollingUpdate')));
  const here = at.child('rollingUpdate');
  const { maxUnavailable, maxSurge } = rollingUpdate;
  for (const [field, value] of [['maxUnavailable', maxUnavailable], ['maxSurge', maxSurge]] as const) {
    yield* countOrPercent(here.child(field), value);
    yield* atMostAll(here.child(field), value);
  }
  if (!isNone(maxUnavailable) && !isNone(maxSurge)) yield invalid(here.child('maxSurge'), maxSurge, 'may not be set when maxUnavailable is non-zero');
  else if (isNone(maxUnavailable) && isNone(maxSurge)) yield required(here.child('maxUnavailable'), 'cannot be 0 when maxSurge is 0');
}

export function* daemonSetStatusErrors({ status }: DaemonSetLike, { status: old }: DaemonSetLike, at: FieldPath): Errors {
  const here = at.child('status');
  yield* nonNegatives(here, status, [
    'currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady', 'observedGeneration',
    'updatedNumberScheduled', 'numberAvailable', 'numberUnavailable', 'collisionCount',
  ]);
  yield* collisionErrors(status.collisionCount, old.collisionCount, here.child('collisionCount'));
}
