import { FieldPath } from '../../meta/field-error.ts';
import { invalidObject } from '../../meta/api-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { Container } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { resizeErrors } from '../../kinds/core/pod-resize.ts';
import { withFields } from '../../kinds/change.ts';
import { partOf } from './part.ts';
import type { Subresource } from './table.ts';

/** Changes the resources of a pod's containers while they run. */
export const resize: Subresource = partOf((object, proposed) => {
  const pod = object as unknown as Pod;
  const { spec: wanted } = proposed as unknown as Pod;
  const resized = (list: readonly Container[], from: readonly Container[]) => from.map((container) => {
    const present = list.find(({ name }) => name === container.name);
    const { resources, resizePolicy } = container;
    return present ? { ...present, resources, ...(resizePolicy === undefined ? {} : { resizePolicy }) } : container;
  });
  const { spec } = pod;
  const next: Pod = {
    ...pod,
    spec: {
      ...withFields(spec, { resources: wanted.resources }),
      containers: resized(spec.containers, wanted.containers ?? []),
      ...(spec.initContainers || wanted.initContainers ? { initContainers: resized(spec.initContainers ?? [], wanted.initContainers ?? []) } : {}),
    },
  };
  const errors = [...resizeErrors(next, pod, FieldPath.of())];
  if (errors.length > 0) throw invalidObject({ group: '', kind: 'Pod' }, pod.metadata.name, errors);
  return next as unknown as AnyObject;
});
