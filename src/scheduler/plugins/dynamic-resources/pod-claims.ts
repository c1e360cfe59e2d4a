import { messageOf } from '../../../base/message-of.ts';
import type { ResourceClaim } from '../../../kinds/resource/resource-claim.ts';
import { claimOf, mustBeFor } from '../../../rules/pod-resource-claims.ts';
import type { DeviceView } from '../../dra/devices.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import { rejectForGood, type Rejection } from '../../framework/verdict.ts';

/** The claims that the pod names, or that were made for it. */
export function claimsOf({ pod, namespace }: PodInfo, devices: DeviceView): readonly ResourceClaim[] | Rejection {
  const claims: ResourceClaim[] = [];
  try {
    for (const podClaim of pod.spec.resourceClaims ?? []) {
      const named = claimOf(pod, podClaim);
      if (!named) continue;
      const claim = devices.claim(named.name, namespace);
      if (!claim) return rejectForGood(`resourceclaim.resource.k8s.io "${named.name}" not found`);
      if (claim.metadata.deletionTimestamp) return rejectForGood(`resourceclaim "${named.name}" is being deleted`);
      if (named.isOwn) mustBeFor(pod, claim);
      claims.push(claim);
    }
  } catch (error) {
    return rejectForGood(messageOf(error));
  }
  return claims;
}

/** Why the claim cannot be allocated on any node: another pod is about to, or a class is missing. */
export function whyNot({ metadata, spec }: ResourceClaim, devices: DeviceView): Rejection | undefined {
  const name = `${metadata.namespace}/${metadata.name}`;
  if (devices.isPending(metadata.uid)) return rejectForGood(`resource claim ${name} is in the process of being allocated`);
  for (const request of spec.devices.requests ?? []) {
    const asked = request.exactly
      ? [{ name: request.name, of: request.exactly.deviceClassName }]
      : (request.firstAvailable ?? []).map((one) => ({ name: `${request.name}/${one.name}`, of: one.deviceClassName }));
    if (asked.length === 0) return rejectForGood(`resource claim ${name}, request ${request.name}: unknown request type`);
    const missing = asked.find((one) => !devices.deviceClass(one.of));
    if (missing) return rejectForGood(`request ${missing.name}: device class ${missing.of} does not exist`);
  }
  return undefined;
}
