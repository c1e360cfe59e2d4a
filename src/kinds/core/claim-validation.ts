/** Claims of storage: PersistentVolumeClaims, and the templates of them. */
import { type FieldPath, forbidden, invalid, notSupported, required } from '../../meta/field-error.ts';
import { dnsSubdomainProblems } from '../../meta/names.ts';
import { parseQuantity } from '../../meta/quantity.ts';
import { type Errors, labelSelectorAt, NOT_POSITIVE, problemsAt } from '../checks.ts';
import type { PersistentVolumeClaimSpec } from './persistent-volume-claim.ts';
import { amountErrors } from './resource-validation.ts';
import { deepEqual } from '../../base/deep-equal.ts';

export const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

export function* accessModeErrors(modes: readonly string[], at: FieldPath): Errors {
  for (const mode of modes) if (!ACCESS_MODES.includes(mode)) yield notSupported(at, mode, ACCESS_MODES);
  if (modes.length > 1 && modes.includes('ReadWriteOncePod')) yield forbidden(at, 'may not use ReadWriteOncePod with other access modes');
}

/** An amount of storage, more than none. */
export function* storageErrors(amount: string, at: FieldPath): Errors {
  yield* amountErrors('storage', amount, at);
  if (parseQuantity(amount).nanos <= 0n) yield invalid(at, amount, NOT_POSITIVE);
}

export function* claimSpecErrors(spec: PersistentVolumeClaimSpec, at: FieldPath): Errors {
  const { accessModes = [], selector, resources, storageClassName, dataSource, dataSourceRef, volumeAttributesClassName: attributes } = spec;
  if (accessModes.length === 0) yield required(at.child('accessModes'), 'at least 1 access mode is required');
  yield* labelSelectorAt(at.child('selector'), selector);
  yield* accessModeErrors(accessModes, at.child('accessModes'));
  const storage = resources.requests?.storage;
  if (storage === undefined) yield required(at.child('resources').key('storage'));
  else yield* storageErrors(storage, at.child('resources').key('storage'));
  if (storageClassName) yield* problemsAt(at.child('storageClassName'), storageClassName, dnsSubdomainProblems(storageClassName));
  if (attributes) yield* problemsAt(at.child('volumeAttributesClassName'), attributes, dnsSubdomainProblems(attributes));
  for (const [field, source] of [['dataSource', dataSource], ['dataSourceRef', dataSourceRef]] as const) {
    if (!source) continue;
    const { kind } = source;
    const apiGroup = source.apiGroup ?? '';
    if (apiGroup === '' && kind !== 'PersistentVolumeClaim') yield invalid(at.child(field), kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
    else if (apiGroup !== '') yield* problemsAt(at.child(field).child('apiGroup'), apiGroup, dnsSubdomainProblems(apiGroup));
  }
  if (dataSourceRef?.namespace) {
    if (dataSource) yield invalid(at, 'dataSource', 'may not be specified when dataSourceRef.namespace is specified');
  } else if (dataSource && dataSourceRef && !deepEqual({ ...dataSource }, { ...dataSourceRef })) {
    yield invalid(at, 'dataSource', 'must match dataSourceRef');
  }
}
