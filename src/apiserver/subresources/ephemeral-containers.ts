import { invalidObject } from '../../meta/api-error.ts';
import { FieldPath, invalid } from '../../meta/field-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { sameObject } from '../registry/equality.ts';
import { partOf } from './part.ts';
import type { Subresource } from './table.ts';

interface Named {
  readonly name: string;
}
const containers = (pod: AnyObject): readonly Named[] => (pod['spec'] as { readonly ephemeralContainers?: readonly Named[] }).ephemeralContainers ?? [];

/** Adds containers to a running pod for a look around; none may change or go. */
export const ephemeralContainers: Subresource = partOf((pod, proposed) => {
  const wanted = containers(proposed);
  for (const present of containers(pod)) {
    const same = wanted.find(({ name }) => name === present.name);
    if (same && sameObject(same, present)) continue;
    throw invalidObject({ group: '', kind: 'Pod' }, pod.metadata.name, [invalid(FieldPath.of('spec.ephemeralContainers'), wanted,
      same ? `existing ephemeral containers "${present.name}" may not be changed` : `existing ephemeral containers "${present.name}" may not be removed`)]);
  }
  return { ...pod, spec: { ...(pod['spec'] as object), ephemeralContainers: wanted } };
});
