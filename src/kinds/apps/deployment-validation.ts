import { type FieldPath, forbidden, invalid, notSupported } from '../../meta/field-error.ts';
import { type Errors, nonNegatives, replicaCounts } from '../checks.ts';
import type { DeploymentSpec, DeploymentStatus, DeploymentStrategy } from './deployment.ts';
import { atMostAll, collisionErrors, countOrPercent, isNone, lastingTemplateErrors, mismatchErrors, selectorErrors } from './workload-validation.ts';

interface DeploymentLike {
  readonly spec: DeploymentSpec;
  readonly status: DeploymentStatus;
}

export function* deploymentErrors({ spec }: DeploymentLike, at: FieldPath): Errors {
  const here = at.child('spec');
  yield* nonNegatives(here, spec, ['replicas', 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds']);
  yield* selectorErrors(spec, 'deployment', here);
  yield* mismatchErrors(spec, here);
  yield* lastingTemplateErrors(spec.template, 'ReplicaSet', here);
  yield* strategyErrors(spec.strategy, here.child('strategy'));
  if (spec.progressDeadlineSeconds <= (spec.minReadySeconds ?? 0)) yield invalid(here.child('progressDeadlineSeconds'), spec.progressDeadlineSeconds, 'must be greater than minReadySeconds');
}

function* strategyErrors(strategy: DeploymentStrategy, at: FieldPath): Errors {
  const { type, rollingUpdate } = strategy;
  if (type !== 'Recreate' && type !== 'RollingUpdate') return void (yield notSupported(at, strategy, ['Recreate', 'RollingUpdate']));
  if (!rollingUpdate) return;
  const here = at.child('rollingUpdate');
  if (type === 'Recreate') return void (yield forbidden(here, "may not be specified when strategy `type` is 'Recreate'"));
  const { maxUnavailable, maxSurge } = rollingUpdate;
  yield* countOrPercent(here.child('maxUnavailable'), maxUnavailable);
  yield* countOrPercent(here.child('maxSurge'), maxSurge);
  if (isNone(maxUnavailable) && isNone(maxSurge)) yield invalid(here.child('maxUnavailable'), maxUnavailable, 'may not be 0 when `maxSurge` is 0');
  yield* atMostAll(here.child('maxUnavailable'), maxUnavailable);
}

export function* deploymentStatusErrors({ status }: DeploymentLike, { status: old }: DeploymentLike, at: FieldPath): Errors {
  const here = at.child('status');
  yield* replicaCounts(here, status, [['updatedReplicas', status.updatedReplicas]]);
  yield* nonNegatives(here, status, ['observedGeneration', 'unavailableReplicas', 'collisionCount', 'terminatingReplicas']);
  yield* collisionErrors(status.collisionCount, old.collisionCount, here.child('collisionCount'));
}
