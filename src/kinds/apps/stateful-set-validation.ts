import { deepEqual } from '../../base/deep-equal.ts';
import { type FieldPath, forbidden, invalid, notSupported, required } from '../../meta/field-error.ts';
import { type Errors, nonNegative, nonNegatives, replicaCounts } from '../checks.ts';
import type { StatefulSetSpec, StatefulSetStatus } from './stateful-set.ts';
import { atMostAll, collisionErrors, countOrPercent, isNone, lastingTemplateErrors, mismatchErrors, selectorErrors } from './workload-validation.ts';

interface StatefulSetLike {
  readonly spec: StatefulSetSpec;
  readonly status: StatefulSetStatus;
}

export function* statefulSetErrors({ spec }: StatefulSetLike, at: FieldPath): Errors {
  const here = at.child('spec');
  const policy = spec.podManagementPolicy;
  if (policy !== 'OrderedReady' && policy !== 'Parallel') yield invalid(here.child('podManagementPolicy'), policy, "must be 'OrderedReady' or 'Parallel'");
  yield* strategyErrors(spec, here.child('updateStrategy'));
  for (const field of ['whenDeleted', 'whenScaled'] as const) {
    const value = spec.persistentVolumeClaimRetentionPolicy[field];
    if (value !== 'Retain' && value !== 'Delete') yield notSupported(here.child('persistentVolumeClaimRetentionPolicy').child(field), value, ['Retain', 'Delete']);
  }
  yield* nonNegatives(here, spec, ['replicas', 'minReadySeconds']);
  yield* nonNegative(here.child('ordinals.start'), spec.ordinals?.start);
  yield* selectorErrors(spec, 'statefulset', here);
  yield* mismatchErrors(spec, here);
  yield* lastingTemplateErrors(withClaims(spec), 'StatefulSet', here);
}

/** As its pods will be: with a volume for each claim, in the place of one of the same name. */
function withClaims({ template, volumeClaimTemplates = [] }: StatefulSetSpec): StatefulSetSpec['template'] {
  if (volumeClaimTemplates.length === 0) return template;
  const claims = volumeClaimTemplates.map(({ metadata: { name } }) => ({ name, persistentVolumeClaim: { claimName: name, readOnly: false } }));
  const others = (template.spec.volumes ?? []).filter(({ name }) => !claims.some((claim) => claim.name === name));
  return { ...template, spec: { ...template.spec, volumes: [...others, ...claims] } };
}

function* strategyErrors({ updateStrategy }: StatefulSetSpec, at: FieldPath): Errors {
  const { type, rollingUpdate } = updateStrategy;
  const here = at.child('rollingUpdate');
  if (type === 'OnDelete') {
    if (rollingUpdate) yield invalid(here, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'");
  } else if (type !== 'RollingUpdate') yield invalid(at, updateStrategy, "must be 'RollingUpdate' or 'OnDelete'");
  else if (rollingUpdate) {
    const { partition, maxUnavailable } = rollingUpdate;
    yield* nonNegative(here.child('partition'), partition);
    if (maxUnavailable === undefined) return;
    yield* countOrPercent(here.child('maxUnavailable'), maxUnavailable);
    if (isNone(maxUnavailable)) yield invalid(here.child('maxUnavailable'), maxUnavailable, 'cannot be 0');
    yield* atMostAll(here.child('maxUnavailable'), maxUnavailable);
  }
}

const MUTABLE = ['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds'] as const;

export function* statefulSetUpdateErrors({ spec }: StatefulSetLike, { spec: old }: StatefulSetLike, at: FieldPath): Errors {
  const asBefore = Object.fromEntries(MUTABLE.map((field) => [field, old[field]]));
  if (deepEqual({ ...spec, ...asBefore }, old)) return;
  const names = MUTABLE.map((field) => `'${field}'`);
  yield forbidden(at.child('spec'), `updates to statefulset spec for fields other than ${names.slice(0, -1).join(', ')} and ${names.at(-1)} are forbidden`);
}

export function* statefulSetStatusErrors({ status }: StatefulSetLike, { status: old }: StatefulSetLike, at: FieldPath): Errors {
  const here = at.child('status');
  yield* replicaCounts(here, status, [['currentReplicas', status.currentReplicas], ['updatedReplicas', status.updatedReplicas]]);
  yield* nonNegatives(here, status, ['observedGeneration', 'collisionCount']);
  yield* collisionErrors(status.collisionCount, old.collisionCount, here.child('collisionCount'));
}

/** A revision keeps what it was. */
export function* revisionErrors({ data, revision }: { readonly data?: unknown; readonly revision: number }, at: FieldPath): Errors {
  if (data === undefined || data === null) yield required(at.child('data'), 'data is mandatory');
  yield* nonNegative(at.child('revision'), revision);
}
