import { messageOf } from '../../base/message-of.ts';
import { Pod } from '../../kinds/core/pod.ts';
import type { PodResourceClaim } from '../../kinds/core/pod-spec.ts';
import type { PodResourceClaimStatus } from '../../kinds/core/pod-status.ts';
import { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import { ResourceClaimTemplate } from '../../kinds/resource/resource-claim-template.ts';
import { isApiError } from '../../meta/api-error.ts';
import { mustBeFor } from '../../rules/pod-resource-claims.ts';
import { controllerOf, controllerReference, defineController, refersTo, watchOf, type Context } from '../runtime/index.ts';
import { isDone, withoutUsers, PROTECTION } from './plan.ts';

/** Which of a pod's claims one was made for. */
const MADE_FOR = 'resource.kubernetes.io/pod-claim-name';
/** A generated name has five characters behind this and must be a DNS label. */
const LONGEST_BASE = 57;

/** Makes the claims that pods ask for by template, and reserves what is allocated for pods that came to a node without the scheduler. */
export const podResourceClaimController = defineController({
  name: 'resource-claim',
  component: 'resource_claim',
  for: Pod,
  owns: [ResourceClaim],
  when: ({ metadata, spec }) => metadata.deletionTimestamp === undefined && (spec.resourceClaims?.length ?? 0) > 0,
  reads: [ResourceClaimTemplate],

  async reconcile(pod, context) {
    if (isDone(pod) || pod.metadata.deletionTimestamp !== undefined) return;
    const made: PodResourceClaimStatus[] = [];
    for (const asked of pod.spec.resourceClaims ?? []) {
      try {
        const name = await claimFor(pod, asked, context);
        if (name !== undefined) made.push({ name: asked.name, resourceClaimName: name });
      } catch (error) {
        context.events.event(pod, 'Warning', 'FailedResourceClaimCreation', `PodResourceClaim ${asked.name}: ${messageOf(error)}`);
        throw error;
      }
    }
    const { name, namespace = '' } = pod.metadata;
    if (made.length > 0) {
      await context.client.patch(Pod, name, { type: 'strategic', body: { status: { resourceClaimStatuses: made } } }, { namespace, subresource: 'status' });
    }
    if (pod.spec.nodeName) await reserve(pod, [...(pod.status.resourceClaimStatuses ?? []), ...made], context);
  },
});

/** @returns the name of the claim to be told of; undefined where the pod tells of it already, or names it itself */
async function claimFor(pod: Pod, { name, resourceClaimTemplateName }: PodResourceClaim, { cache, client }: Context): Promise<string | undefined> {
  if (resourceClaimTemplateName === undefined) return undefined;
  const { name: podName, namespace = '' } = pod.metadata;
  const told = pod.status.resourceClaimStatuses?.find((one) => one.name === name);
  if (told) {
    const claim = told.resourceClaimName === undefined ? undefined : cache.get(ResourceClaim, told.resourceClaimName, namespace);
    if (claim) mustBeFor(pod, claim);
    if (claim || told.resourceClaimName === undefined) return undefined;
  }
  // Made before, but not told of: a restart came between.
  const found = cache.owned(ResourceClaim, pod).find(({ metadata }) => metadata.annotations?.[MADE_FOR] === name && metadata.deletionTimestamp === undefined);
  if (found) return found.metadata.name;
  const template = cache.get(ResourceClaimTemplate, resourceClaimTemplateName, namespace);
  if (!template) throw new Error(`resource claim template "${resourceClaimTemplateName}": resourceclaimtemplate.resource.k8s.io "${resourceClaimTemplateName}" not found`);
  const { labels, annotations } = template.spec.metadata;
  const made = await client.create(ResourceClaim, {
    metadata: {
      generateName: `${`${podName}-${name}`.slice(0, LONGEST_BASE)}-`, namespace, ...(labels ? { labels } : {}),
      annotations: { ...annotations, [MADE_FOR]: name }, ownerReferences: [controllerReference(Pod, pod)],
    },
    spec: template.spec.spec,
  });
  return made.metadata.name;
}

/** A pod that somebody else put on its node uses what is allocated all the same. */
async function reserve({ metadata, spec }: Pod, told: readonly PodResourceClaimStatus[], { cache, client }: Context): Promise<void> {
  for (const { name, resourceClaimName } of spec.resourceClaims ?? []) {
    const claimName = resourceClaimName ?? told.find((one) => one.name === name)?.resourceClaimName;
    const claim = claimName === undefined ? undefined : cache.get(ResourceClaim, claimName, metadata.namespace);
    if (!claim?.status.allocation || claim.metadata.deletionTimestamp !== undefined) continue;
    const { reservedFor = [] } = claim.status;
    if (reservedFor.some(({ uid }) => uid === metadata.uid)) continue;
    const user = { resource: 'pods', name: metadata.name, uid: metadata.uid };
    await client.updateStatus(ResourceClaim, { ...claim, status: { ...claim.status, reservedFor: [...reservedFor, user] } });
  }
}

/** `namespace/claim` of every claim a pod uses. */
function claimsOf({ metadata, spec, status }: Pod): readonly string[] {
  const named = (spec.resourceClaims ?? []).flatMap(({ resourceClaimName }) => resourceClaimName ?? []);
  const told = (status.resourceClaimStatuses ?? []).flatMap(({ resourceClaimName }) => resourceClaimName ?? []);
  const extended = status.extendedResourceClaimStatus?.resourceClaimName ?? [];
  return [...new Set([...named, ...told].concat(extended))].map((name) => `${metadata.namespace}/${name}`);
}

/** Takes claims back from pods that are done with them: reservations, allocations, and in the end the claims made for them. */
export const resourceClaimController = defineController({
  name: 'resource-claim-release',
  component: 'resource_claim',
  for: ResourceClaim,
  watches: [watchOf(Pod, (pod) => claimsOf(pod))],

  async reconcile(claim, context) {
    const { client } = context;
    const { namespace = '' } = claim.metadata;
    const users = await liveUsers(claim, context);
    const todo = withoutUsers(claim, users);
    const written = todo.status ? await client.updateStatus(ResourceClaim, { ...claim, status: todo.status }) : claim;
    if (todo.letGo) {
      const finalizers = (written.metadata.finalizers ?? []).filter((one) => one !== PROTECTION);
      await client.update(ResourceClaim, { ...written, metadata: { ...written.metadata, finalizers } });
    }
    const owner = controllerOf(claim);
    if (users.size > 0 || claim.metadata.deletionTimestamp !== undefined || !owner || !refersTo(owner, Pod)) return;
    const pod = await livePod({ name: owner.name, uid: owner.uid, namespace }, context);
    if (pod && !isDone(pod)) return;
    await client.remove(ResourceClaim, claim);
  },
});

/** The uids of those it is reserved for that still need it. */
async function liveUsers({ metadata, status }: ResourceClaim, context: Context): Promise<ReadonlySet<string>> {
  const live = new Set<string>();
  for (const { apiGroup, resource, name, uid } of status.reservedFor ?? []) {
    if (apiGroup || resource !== 'pods') throw new Error(`unsupported ReservedFor entry: ${apiGroup}/${resource} ${name}`);
    const pod = await livePod({ name, uid, namespace: metadata.namespace ?? '' }, context);
    if (pod && !isDone(pod)) live.add(uid);
  }
  return live;
}

/** The cache may not know a new pod yet: the server decides. */
async function livePod({ name, uid, namespace }: { readonly name: string; readonly uid: string; readonly namespace: string }, { cache, client }: Context): Promise<Pod | undefined> {
  const cached = cache.get(Pod, name, namespace);
  const pod = cached?.metadata.uid === uid ? cached : await client.get(Pod, name, { namespace }).catch((error: unknown) => {
    if (!isApiError(error, 'NotFound')) throw error;
    return undefined;
  });
  return pod?.metadata.uid === uid ? pod : undefined;
}
