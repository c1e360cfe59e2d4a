import { deepEqual } from '../../base/deep-equal.ts';
import { ControllerRevision } from '../../kinds/apps/controller-revision.ts';
import type { PodTemplateSpec } from '../../kinds/core/pod-template.ts';
import type { LabelSelector } from '../../meta/label-selector.ts';
import type { DeepPartial, KubeObject } from '../../meta/object.ts';
import type { Resource } from '../../meta/resource.ts';
import { byCreation } from '../by-creation.ts';
import { nameHash } from '../hash.ts';
import { claim, controllerReference } from '../runtime/index.ts';

/** A workload whose templates are kept as ControllerRevisions: a StatefulSet or a DaemonSet. */
export interface Revised {
  readonly owner: KubeObject;
  readonly resource: Resource;
  readonly selector: LabelSelector;
  readonly template: PodTemplateSpec;
  /** `status.collisionCount` */
  readonly collisions: number;
  /** The label of a revision that bears its hash. */
  readonly hashLabel: string;
}

/** How the revision of the present template comes about. */
export type PresentRevision =
  | { readonly act: 'keep'; readonly revision: ControllerRevision }
  /** An older template is wanted again: its revision becomes the newest. */
  | { readonly act: 'renumber'; readonly revision: ControllerRevision; readonly to: number }
  | { readonly act: 'create'; readonly number: number };

export interface RevisionsPlan {
  readonly adopt: readonly ControllerRevision[];
  /** All of the owner's, oldest first. */
  readonly revisions: readonly ControllerRevision[];
  readonly present: PresentRevision;
}

/** @param candidates revisions the owner manages, and those nobody manages */
export function planRevisions(revised: Revised, candidates: readonly ControllerRevision[]): RevisionsPlan {
  const { mine, adopt } = claim(revised.owner, revised.selector, candidates);
  const revisions = mine.toSorted(byAge);
  const next = (revisions.at(-1)?.revision ?? 0) + 1;
  const data = revisionData(revised.template);
  const same = revisions.findLast((revision) => deepEqual(revision.data, data));
  if (!same) return { adopt, revisions, present: { act: 'create', number: next } };
  const newest = same === revisions.at(-1);
  return { adopt, revisions, present: newest ? { act: 'keep', revision: same } : { act: 'renumber', revision: same, to: next } };
}

const byAge = (a: ControllerRevision, b: ControllerRevision): number =>
  a.revision - b.revision || byCreation(a, b);

/** What is kept: a strategic merge patch that gives the workload this template back. `kubectl rollout undo` sends it. */
export const revisionData = (template: PodTemplateSpec): object => ({ spec: { template: { ...template, $patch: 'replace' } } });

/** The template a revision keeps. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec | undefined {
  const kept = (data as { readonly spec?: { readonly template?: PodTemplateSpec & { readonly $patch?: string } } } | undefined)?.spec?.template;
  if (!kept) return undefined;
  const { $patch: _, ...template } = kept;
  return template;
}

/** The revision of the present template, to be made. */
export function newRevision(revised: Revised, number: number): DeepPartial<ControllerRevision> {
  const { owner, resource, template, collisions, hashLabel } = revised;
  const data = revisionData(template);
  const hash = nameHash(data, collisions);
  const made = {
    metadata: {
      name: `${owner.metadata.name}-${hash}`,
      namespace: owner.metadata.namespace,
      labels: { ...template.metadata.labels, [hashLabel]: hash },
      ...(owner.metadata.annotations ? { annotations: owner.metadata.annotations } : {}),
      ownerReferences: [controllerReference(resource, owner)],
    },
    data,
    revision: number,
  };
  return made as DeepPartial<ControllerRevision>;
}

/** The oldest of what nothing lives by any more, beyond the history limit. */
export function surplusRevisions(revisions: readonly ControllerRevision[], isLive: (revision: ControllerRevision) => boolean, limit: number): readonly ControllerRevision[] {
  const past = revisions.filter((revision) => !isLive(revision));
  return past.slice(0, Math.max(0, past.length - limit));
}
