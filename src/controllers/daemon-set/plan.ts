import type { Millis } from '../../base/clock.ts';
import type { DaemonSet, DaemonSetStatus } from '../../kinds/apps/daemon-set.ts';
import type { Node } from '../../kinds/core/node.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { PodTemplateSpec } from '../../kinds/core/pod-template.ts';
import { availableIn, isReady } from '../../rules/pod-conditions.ts';
import { byCreation } from '../by-creation.ts';
import { nodeOf, placementOf, revisionHashOf, type Placement } from './placement.ts';
import { rollingStep } from './rolling.ts';

export interface Observed {
  readonly set: DaemonSet;
  /** With what daemons tolerate. */
  readonly template: PodTemplateSpec;
  /** The label value of pods of the present template. */
  readonly hash: string;
  readonly pods: readonly Pod[];
  readonly nodes: readonly Node[];
  /** How long a failed pod on a node is still to be left alone. */
  readonly pauseOn: (node: string) => Millis;
  readonly now: Millis;
}

/** What one pass does, as data. */
export interface Plan {
  /** Names of nodes that get a pod. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
  /** Pods removed because they ended, with their nodes: these are told of. */
  readonly ended: readonly { readonly pod: Pod; readonly node: string }[];
  readonly counts: Omit<DaemonSetStatus, 'observedGeneration' | 'collisionCount' | 'conditions'>;
  readonly recheckIn: Millis | undefined;
}

/** One node as the DaemonSet sees it. */
export interface Post extends Placement {
  readonly node: string;
  /** Oldest first. */
  readonly pods: readonly Pod[];
}

/** Pods made or removed in one pass, at most. */
const BURST = 250;

export function plan(observed: Observed): Plan {
  const { set, template, nodes, now } = observed;
  const byNode = podsByNode(observed.pods);
  const posts = nodes.map((node): Post => ({ node: node.metadata.name, pods: byNode.get(node.metadata.name) ?? [], ...placementOf(template, node) }));
  const minReadyMillis = (set.spec.minReadySeconds ?? 0) * 1000;
  const isAvailable = (pod: Pod) => availableIn(pod, minReadyMillis, now) === 0;
  const manned = posts.map((post) => man(post, observed, isAvailable));
  const stray = strays(observed.pods, new Set(posts.map(({ node }) => node)));
  const settled = stray.length === 0 && manned.every(({ create, remove, ended }) => !create && remove.length + ended.length === 0);
  // One thing at a time: outdated pods give way only where every node has what it should.
  const rolled = settled && set.spec.updateStrategy.type === 'RollingUpdate' ? rollingStep(observed, posts, isAvailable) : { create: [], remove: [] };
  const waits = [
    ...manned.map(({ pause }) => pause),
    ...observed.pods.map((pod) => availableIn(pod, minReadyMillis, now) ?? 0),
  ].filter((wait) => wait > 0);
  return {
    create: [...manned.flatMap(({ create, node }) => (create ? node : [])), ...rolled.create].slice(0, BURST),
    remove: [...manned.flatMap(({ remove }) => remove), ...stray, ...rolled.remove].slice(0, BURST),
    ended: manned.flatMap(({ ended, node }) => ended.map((pod) => ({ pod, node }))).slice(0, BURST),
    counts: count(posts, observed.hash, isAvailable),
    recheckIn: waits.sort((a, b) => a - b)[0],
  };
}

function podsByNode(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const groups = new Map<string, Pod[]>();
  for (const pod of pods.toSorted(byAge)) {
    const node = nodeOf(pod) ?? '';
    const group = groups.get(node);
    if (group) group.push(pod);
    else groups.set(node, [pod]);
  }
  return groups;
}

/** Those on a node come before those only meant for it. */
const byAge = (a: Pod, b: Pod): number =>
  Number(!a.spec.nodeName) - Number(!b.spec.nodeName) || byCreation(a, b);

const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

/** Sees to it that a node has the one pod it should have. */
function man(post: Post, { set, hash, pauseOn }: Observed, isAvailable: (pod: Pod) => boolean) {
  const { node, pods, shouldRun, mayStay } = post;
  const nothing = { node, create: false, remove: [] as readonly Pod[], ended: [] as readonly Pod[], pause: 0 };
  if (shouldRun && pods.length === 0) return { ...nothing, create: true };
  const standing = pods.filter((pod) => !isLeaving(pod));
  if (!mayStay) return { ...nothing, remove: standing };
  const ended = standing.filter(({ status }) => status.phase === 'Failed' || status.phase === 'Succeeded');
  const failed = ended.some(({ status }) => status.phase === 'Failed');
  const pause = failed ? pauseOn(node) : 0;
  const running = standing.filter((pod) => !ended.includes(pod));
  return { ...nothing, ended: pause > 0 ? [] : ended, pause, remove: surplus(running, { hash, surges: surges(set), isAvailable }) };
}

const surges = ({ spec }: DaemonSet): boolean => {
  const { type, rollingUpdate } = spec.updateStrategy;
  return type === 'RollingUpdate' && rollingUpdate?.maxSurge !== undefined && rollingUpdate.maxSurge !== 0 && rollingUpdate.maxSurge !== '0%';
};

/** All but the oldest; where an update surges, one of each revision until the new one is available. */
function surplus(running: readonly Pod[], { hash, surges: surging, isAvailable }: { readonly hash: string; readonly surges: boolean; readonly isAvailable: (pod: Pod) => boolean }): readonly Pod[] {
  if (running.length <= 1) return [];
  const fresh = running.filter((pod) => revisionHashOf(pod) === hash);
  const old = running.filter((pod) => revisionHashOf(pod) !== hash);
  if (!surging || fresh.length === 0 || old.length === 0) return running.slice(1);
  return isAvailable(fresh[0]!) ? [...old, ...fresh.slice(1)] : [...old.slice(1), ...fresh.slice(1)];
}

/** Pods that wait for a node that is no more: nobody else would remove them. */
const strays = (pods: readonly Pod[], known: ReadonlySet<string>): readonly Pod[] =>
  pods.filter((pod) => !pod.spec.nodeName && !isLeaving(pod) && !known.has(nodeOf(pod) ?? ''));

function count(posts: readonly Post[], hash: string, isAvailable: (pod: Pod) => boolean): Plan['counts'] {
  const due = posts.filter(({ shouldRun }) => shouldRun);
  const firsts = due.flatMap(({ pods }) => pods[0] ?? []);
  const any = (test: (pod: Pod) => boolean) => due.filter(({ pods }) => pods.some(test)).length;
  const available = any((pod) => isReady(pod) && isAvailable(pod));
  return {
    desiredNumberScheduled: due.length,
    currentNumberScheduled: firsts.length,
    numberMisscheduled: posts.filter(({ shouldRun, pods }) => !shouldRun && pods.length > 0).length,
    numberReady: any(isReady),
    updatedNumberScheduled: any((pod) => revisionHashOf(pod) === hash),
    numberAvailable: available,
    numberUnavailable: due.length - available,
  };
}
