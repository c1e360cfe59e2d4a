import type { TopologySpreadConstraint } from '../../../kinds/core/pod-spec.ts';
import { matchesNodeAffinity, restrictsNodes } from '../../../rules/node-affinity.ts';
import { untolerated } from '../../../rules/tolerations.ts';
import type { LabelSelector } from '../../../meta/label-selector.ts';
import { anchorOf, compileSelector, type LabelMatcher } from '../../framework/label-matcher.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import type { NodeInfo } from '../../snapshot/node-info.ts';
import type { PodSet } from '../../snapshot/pod-counts.ts';

/** A constraint ready to be counted with. */
export interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly selects: LabelMatcher;
  /** The pods that count: those selected in the pod's namespace, but for terminating ones. */
  readonly counted: PodSet;
  /** Whether the node takes part: its pods and its domain count. undefined: every node does. */
  readonly includes: ((node: NodeInfo) => boolean) | undefined;
}

/** Which pods a pod without constraints belongs with: those of its Services and its owner. undefined: none. */
export type SelectorOf = (pod: PodInfo) => LabelSelector | undefined;

type When = 'DoNotSchedule' | 'ScheduleAnyway';

export function constraintsOf(pod: PodInfo, when: When): readonly Constraint[] {
  const all = pod.pod.spec.topologySpreadConstraints ?? [];
  return all.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === when).map((one) => compile(pod, one));
}

/** What holds for pods that state nothing (upstream's system defaults). */
export function defaultConstraints(pod: PodInfo, selectorOf: SelectorOf): readonly Constraint[] {
  const labelSelector = selectorOf(pod);
  if (!labelSelector) return [];
  const shared = { whenUnsatisfiable: 'ScheduleAnyway', labelSelector };
  return [
    compile(pod, { ...shared, topologyKey: 'kubernetes.io/hostname', maxSkew: 3 }),
    compile(pod, { ...shared, topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5 }),
  ];
}

function compile(pod: PodInfo, constraint: TopologySpreadConstraint): Constraint {
  const { topologyKey, maxSkew, minDomains = 1, nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore' } = constraint;
  const labelSelector = withMatchLabelKeys(constraint, pod);
  const byAffinity = nodeAffinityPolicy === 'Honor' && restrictsNodes(pod.pod.spec);
  const byTaints = nodeTaintsPolicy === 'Honor';
  const selects = compileSelector(labelSelector);
  const { namespace } = pod;
  const anchor = labelSelector && anchorOf(labelSelector);
  return {
    topologyKey, maxSkew, minDomains, selects,
    counted: {
      key: `spread ${namespace} ${JSON.stringify(labelSelector)}`, namespaces: [namespace], ...(anchor !== undefined && { anchor }),
      has: (other) => !other.terminating && other.namespace === namespace && selects(other.labels),
    },
    includes: byAffinity || byTaints ? ({ node, hardTaints }) =>
      (!byAffinity || (node !== undefined && matchesNodeAffinity(pod.pod.spec, node))) &&
      (!byTaints || untolerated(pod.tolerations, hardTaints, ['NoSchedule', 'NoExecute']).length === 0) : undefined,
  };
}

/** matchLabelKeys: only pods with the incoming pod's own value of these labels count (a Deployment's revision). */
function withMatchLabelKeys({ labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint, { labels }: PodInfo): LabelSelector | undefined {
  if (!labelSelector || matchLabelKeys.length === 0) return labelSelector;
  const known = matchLabelKeys.filter((key) => labels[key] !== undefined);
  const expressions = known.map((key) => ({ key, operator: 'In', values: [labels[key]!] }));
  return { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...expressions] };
}
