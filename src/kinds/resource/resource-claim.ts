import type { InstanceOf } from '../../meta/resource.ts';
import { deepEqual } from '../../base/deep-equal.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { withFields } from '../change.ts';
import { immutable } from '../checks.ts';
import { defaultClaimSpec } from './claim-defaults.ts';
import { claimStatusErrors, deviceOf } from './claim-status-validation.ts';
import { deviceClaimErrors } from './claim-validation.ts';
import { resourceClaimSpec } from './device-claim.ts';
import { type ResourceClaimStatus, resourceClaimStatus } from './device-claim-status.ts';

export const ResourceClaim = defineKind({
  group: 'resource.k8s.io', version: 'v1', kind: 'ResourceClaim', plural: 'resourceclaims',
  scope: 'Namespaced', package: 'api.resource.v1',
  description: 'A request for devices.',
  spec: resourceClaimSpec().required(),
  status: resourceClaimStatus(),
  columns: { State: ({ metadata, status }) => stateOf(metadata.deletionTimestamp !== undefined, status), Age: age },
  defaults: (claim) => withFields(claim, { spec: defaultClaimSpec(claim.spec) }),
  prepareForStatusUpdate: (claim, old) => withFields(claim, { status: withoutTakenBack(claim.status, old.status) }),
  validateCreate: ({ spec }, at) => deviceClaimErrors(spec.devices, at.child('spec').child('devices')),
  validateUpdate: ({ spec }, old, at) => immutable(at.child('spec'), deepEqual(spec, old.spec), spec),
  validateStatusUpdate: claimStatusErrors,
});
export type ResourceClaim = InstanceOf<typeof ResourceClaim>;

/** How far a claim has come, for people. */
function stateOf(isDeleted: boolean, status: ResourceClaimStatus): string {
  const states = isDeleted ? ['deleted'] : [];
  if (status.allocation) states.push('allocated', ...(status.reservedFor?.length ? ['reserved'] : []));
  else if (!isDeleted) states.push('pending');
  return states.join(',');
}

/** What was said of devices goes when they are taken back. */
function withoutTakenBack(status: ResourceClaimStatus, old: ResourceClaimStatus): ResourceClaimStatus {
  if (!status.devices) return status;
  const had = new Set((old.allocation?.devices.results ?? []).map(deviceOf));
  for (const result of status.allocation?.devices.results ?? []) had.delete(deviceOf(result));
  const devices = status.devices.filter((device) => !had.has(deviceOf(device)));
  if (devices.length === status.devices.length) return status;
  return withFields(status, { devices: devices.length > 0 ? devices : undefined });
}
