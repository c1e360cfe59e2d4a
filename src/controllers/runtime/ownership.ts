import type { LabelSelector } from '../../meta/label-selector.ts';
import { matchesLabelSelector } from '../../meta/label-selector.ts';
import type { KubeObject, OwnerReference } from '../../meta/object.ts';
import { apiVersionOf, type Resource } from '../../meta/resource.ts';

/** The one reference that says who manages the object. */
export function controllerOf({ metadata }: Pick<KubeObject, 'metadata'>): OwnerReference | undefined {
  return metadata.ownerReferences?.find((reference) => reference.controller);
}

/** The reference by which `owner` manages an object of its own. */
export function controllerReference(resource: Resource, owner: KubeObject): OwnerReference {
  const { name, uid } = owner.metadata;
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** Whether a reference names this group and kind; versions of one kind are the same to it. */
export function refersTo(reference: OwnerReference, resource: Pick<Resource, 'group' | 'kind'>): boolean {
  const [group] = reference.apiVersion.includes('/') ? reference.apiVersion.split('/') : [''];
  return reference.kind === resource.kind && group === resource.group;
}

/** Which objects an owner manages, and which it should take on or let go. */
export interface Claim<T> {
  readonly mine: readonly T[];
  readonly adopt: readonly T[];
  readonly release: readonly T[];
}

/**
 * Sorts candidates by who manages them and whether the selector matches. `mine` includes what is to be adopted: what
 * is adopted counts at once. An owner being deleted neither adopts nor releases.
 */
export function claim<T extends KubeObject>(owner: KubeObject, selector: LabelSelector | undefined, candidates: readonly T[]): Claim<T> {
  const mine: T[] = [];
  const adopt: T[] = [];
  const release: T[] = [];
  const leaving = owner.metadata.deletionTimestamp !== undefined;
  for (const candidate of candidates) {
    const controller = controllerOf(candidate);
    const selected = matchesLabelSelector(selector, candidate.metadata.labels);
    if (controller?.uid === owner.metadata.uid) {
      if (selected) mine.push(candidate);
      else if (!leaving) release.push(candidate);
    } else if (!controller && selected && !leaving && candidate.metadata.deletionTimestamp === undefined) {
      mine.push(candidate);
      adopt.push(candidate);
    }
  }
  return { mine, adopt, release };
}
