import { StatefulSet } from '../../kinds/apps/stateful-set.ts';
import type { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { PodTemplateSpec } from '../../kinds/core/pod-template.ts';
import type { DeepPartial } from '../../meta/object.ts';
import { podFrom } from '../pod-control.ts';

/**
 * What makes a pod of a StatefulSet that one and no other: its ordinal, and by it its name, its host name and its claims.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-identity
 */

/** On a pod: the name of its ControllerRevision. */
export const POD_REVISION = 'controller-revision-hash';
const POD_NAME = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX = 'apps.kubernetes.io/pod-index';

/** The number at the end of a member's name; undefined for pods that are no members, whatever their labels. */
export function ordinalOf(pod: Pod, set: StatefulSet): number | undefined {
  const { name } = pod.metadata;
  const prefix = `${set.metadata.name}-`;
  const digits = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^(0|[1-9]\d{0,9})$/.test(digits) ? Number(digits) : undefined;
}

export const firstOrdinal = ({ spec }: StatefulSet): number => spec.ordinals?.start ?? 0;
export const podName = ({ metadata }: StatefulSet, ordinal: number): string => `${metadata.name}-${ordinal}`;
export const claimName = (set: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string => `${template.metadata.name}-${podName(set, ordinal)}`;
export const revisionOf = ({ metadata }: Pod): string => metadata.labels?.[POD_REVISION] ?? '';

/** The pod of an ordinal, made from one of the set's revisions. */
export function memberOf(set: StatefulSet, ordinal: number, { template, revision }: { readonly template: PodTemplateSpec; readonly revision: string }): DeepPartial<Pod> {
  const name = podName(set, ordinal);
  const { generateName: _, ...metadata } = podFrom(template, set, StatefulSet).metadata!;
  const made = {
    metadata: { ...metadata, name, labels: { ...template.metadata.labels, [POD_NAME]: name, [POD_INDEX]: String(ordinal), [POD_REVISION]: revision } },
    spec: {
      ...template.spec,
      hostname: name,
      ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}),
      ...(template.spec.volumes || set.spec.volumeClaimTemplates ? { volumes: volumesOf(set, ordinal, template.spec.volumes) } : {}),
    },
  };
  return made as DeepPartial<Pod>;
}

/** The claims' volumes come first and take the place of volumes of their names. */
function volumesOf(set: StatefulSet, ordinal: number, volumes: PodTemplateSpec['spec']['volumes'] = []): PodTemplateSpec['spec']['volumes'] {
  const claims = set.spec.volumeClaimTemplates ?? [];
  const names = new Set(claims.map(({ metadata }) => metadata.name));
  return [
    ...claims.map((claim) => ({ name: claim.metadata.name, persistentVolumeClaim: { claimName: claimName(set, claim, ordinal) } })),
    ...volumes.filter(({ name }) => !names.has(name)),
  ];
}

/** A member with the labels that tell its identity; undefined where nothing is amiss. Volumes of a pod can not change. */
export function identified(pod: Pod, ordinal: number): Pod | undefined {
  const { name, labels } = pod.metadata;
  if (labels?.[POD_NAME] === name && labels[POD_INDEX] === String(ordinal)) return undefined;
  return { ...pod, metadata: { ...pod.metadata, labels: { ...labels, [POD_NAME]: name, [POD_INDEX]: String(ordinal) } } };
}
