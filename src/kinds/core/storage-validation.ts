/** PersistentVolumes, and what of them and of claims may change. */
import { deepEqual } from '../../base/deep-equal.ts';
import { type FieldPath, forbidden, invalid, notSupported, required } from '../../meta/field-error.ts';
import { dnsSubdomainProblems } from '../../meta/names.ts';
import { compareQuantity, parseQuantity } from '../../meta/quantity.ts';
import { type Errors, hasBackstep, immutable, problemsAt } from '../checks.ts';
import { nodeSelectorErrors } from './affinity-validation.ts';
import { accessModeErrors, claimSpecErrors, storageErrors } from './claim-validation.ts';
import type { PersistentVolumeClaimSpec, PersistentVolumeClaimStatus } from './persistent-volume-claim.ts';
import type { PersistentVolumeSpec } from './persistent-volume-spec.ts';
import { driverNameErrors } from './volume-validation.ts';

/** Everything of a volume's spec that is no source of storage. */
const NOT_SOURCES = new Set([
  'capacity', 'accessModes', 'claimRef', 'persistentVolumeReclaimPolicy', 'storageClassName', 'mountOptions', 'volumeMode', 'nodeAffinity', 'volumeAttributesClassName',
]);
const sourcesOf = (spec: PersistentVolumeSpec) => Object.fromEntries(Object.entries(spec).filter(([field, value]) => value !== undefined && !NOT_SOURCES.has(field)));

export function* volumeErrors({ spec }: { readonly spec: PersistentVolumeSpec }, at: FieldPath): Errors {
  const here = at.child('spec');
  const { accessModes = [], capacity = {} } = spec;
  yield* modesErrors(accessModes, here.child('accessModes'));
  if (Object.keys(capacity).length === 0) yield required(here.child('capacity'));
  if (capacity.storage === undefined || Object.keys(capacity).length > 1) yield notSupported(here.child('capacity'), capacity, ['storage']);
  yield* heldErrors(spec, here);
}

const INLINE = 'in the context of inline volumes';

/** A volume described within an attachment: only of a CSI driver, and bound to nothing. */
export function* inlineVolumeErrors(spec: PersistentVolumeSpec, at: FieldPath): Errors {
  if (spec.claimRef) yield forbidden(at.child('claimRef'), `may not be specified ${INLINE}`);
  if (Object.keys(spec.capacity ?? {}).length > 0) yield forbidden(at.child('capacity'), `may not be specified ${INLINE}`);
  if (!spec.csi) yield required(at.child('csi'), `has to be specified ${INLINE}`);
  yield* modesErrors(spec.accessModes ?? [], at.child('accessModes'));
  yield* heldErrors(spec, at);
}

function* modesErrors(modes: readonly string[], at: FieldPath): Errors {
  if (modes.length === 0) yield required(at);
  yield* accessModeErrors(modes, at);
}

/** What holds of volumes wherever they are described. */
function* heldErrors(spec: PersistentVolumeSpec, here: FieldPath): Errors {
  const { capacity = {}, hostPath, local, nodeAffinity, storageClassName, csi } = spec;
  for (const [name, amount] of Object.entries(capacity)) yield* storageErrors(amount, here.child('capacity').key(name));
  const sources = Object.keys(sourcesOf(spec));
  if (sources.length === 0) yield required(here, 'must specify a volume type');
  for (const source of sources.slice(1)) yield forbidden(here.child(source), 'may not specify more than 1 volume type');
  if (nodeAffinity?.required) yield* nodeSelectorErrors(nodeAffinity.required, here.child('nodeAffinity').child('required'));
  else if (nodeAffinity) yield required(here.child('nodeAffinity').child('required'), 'must specify required node constraints');
  if (local && !nodeAffinity) yield required(here.child('nodeAffinity'), 'Local volume requires node affinity');
  if (hostPath?.path && hasBackstep(hostPath.path)) yield invalid(here.child('hostPath').child('path'), hostPath.path, "must not contain '..'");
  if (hostPath && /^\/+$/.test(hostPath.path) && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    yield forbidden(here.child('persistentVolumeReclaimPolicy'), "may not be 'recycle' for a hostPath mount of '/'");
  }
  if (csi) yield* driverNameErrors(csi.driver, here.child('csi').child('driver'));
  if (storageClassName) yield* problemsAt(here.child('storageClassName'), storageClassName, dnsSubdomainProblems(storageClassName));
  const { volumeAttributesClassName: attributes } = spec;
  if (attributes === undefined) return;
  if (attributes === '') yield required(here.child('volumeAttributesClassName'), 'an empty string is disallowed');
  else yield* problemsAt(here.child('volumeAttributesClassName'), attributes, dnsSubdomainProblems(attributes));
  if (!csi) yield required(here.child('csi'), 'has to be specified when using volumeAttributesClassName');
}

export function* volumeUpdateErrors({ spec }: { readonly spec: PersistentVolumeSpec }, { spec: old }: { readonly spec: PersistentVolumeSpec }, at: FieldPath): Errors {
  if (!deepEqual(sourcesOf(spec), sourcesOf(old))) yield forbidden(at.child('spec').child('persistentvolumesource'), 'spec.persistentvolumesource is immutable after creation\n');
  yield* immutable(at.child('volumeMode'), spec.volumeMode === old.volumeMode, spec.volumeMode);
  if (old.nodeAffinity && !deepEqual(spec.nodeAffinity, withNewKeys(old.nodeAffinity, spec.nodeAffinity))) {
    yield invalid(at.child('nodeAffinity'), spec.nodeAffinity, 'field is immutable, except for updating from beta label to GA');
  }
  if (old.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    yield forbidden(at.child('spec').child('volumeAttributesClassName'), 'update from non-nil value to nil is forbidden');
  }
}

const NEW_KEYS = new Map([
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'], ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'], ['beta.kubernetes.io/os', 'kubernetes.io/os'], ['beta.kubernetes.io/arch', 'kubernetes.io/arch'],
]);

type Affinity = NonNullable<PersistentVolumeSpec['nodeAffinity']>;

/** An affinity with the labels' new names wherever `next` has them. */
function withNewKeys(old: Affinity, next: Affinity | undefined): Affinity {
  const terms = old.required?.nodeSelectorTerms?.map((term, index) => {
    const matchExpressions = term.matchExpressions?.map((one, position) => {
      const key = next?.required?.nodeSelectorTerms?.[index]?.matchExpressions?.[position]?.key;
      return key !== undefined && NEW_KEYS.get(one.key) === key ? { ...one, key } : one;
    });
    return matchExpressions ? { ...term, matchExpressions } : term;
  });
  return old.required && terms ? { ...old, required: { ...old.required, nodeSelectorTerms: terms } } : old;
}

interface ClaimLike {
  readonly spec: PersistentVolumeClaimSpec;
  readonly status: PersistentVolumeClaimStatus;
}

export const claimErrors = ({ spec }: ClaimLike, at: FieldPath): Errors => claimSpecErrors(spec, at.child('spec'));

/** A claim may be bound once, and grow while it is bound. */
export function* claimUpdateErrors({ spec, status }: ClaimLike, { spec: old, status: oldStatus }: ClaimLike, at: FieldPath): Errors {
  const here = at.child('spec');
  const [size, before, actual] = [spec.resources.requests?.storage, old.resources.requests?.storage, oldStatus.capacity?.storage];
  const resources = status.phase === 'Bound' ? { ...spec.resources, requests: { ...spec.resources.requests, ...(before === undefined ? {} : { storage: before }) } } : spec.resources;
  // A class may be given to a claim that has none: the default one was made after it (KEP-3333).
  const storageClassName = old.storageClassName === undefined ? undefined : spec.storageClassName;
  const asBefore = {
    ...spec, resources, storageClassName, volumeAttributesClassName: old.volumeAttributesClassName, volumeName: old.volumeName ? spec.volumeName : old.volumeName,
  };
  if (!deepEqual(asBefore, old)) yield forbidden(here, 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n');
  if (size !== undefined && before !== undefined && compareQuantity(parseQuantity(size), parseQuantity(before)) < 0) {
    const shrinksBelow = actual === undefined || compareQuantity(parseQuantity(size), parseQuantity(actual)) <= 0;
    if (shrinksBelow) yield forbidden(here.child('resources.requests.storage'), 'field can not be less than status.capacity');
  }
  yield* immutable(at.child('volumeMode'), spec.volumeMode === old.volumeMode, spec.volumeMode);
  if (oldStatus.currentVolumeAttributesClassName === undefined || spec.volumeAttributesClassName || spec.volumeAttributesClassName === old.volumeAttributesClassName) return;
  const to = spec.volumeAttributesClassName === undefined ? 'nil' : 'empty string';
  yield forbidden(here.child('volumeAttributesClassName'), `update to ${to} is forbidden when status.currentVolumeAttributesClassName is not nil`);
}

const RESIZING = ['ControllerResizeInProgress', 'ControllerResizeInfeasible', 'NodeResizeInProgress', 'NodeResizeInfeasible', 'NodeResizePending'];

/** What drivers say of a claim: amounts, and how far growing has come (KEP-1790). */
export function* claimStatusErrors({ status }: ClaimLike, _old: ClaimLike, at: FieldPath): Errors {
  const { capacity = {}, allocatedResources = {}, allocatedResourceStatuses = {} } = status;
  const here = at.child('status');
  for (const [name, amount] of Object.entries(capacity)) yield* basicAmountErrors(amount, here.child('capacity').key(name));
  for (const [name, state] of Object.entries(allocatedResourceStatuses)) {
    yield* resourceKeyErrors(name, here.child('allocatedResourceStatus'));
    if (!RESIZING.includes(state)) yield notSupported(here.child('allocatedResourceStatus'), name, RESIZING);
  }
  for (const [name, amount] of Object.entries(allocatedResources)) {
    yield* resourceKeyErrors(name, here.child('allocatedResources'));
    yield* basicAmountErrors(amount, here.child('allocatedResources').key(name));
  }
}

/** Storage, or a driver's own resource under its own domain. */
function* resourceKeyErrors(name: string, at: FieldPath): Errors {
  const domain = name.includes('/') ? name.slice(0, name.indexOf('/')) : 'kubernetes.io';
  if (name !== 'storage' && (domain === 'kubernetes.io' || domain.endsWith('.kubernetes.io'))) yield notSupported(at, name, ['storage']);
}

function* basicAmountErrors(amount: string, at: FieldPath): Errors {
  if (parseQuantity(amount).nanos < 0n) yield invalid(at, amount, 'must be a valid resource quantity');
}
