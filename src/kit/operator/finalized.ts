import type { Context, ControllerDefinition } from '../../controllers/runtime/index.ts';
import { isApiError } from '../../meta/api-error.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { InstanceOf, Resource } from '../../meta/resource.ts';

type Reconcile<R extends Resource> = ControllerDefinition<R>['reconcile'];

export interface Finalized<R extends Resource> {
  readonly for: R;
  /** `example.com/bucket`: who holds the object until its end is seen to. */
  readonly finalizer: string;
  readonly reconcile: Reconcile<R>;
  /** Undoes outside the cluster what the object stood for. A throw: again later, and the object stays. A number: so many milliseconds later. */
  readonly finalize: Reconcile<R>;
}

/**
 * `reconcile` for objects whose deletion must be seen to: the finalizer is there before the first pass, and goes when
 * `finalize` has come to its end. A pass for an object that leaves never reaches `reconcile`.
 */
export function finalized<R extends Resource>({ for: resource, finalizer, reconcile, finalize }: Finalized<R>): Reconcile<R> {
  return async (object, context) => {
    const held = object.metadata.finalizers?.includes(finalizer) ?? false;
    if (object.metadata.deletionTimestamp === undefined) {
      return reconcile(held ? object : await setFinalizers(resource, { object, context, to: [...(object.metadata.finalizers ?? []), finalizer] }), context);
    }
    if (!held) return;
    const again = await finalize(object, context);
    if (typeof again === 'number') return again;
    await setFinalizers(resource, { object, context, to: object.metadata.finalizers!.filter((one) => one !== finalizer) }).catch((error: unknown) => {
      if (!isApiError(error, 'NotFound')) throw error;
    });
  };
}

/** Guarded by the version that was looked at: somebody else's finalizer is never lost. */
async function setFinalizers<R extends Resource>(
  resource: R, { object, context, to }: { readonly object: InstanceOf<R> & KubeObject; readonly context: Context; readonly to: readonly string[] },
): Promise<InstanceOf<R> & KubeObject> {
  const { name, namespace, resourceVersion } = object.metadata;
  const body = { metadata: { resourceVersion, finalizers: to } };
  return (await context.client.patch(resource, name, { type: 'merge', body }, namespace === undefined ? {} : { namespace })) as InstanceOf<R> & KubeObject;
}
