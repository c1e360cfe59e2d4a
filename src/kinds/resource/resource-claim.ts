import type { InstanceOf } from '../../meta/resource.ts';
import { defineKind } from '../../schema/kind.ts';
import { resourceClaimSpec } from './device-claim.ts';
import { resourceClaimStatus } from './device-claim-status.ts';

export const ResourceClaim = defineKind({
  group: 'resource.k8s.io', version: 'v1', kind: 'ResourceClaim', plural: 'resourceclaims',
  scope: 'Namespaced', package: 'api.resource.v1',
  description: 'A request for devices.',
  spec: resourceClaimSpec().required(),
  status: resourceClaimStatus(),
});
export type ResourceClaim = InstanceOf<typeof ResourceClaim>;
