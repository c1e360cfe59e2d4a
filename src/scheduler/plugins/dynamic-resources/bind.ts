import { messageOf } from '../../../base/message-of.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Client } from '../../../client/index.ts';
import { Pod } from '../../../kinds/core/pod.ts';
import type { AllocationResult } from '../../../kinds/resource/device-claim-status.ts';
import { ResourceClaim } from '../../../kinds/resource/resource-claim.ts';
import { isApiError } from '../../../meta/api-error.ts';
import { isReservedFor } from '../../../rules/pod-resource-claims.ts';
import type { DeviceView } from '../../dra/devices.ts';
import { eitherOf } from '../../framework/either-of.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import type { ExtendedClaim } from './extended.ts';
import { isLate, readinessOf, takesTime, BINDING_TIMEOUT } from './readiness.ts';

export interface BindClaims {
  readonly client: Pick<Client, 'get' | 'create' | 'update' | 'updateStatus' | 'patch' | 'delete'>;
  readonly clock: Clock;
  readonly devices: DeviceView;
  /** Tells of the pod. */
  readonly event: (pod: PodInfo, event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }) => void;
}

/** A claim a pod will use on its node, and what is to be given to it if it has nothing yet. */
export interface Decided {
  readonly claim: ResourceClaim;
  readonly allocation?: AllocationResult;
  /** The claim is still to be made. */
  readonly extended?: ExtendedClaim;
}

/** Keeps a claim while devices are given to it. */
const FINALIZER = 'resource.kubernetes.io/delete-protection';
const ATTEMPTS = 5;
const POLL = 5_000;

const nameOf = ({ metadata }: ResourceClaim): string => `${metadata.namespace}/${metadata.name}`;

/** Writes what was decided, then waits for devices that take time. `told` gets each claim as it is written. @throws Error with upstream's text */
export async function bindClaims(decided: readonly Decided[], { pod, node, told }: { readonly pod: PodInfo; readonly node: string; readonly told: (index: number, claim: ResourceClaim) => void }, services: BindClaims & { readonly signal: AbortSignal }): Promise<void> {
  const { signal } = services;
  const bound: ResourceClaim[] = [];
  for (const [index, one] of decided.entries()) {
    let { claim } = one;
    if (one.extended) {
      claim = await createExtended(one.extended, services);
      told(index, claim);
    }
    if (!isReservedFor(claim, pod.uid)) claim = await reserveClaim({ ...one, claim }, pod, services);
    told(index, claim);
    bound.push(claim);
    if (one.extended) await tellOfExtended(pod, { resourceClaimName: claim.metadata.name, requestMappings: one.extended.mappings }, services);
  }
  if (!bound.some(takesTime)) return;
  services.event(pod, { type: 'Normal', reason: 'BindingConditionsPending', message: `waiting for binding conditions for device on node ${node}` });
  const deadline = services.clock.now() + BINDING_TIMEOUT;
  while (!areReady(bound, services)) {
    if (services.clock.now() >= deadline) throw new Error('device binding timeout');
    await eitherOf(services.devices.untilChange(), { clock: services.clock, atMost: POLL }, signal);
  }
}

function areReady(claims: readonly ResourceClaim[], { devices, clock }: BindClaims): boolean {
  for (const { metadata: { name, namespace = '' } } of claims) {
    const claim = devices.claim(name, namespace);
    if (!claim) throw new Error(`resourceclaim.resource.k8s.io "${name}" not found`);
    const readiness = readinessOf(claim);
    if (readiness.type === 'failed') throw new Error(readiness.message);
    if (readiness.type === 'ready') continue;
    if (isLate(claim, clock.now())) throw new Error(`claim ${name} binding timeout`);
    return false;
  }
  return true;
}

async function createExtended({ claim }: ExtendedClaim, { client, signal }: BindClaims & { readonly signal: AbortSignal }): Promise<ResourceClaim> {
  const { generateName, namespace = '', annotations, ownerReferences } = claim.metadata;
  try {
    return await client.create(ResourceClaim, { metadata: { ...(generateName && { generateName }), namespace, ...(annotations && { annotations }), ...(ownerReferences && { ownerReferences }) }, spec: claim.spec }, { namespace, signal });
  } catch (error) {
    throw new Error(`create claim for extended resources ${nameOf(claim)}: ${messageOf(error)}`, { cause: error });
  }
}

async function tellOfExtended({ pod: { metadata } }: PodInfo, extendedResourceClaimStatus: object, { client, signal }: BindClaims & { readonly signal: AbortSignal }): Promise<void> {
  const { name, namespace = '', uid } = metadata;
  try {
    await client.patch(Pod, name, { type: 'strategic', body: { metadata: { uid }, status: { extendedResourceClaimStatus } } }, { namespace, subresource: 'status', signal });
  } catch (error) {
    throw new Error(`update pod ${namespace}/${name} ExtendedResourceClaimStatus: ${messageOf(error)}`, { cause: error });
  }
}

/** Others may change the claim meanwhile, a driver its devices' status above all: the latest is tried again. */
async function reserveClaim({ claim, allocation }: Decided, pod: PodInfo, services: BindClaims & { readonly signal: AbortSignal }): Promise<ResourceClaim> {
  const { client, devices, signal } = services;
  const { name, namespace = '' } = claim.metadata;
  let current = claim;
  for (let attempt = 1; ; attempt++) {
    try {
      const written = await writeReservation({ claim: current, ...(allocation && { allocation }) }, pod, services);
      devices.learn(written);
      return written;
    } catch (error) {
      if (!(error instanceof Error) || !isApiError(error.cause, 'Conflict') || attempt === ATTEMPTS) throw error;
      current = await client.get(ResourceClaim, name, { namespace, signal }).catch((failure: unknown) => {
        throw new Error(`get updated claim ${nameOf(claim)} after conflict: ${messageOf(failure)}`, { cause: failure });
      });
    }
  }
}

async function writeReservation({ claim, allocation }: Decided, pod: PodInfo, { client, clock, signal }: BindClaims & { readonly signal: AbortSignal }): Promise<ResourceClaim> {
  const name = nameOf(claim);
  const during = (what: string) => (error: unknown): never => {
    throw new Error(`${what} claim ${name}: ${messageOf(error)}`, { cause: error });
  };
  if (claim.metadata.deletionTimestamp) throw new Error(`claim ${name} got deleted in the meantime`);
  if (allocation && claim.status.allocation) throw new Error(`claim ${name} got allocated elsewhere in the meantime`);
  const { finalizers = [] } = claim.metadata;
  const held = !allocation || finalizers.includes(FINALIZER)
    ? claim
    : await client.update(ResourceClaim, { ...claim, metadata: { ...claim.metadata, finalizers: [...finalizers, FINALIZER] } }, { signal }).catch(during('add finalizer to'));
  const given = allocation ?? held.status.allocation;
  const allocationTimestamp = given?.allocationTimestamp ?? `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
  const status = {
    ...held.status,
    ...(given && { allocation: { ...given, allocationTimestamp } }),
    reservedFor: [...(held.status.reservedFor ?? []), { resource: 'pods', name: pod.pod.metadata.name, uid: pod.uid }],
  };
  return client.updateStatus(ResourceClaim, { ...held, status }, { signal })
    .catch(during(allocation ? 'add allocation and reservation to' : 'add reservation to'));
}

/** The pod does not get to its node: its place among the claim's users is free again. */
export async function releaseClaim({ metadata }: ResourceClaim, podUid: string, { client, devices }: Pick<BindClaims, 'client' | 'devices'>): Promise<void> {
  const { name, namespace = '', uid } = metadata;
  const body = { metadata: { uid }, status: { reservedFor: [{ $patch: 'delete', uid: podUid }] } };
  devices.learn(await client.patch(ResourceClaim, name, { type: 'strategic', body }, { namespace, subresource: 'status' }));
}

/** Frees the claim's devices: none of its users needs it where it is. */
export async function deallocate(claim: ResourceClaim, { client }: Pick<BindClaims, 'client'>, signal: AbortSignal): Promise<void> {
  const { allocation: _, reservedFor: __, devices: ___, ...status } = claim.status;
  await client.updateStatus(ResourceClaim, { ...claim, status }, { signal });
}

/** Takes back what was made for a pod's extended resources. */
export async function deleteExtended(claim: ResourceClaim, { client }: Pick<BindClaims, 'client'>): Promise<void> {
  const { name, namespace = '', uid } = claim.metadata;
  const finalizers = (claim.metadata.finalizers ?? []).filter((one) => one !== FINALIZER);
  try {
    const body = { metadata: { uid, finalizers: finalizers.length > 0 ? finalizers : null } };
    if (claim.metadata.finalizers) await client.patch(ResourceClaim, name, { type: 'merge', body }, { namespace });
    await client.delete(ResourceClaim, name, { namespace, preconditions: { uid } });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}
