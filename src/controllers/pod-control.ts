import { deepEqual } from '../base/deep-equal.ts';
import { messageOf } from '../base/message-of.ts';
import { Pod } from '../kinds/core/pod.ts';
import type { PodTemplateSpec } from '../kinds/core/pod-template.ts';
import { isApiError } from '../meta/api-error.ts';
import type { DeepPartial, KubeObject } from '../meta/object.ts';
import type { Resource } from '../meta/resource.ts';
import { controllerReference, type Context } from './runtime/index.ts';

/** The pod a workload's template asks for, not yet named. */
export function podFrom(template: PodTemplateSpec, owner: KubeObject, resource: Resource): DeepPartial<Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    metadata: {
      generateName: `${owner.metadata.name}-`,
      ...(owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace }),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerReference(resource, owner)],
    },
    ...(template.spec ? { spec: template.spec } : {}),
  } as DeepPartial<Pod>;
}

/** A namespace on its way out refuses everything: nothing to do, nothing to report. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  isApiError(error, 'Forbidden') && (error.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false);

/** Creates a pod for its owner and tells of it. Resolves undefined where the namespace is on its way out. */
export async function createPod(pod: DeepPartial<Pod>, owner: KubeObject, { client, events }: Context): Promise<Pod | undefined> {
  try {
    const made = await client.create(Pod, pod);
    events.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${made.metadata.name}`);
    return made;
  } catch (error) {
    if (isNamespaceTerminating(error)) return undefined;
    events.event(owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
    throw error;
  }
}

/** Deletes an owner's pod and tells of it; one already gone is no failure. */
export async function deletePod(pod: Pod, owner: KubeObject, { client, events }: Context): Promise<void> {
  try {
    if (await client.remove(Pod, pod)) events.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
  } catch (error) {
    events.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
    throw error;
  }
}

/** Writes the status where it differs from the object's. */
export async function writeStatus<R extends Resource, T extends KubeObject & { readonly status: object }>(
  { client }: Pick<Context, 'client'>, resource: R & Resource<T>, object: T, status: T['status'],
): Promise<void> {
  if (!deepEqual(object.status, status)) await client.updateStatus<Resource<T>>(resource, { ...object, status });
}
