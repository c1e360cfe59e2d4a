import type { Millis } from '../../base/clock.ts';
import type { Client, DiscoveredResource } from '../../client/index.ts';
import { isApiError } from '../../meta/api-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { parseTime } from '../../meta/time.ts';

/** What is left of one resource in a namespace after everything in it was asked to go. */
export interface Remainder {
  readonly resource: DiscoveredResource;
  readonly count: number;
  /** How many objects each finalizer still holds back. */
  readonly finalizers: Readonly<Record<string, number>>;
  /** How long the last of them may yet take: pods' grace periods. */
  readonly wait: Millis;
}

const NO_GRACE_KNOWN: Millis = 15_000;

/** Deletes all objects of a resource in a namespace. @returns what remains, undefined where nothing does */
export async function removeAll(client: Client, resource: DiscoveredResource, at: { readonly namespace: string; readonly now: Millis }): Promise<Remainder | undefined> {
  const { namespace } = at;
  if (!resource.verbs.includes('list')) return undefined;
  if (resource.verbs.includes('deletecollection')) {
    await client.deleteCollection(resource, { namespace }, { propagationPolicy: 'Background' }).catch(ignoreUnserved);
  } else if (resource.verbs.includes('delete')) {
    for (const { metadata } of await list(client, resource, namespace)) {
      await client.delete(resource, metadata.name, { namespace, propagationPolicy: 'Background' }).catch(ignoreUnserved);
    }
  }
  return remainderOf(resource, await list(client, resource, namespace), at.now);
}

async function list(client: Client, resource: DiscoveredResource, namespace: string): Promise<readonly AnyObject[]> {
  try {
    return (await client.list(resource, { namespace })).items as readonly AnyObject[];
  } catch (error) {
    ignoreUnserved(error);
    return [];
  }
}

/** A resource that has gone since discovery, or takes no such verb, holds nothing that could be deleted. */
function ignoreUnserved(error: unknown): void {
  if (!isApiError(error, 'NotFound', 'MethodNotAllowed')) throw error;
}

export function remainderOf(resource: DiscoveredResource, objects: readonly AnyObject[], now: Millis): Remainder | undefined {
  if (objects.length === 0) return undefined;
  const finalizers: Record<string, number> = {};
  for (const name of objects.flatMap(({ metadata }) => metadata.finalizers ?? [])) finalizers[name] = (finalizers[name] ?? 0) + 1;
  const isPods = resource.group === '' && resource.plural === 'pods';
  const waits = isPods ? objects.map((pod) => graceLeft(pod, now)) : Object.keys(finalizers).length > 0 ? [NO_GRACE_KNOWN] : [];
  return { resource, count: objects.length, finalizers, wait: Math.max(0, ...waits) };
}

/** Pods not yet told to go count with the grace they will be given. */
function graceLeft({ metadata, spec }: AnyObject, now: Millis): Millis {
  const told = parseTime(metadata.deletionTimestamp);
  if (told !== undefined) return Math.max(0, told - now);
  const { terminationGracePeriodSeconds } = (spec ?? {}) as { terminationGracePeriodSeconds?: number };
  return terminationGracePeriodSeconds === undefined ? NO_GRACE_KNOWN : terminationGracePeriodSeconds * 1000;
}
