/** What CSI drivers say of themselves, of their nodes and of the room they have. */
import { deepEqual } from '../../base/deep-equal.ts';
import { duplicate, type FieldPath, invalid, notSupported, required } from '../../meta/field-error.ts';
import { dnsSubdomainProblems, qualifiedNameProblems } from '../../meta/names.ts';
import { parseQuantity } from '../../meta/quantity.ts';
import { type Errors, FIELD_IMMUTABLE, immutable, labelSelectorAt, NEGATIVE, nonNegative, problemsAt } from '../checks.ts';
import { driverNameErrors } from '../core/volume-validation.ts';
import type { LabelSelector } from '../meta/label-selector.ts';
import type { CSIDriverSpec, TokenRequest } from './csi-driver.ts';
import type { CSINodeDriver, CSINodeSpec } from './csi-node.ts';

const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;
const MIN_UPDATE_SECONDS = 10;
const FS_GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLES = ['Persistent', 'Ephemeral'];

export function* driverErrors({ spec }: { readonly spec: CSIDriverSpec }, at: FieldPath): Errors {
  const here = at.child('spec');
  const { fsGroupPolicy, tokenRequests = [], volumeLifecycleModes = [], nodeAllocatableUpdatePeriodSeconds: period } = spec;
  if (fsGroupPolicy !== undefined && !FS_GROUP_POLICIES.includes(fsGroupPolicy)) yield notSupported(here.child('fsGroupPolicy'), fsGroupPolicy, FS_GROUP_POLICIES);
  yield* tokenErrors(tokenRequests, here.child('tokenRequests'));
  for (const mode of volumeLifecycleModes) if (!LIFECYCLES.includes(mode)) yield notSupported(here.child('volumeLifecycleModes'), mode, LIFECYCLES);
  if (period !== undefined && period < MIN_UPDATE_SECONDS) {
    yield invalid(here.child('nodeAllocatableUpdatePeriodSeconds'), period, 'must be greater than or equal to 10 seconds');
  }
}

function* tokenErrors(requests: readonly TokenRequest[], at: FieldPath): Errors {
  const audiences = new Set<string>();
  for (const [index, { audience, expirationSeconds: seconds }] of requests.entries()) {
    const here = at.index(index);
    if (audiences.has(audience)) {
      yield duplicate(here.child('audience'), audience);
      continue;
    }
    audiences.add(audience);
    if (seconds === undefined) continue;
    if (seconds < MIN_TOKEN_SECONDS) yield invalid(here.child('expirationSeconds'), seconds, 'may not specify a duration less than 10 minutes');
    if (seconds > MAX_TOKEN_SECONDS) yield invalid(here.child('expirationSeconds'), seconds, 'may not specify a duration larger than 2^32 seconds');
  }
}

/** `attachedRequired`: upstream names the field so in its errors. */
export function* driverUpdateErrors({ spec }: { readonly spec: CSIDriverSpec }, { spec: old }: { readonly spec: CSIDriverSpec }, at: FieldPath): Errors {
  const here = at.child('spec');
  yield* immutable(here.child('attachedRequired'), spec.attachRequired === old.attachRequired, spec.attachRequired);
  yield* immutable(here.child('volumeLifecycleModes'), deepEqual(spec.volumeLifecycleModes, old.volumeLifecycleModes), spec.volumeLifecycleModes);
}

const MAX_NODE_ID = 256;

export function* csiNodeErrors({ spec }: { readonly spec: CSINodeSpec }, at: FieldPath): Errors {
  const names = new Set<string>();
  for (const [index, driver] of (spec.drivers ?? []).entries()) {
    const here = at.child('spec').child('drivers').index(index);
    const { name, nodeID, allocatable } = driver;
    yield* driverNameErrors(name, here.child('name'));
    if (!nodeID) yield required(here.child('nodeID'));
    if (nodeID.length > MAX_NODE_ID) yield invalid(here.child('nodeID'), nodeID, `must be ${MAX_NODE_ID} characters or less`);
    yield* nonNegative(here.child('allocatable').child('count'), allocatable?.count);
    if (names.has(name)) yield duplicate(here.child('name'), name);
    names.add(name);
    yield* topologyKeyErrors(driver, here);
  }
}

/** Upstream speaks of the keys at the driver's own path. */
function* topologyKeyErrors(driver: CSINodeDriver, at: FieldPath): Errors {
  const topologyKeys = driver.topologyKeys ?? [];
  for (const [index, key] of topologyKeys.entries()) {
    if (!key) yield required(at);
    if (topologyKeys.indexOf(key) < index) yield duplicate(at, key);
    yield* problemsAt(at, key, qualifiedNameProblems(key));
  }
}

/** A driver on a node is what it was, but for how many volumes it takes. */
export function* csiNodeUpdateErrors({ spec }: { readonly spec: CSINodeSpec }, { spec: old }: { readonly spec: CSINodeSpec }, at: FieldPath): Errors {
  for (const { allocatable: _was, ...before } of old.drivers ?? []) {
    for (const driver of spec.drivers ?? []) {
      const { allocatable: _is, ...after } = driver;
      if (after.name === before.name && !deepEqual(after, before)) yield invalid(at.child('spec').child('drivers'), after, FIELD_IMMUTABLE);
    }
  }
}

interface Capacity {
  readonly nodeTopology?: LabelSelector;
  readonly storageClassName: string;
  readonly capacity?: string;
}

export function* capacityErrors({ nodeTopology, storageClassName, capacity }: Capacity, at: FieldPath): Errors {
  yield* labelSelectorAt(at.child('nodeTopology'), nodeTopology);
  yield* problemsAt(at.child('storageClassName'), storageClassName, dnsSubdomainProblems(storageClassName));
  if (capacity !== undefined && parseQuantity(capacity).nanos < 0n) yield invalid(at.child('capacity'), capacity, NEGATIVE);
}

export function* capacityUpdateErrors(next: Capacity, old: Capacity, at: FieldPath): Errors {
  yield* immutable(at.child('nodeTopology'), deepEqual(next.nodeTopology, old.nodeTopology), next.nodeTopology);
  yield* immutable(at.child('storageClassName'), next.storageClassName === old.storageClassName, next.storageClassName);
}
