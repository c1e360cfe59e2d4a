import { FieldPath } from '../../meta/field-error.ts';
import { invalidObject } from '../../meta/api-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { ephemeralContainersErrors } from '../../kinds/core/pod-update.ts';
import { partOf } from './part.ts';
import type { Subresource } from './table.ts';

/** Adds containers to a running pod for a look around; none may change or go. */
export const ephemeralContainers: Subresource = partOf((object, proposed) => {
  const pod = object as unknown as Pod;
  const { spec: { ephemeralContainers: wanted = [] } } = proposed as unknown as Pod;
  const next: Pod = { ...pod, spec: { ...pod.spec, ephemeralContainers: wanted } };
  const errors = [...ephemeralContainersErrors(next, pod, FieldPath.of())];
  if (errors.length > 0) throw invalidObject({ group: '', kind: 'Pod' }, pod.metadata.name, errors);
  return next as unknown as AnyObject;
});
