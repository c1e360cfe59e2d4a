import { deepEqual } from '../../base/deep-equal.ts';
import type { DaemonSet } from '../../kinds/apps/daemon-set.ts';
import type { Node } from '../../kinds/core/node.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { PodTemplateSpec } from '../../kinds/core/pod-template.ts';
import { matchesNodeAffinity } from '../../rules/node-affinity.ts';
import { untolerated } from '../../rules/tolerations.ts';

type PodSpec = PodTemplateSpec['spec'];
type Toleration = NonNullable<PodSpec['tolerations']>[number];

/** Troubles of nodes that a daemon sits out. https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations */
const SAT_OUT: readonly (readonly [key: string, effect: string])[] = [
  ['not-ready', 'NoExecute'], ['unreachable', 'NoExecute'],
  ['disk-pressure', 'NoSchedule'], ['memory-pressure', 'NoSchedule'], ['pid-pressure', 'NoSchedule'], ['unschedulable', 'NoSchedule'],
];
const WITHOUT_NETWORK: readonly (readonly [key: string, effect: string])[] = [['network-unavailable', 'NoSchedule']];

/** The template with what every daemon tolerates. */
export function daemonTemplate(template: PodTemplateSpec): PodTemplateSpec {
  const added = [...SAT_OUT, ...(template.spec.hostNetwork ? WITHOUT_NETWORK : [])]
    .map(([name, effect]): Toleration => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists', effect }));
  const own = template.spec.tolerations ?? [];
  const isCovered = (one: Toleration) => own.some(({ key, operator, effect }) => key === one.key && operator === one.operator && effect === one.effect);
  return { ...template, spec: { ...template.spec, tolerations: [...own, ...added.filter((one) => !isCovered(one))] } };
}

/** Whether a new daemon pod belongs on the node, and whether one that is there may stay. */
export interface Placement {
  readonly shouldRun: boolean;
  readonly mayStay: boolean;
}

const NOWHERE: Placement = { shouldRun: false, mayStay: false };

/** @param template with what daemons tolerate */
export function placementOf({ spec }: PodTemplateSpec, node: Node): Placement {
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return NOWHERE;
  if (!matchesNodeAffinity(spec, node)) return NOWHERE;
  const repelling = untolerated(spec.tolerations, node.spec.taints, ['NoSchedule', 'NoExecute']);
  return { shouldRun: repelling.length === 0, mayStay: !repelling.some(({ effect }) => effect === 'NoExecute') };
}

/** A spec that only this node takes: the scheduler binds it there once it fits. What else was required is already met. */
export function pinned(spec: PodSpec, node: string): PodSpec {
  const required = { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }] };
  const nodeAffinity = { ...spec.affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required };
  return { ...spec, affinity: { ...spec.affinity, nodeAffinity } };
}

/** The node a daemon pod runs on or is pinned to. */
export function nodeOf({ spec }: Pod): string | undefined {
  if (spec.nodeName) return spec.nodeName;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const pin = terms.flatMap(({ matchFields = [] }) => matchFields).find(({ key, operator, values }) => key === 'metadata.name' && operator === 'In' && values?.length === 1);
  return pin?.values?.[0];
}

/** Whether a change of a node can matter to any DaemonSet. */
export const isMoved = (before: Node, after: Node): boolean =>
  !deepEqual(before.metadata.labels, after.metadata.labels) || !deepEqual(before.spec.taints, after.spec.taints);

export const revisionHashOf = ({ metadata }: Pod): string | undefined => metadata.labels?.['controller-revision-hash'];

/** Counts that a DaemonSet older than revisions went by; users still find it on their pods. */
export const generationOf = ({ metadata }: DaemonSet): string | undefined => metadata.annotations?.['deprecated.daemonset.template.generation'];
