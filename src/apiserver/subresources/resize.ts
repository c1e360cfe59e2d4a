import type { AnyObject } from '../../meta/object.ts';
import { partOf } from './part.ts';
import type { Subresource } from './table.ts';

interface Container {
  readonly name: string;
  readonly resources?: unknown;
  readonly resizePolicy?: unknown;
}
interface Spec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
}

/** Changes the resources of a pod's containers while they run. */
export const resize: Subresource = partOf((pod, proposed) => {
  const wanted = proposed['spec'] as Spec;
  const spec = pod['spec'] as Spec;
  const resized = (list: readonly Container[] | undefined, from: readonly Container[] | undefined) => list?.map((container) => {
    const { resources, resizePolicy } = from?.find(({ name }) => name === container.name) ?? container;
    return { ...container, ...(resources === undefined ? {} : { resources }), ...(resizePolicy === undefined ? {} : { resizePolicy }) };
  });
  return {
    ...pod,
    spec: {
      ...spec,
      containers: resized(spec.containers, wanted.containers),
      ...(spec.initContainers ? { initContainers: resized(spec.initContainers, wanted.initContainers) } : {}),
    },
  } satisfies AnyObject;
});
