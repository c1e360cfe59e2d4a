import type { Random } from '../../base/random.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';
import type { NodeTable } from '../snapshot/node-table.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { ClusterEvent, WakeReason } from './events.ts';
import type { PodInfo } from './pod-info.ts';
import type { NamespaceLabels } from './pod-terms.ts';
import type { Rejection, Verdict } from './verdict.ts';

/** The cluster a cycle works on. It does not change while the cycle runs. */
export interface Snapshot {
  readonly table: NodeTable;
  readonly namespaceLabels: NamespaceLabels;
}

/** Before any node is looked at. `skip`: the plugin's filter has nothing to say of this pod. */
export type PreFiltered<F> =
  | { readonly type: 'go'; readonly state: F; readonly nodes?: ReadonlySet<string> }
  | { readonly type: 'skip' }
  | { readonly type: 'reject'; readonly rejection: Rejection };

/** Before scoring. `skip`: the plugin's scores would be the same for every node. */
export type PreScored<S> = { readonly type: 'go'; readonly state: S } | { readonly type: 'skip' };

/** What could be done for a pod that fits nowhere. */
export interface PostFiltered {
  /** Joins the pod's FailedScheduling message; '' says nothing. */
  readonly message: string;
  /** Room was made on this node: the pod is nominated to it. */
  readonly nominate?: string;
  /** Pods that have to go first. */
  readonly victims?: readonly PodInfo[];
  /** What the pod was promised before stays promised: it waits for that. Else it is taken back. */
  readonly keepsNomination?: boolean;
  /** What has to be written for it, done beside the next cycles. */
  readonly effect?: (signal: AbortSignal) => Promise<void>;
}

/** A queued pod as the queue's order sees it. */
export interface Queued {
  readonly info: PodInfo;
  /** When it entered the queue, in milliseconds. */
  readonly since: number;
}

/**
 * The extension points of the scheduling framework, under upstream's names, in the order they run
 * (https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/). All but `unreserve`, `permit`, `preBind`, `bind` and
 * `postBind` are pure and must not yield: the whole cycle is one step. A throw in a cycle sends the pod to back off and is
 * reported on it as a SchedulerError.
 */
export interface Plugin<F = unknown, S = unknown> {
  readonly name: string;
  /** What may change the plugin's rejection of a pod: such a pod sleeps until one of these happens. */
  readonly wakeOn?: readonly WakeReason[];
  /** A second look at one such event; false leaves the pod asleep. */
  wakes?(pod: PodInfo, event: ClusterEvent): boolean;
  /** Whether the pod may enter the active queue. */
  preEnqueue?(pod: PodInfo): Verdict;
  /** QueueSort: whether `a` is tried before `b`. One plugin alone may have it. */
  less?(a: Queued, b: Queued): boolean;
  preFilter?(pod: PodInfo, snapshot: Snapshot): PreFiltered<F>;
  /** `state` is what preFilter gave, undefined without one. */
  filter?(pod: PodInfo, node: NodeInfo, state: F): Verdict;
  /** PreFilterExtensions: `other` is thought to be on `node` (by = 1), or gone from it (-1). Told to each state that lives on. */
  adjust?(state: F, change: { readonly other: PodInfo; readonly node: NodeInfo; readonly by: 1 | -1 }): void;
  postFilter?(pod: PodInfo, failed: FailedCycle): PostFiltered | undefined;
  preScore?(pod: PodInfo, nodes: readonly NodeInfo[], snapshot: Snapshot): PreScored<S>;
  score?(pod: PodInfo, node: NodeInfo, state: S): number;
  /** Brings the scores of all nodes into 0..100, in place. Without it they must be there already. */
  normalize?(scores: Float64Array, state: S, nodes: readonly NodeInfo[]): void;
  reserve?(pod: PodInfo, node: string): Verdict;
  /** Also called where another plugin's reserve, or binding, failed; must not throw. What was written already is taken back in the promise. */
  unreserve?(pod: PodInfo, node: string): void | Promise<void>;
  /** A promise makes the pod wait, assumed on its node, until it settles. */
  permit?(pod: PodInfo, node: string): Verdict | Promise<Verdict>;
  /** Whether preBind will wait for the work of others: such a pod is not counted among bindings under way. */
  waits?(pod: PodInfo): boolean;
  preBind?(pod: PodInfo, node: string, signal: AbortSignal): Promise<void>;
  /** True when this plugin bound the pod; the next is asked otherwise. */
  bind?(pod: PodInfo, node: string, signal: AbortSignal): Promise<boolean>;
  postBind?(pod: PodInfo, node: string): void;
}

/** What PostFilter plugins work with: the verdicts, and a way to try the filters again on a changed node. */
export interface FailedCycle {
  readonly diagnosis: Diagnosis;
  readonly snapshot: Snapshot;
  readonly random: Random;
  /** The filters' verdict on the node as the table now has it. */
  filter(node: NodeInfo): Verdict;
  /** Takes a pod off its node, or puts it back, in the table and in every plugin's state. */
  remove(pod: PodInfo, node: NodeInfo): void;
  restore(pod: PodInfo, node: NodeInfo): void;
}

/** Declares a plugin; the types of its states stay its own. */
export function definePlugin<F = undefined, S = undefined>(plugin: Plugin<F, S>): Plugin {
  return plugin as Plugin;
}

/** A plugin at work in a profile. */
export interface PluginEntry {
  readonly plugin: Plugin;
  /** Times its normalized score counts. */
  readonly weight: number;
}
