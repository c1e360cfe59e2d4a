import { DaemonSet } from '../../../../kinds/apps/daemon-set.ts';
import { Node } from '../../../../kinds/core/node.ts';
import { Pod } from '../../../../kinds/core/pod.ts';
import { scaledValue } from '../../../../meta/int-or-string.ts';
import { availableIn, isTerminalPhase } from '../../../../rules/pod-conditions.ts';
import { daemonTemplate, nodeOf, placementOf } from '../../../daemon-set/placement.ts';
import { controllerOf } from '../../../runtime/index.ts';
import type { View } from '../view.ts';
import type { Judges } from '../witness.ts';

/** One pod on each node, one of each revision while it surges, and never more missing than may be. */
export const daemonSetJudges: Judges = {
  *'daemonset create pods'({ body }, view) {
    const { uid = '', name } = controllerOf(body) ?? {};
    const node = nodeOf(body as unknown as Pod) ?? '';
    const sets = view.lately(DaemonSet, uid);
    const there = view.owned(Pod, uid).filter((pod) => nodeOf(pod) === node);
    const most = sets.some((set) => leeway(set, 1).maxSurge > 0) ? 1 : 0;
    if (there.length > most) yield `makes another pod of ${name} on ${node} beside ${there.map(({ metadata }) => metadata.name).join()}`;
    if (!view.get(Node, node)) yield `makes a pod of ${name} for ${node}, which there is not`;
  },

  *'daemonset delete pods'({ name = '', namespace }, view) {
    const pod = view.get(Pod, name, namespace);
    const owner = pod && controllerOf(pod);
    if (!pod || !owner || view.was(pod, ({ status }) => isTerminalPhase(status.phase))) return;
    if (!view.get(Node, nodeOf(pod) ?? '')) return;
    const faults = view.lately(DaemonSet, owner.uid).map((set) => [...faultsOfEnd(pod, set, view)]);
    if (faults.every((some) => some.length > 0)) yield* faults[0] ?? [];
  },
};

function* faultsOfEnd(pod: Pod, set: DaemonSet, view: View): Iterable<string> {
  const { name } = pod.metadata;
  const minReady = (set.spec.minReadySeconds ?? 0) * 1000;
  const serves = (one: Pod) => one.metadata.deletionTimestamp === undefined && availableIn(one, minReady, view.clock.now()) === 0;
  const isWell = (one: Pod) => !view.isDeleted(one) && view.was(one, serves);
  const wasUnwell = view.was(pod, (one) => !serves(one));
  const all = view.owned(Pod, set.metadata.uid);
  const beside = all.filter((one) => one !== pod && nodeOf(one) === nodeOf(pod) && !view.isDeleted(one));
  // Of two on a node the one that does not serve is too many; so is an old one beside a new one that serves.
  if (wasUnwell || beside.some(isWell)) return;
  if (set.spec.updateStrategy.type === 'OnDelete') yield `takes ${name}, which is its user's to delete`;
  if (pod.spec.containers[0]!.image === set.spec.template.spec.containers[0]!.image) yield `takes ${name}, which is up to date`;
  const nodes = view.list(Node).filter((node) => placementOf(daemonTemplate(set.spec.template), node).shouldRun);
  const { maxSurge, maxUnavailable } = leeway(set, nodes.length);
  if (maxSurge > 0 && maxUnavailable === 0) yield `takes ${name} before another serves on ${nodeOf(pod)}`;
  const missing = nodes.filter(({ metadata }) => metadata.name !== nodeOf(pod) && !all.some((one) => nodeOf(one) === metadata.name && isWell(one))).length;
  if (missing + 1 > maxUnavailable) yield `takes ${name} while ${missing} of ${nodes.length} nodes are without; no more than ${maxUnavailable} may be`;
}

function leeway({ spec }: DaemonSet, nodes: number): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const { maxSurge = 0, maxUnavailable = 1 } = spec.updateStrategy.rollingUpdate ?? {};
  return { maxSurge: scaledValue(maxSurge, nodes, 'up'), maxUnavailable: scaledValue(maxUnavailable, nodes, 'up') };
}
