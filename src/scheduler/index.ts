/**
 * The scheduler: finds a node for each pod that has none.
 * In: pods, nodes, namespaces, claims and volumes from informers. Out: bindings, and for pods that fit nowhere an event and a condition.
 *
 *     informer → cluster-view → queue → cycle (pre-filter, filter, score) → assume → binding cycle → client
 *
 * A cycle is pure and takes one step of the event loop; binding goes on beside the next cycles. Plugins are listed once, in
 * plugins/order.ts. Must not know: the server, the kubelet, any controller.
 */
export { DEFAULT_SCHEDULER, startScheduler, type Explanation, type ProfileOptions, type Scheduler, type SchedulerOptions } from './scheduler.ts';
export type { LastDecision } from './decisions.ts';
export type { NodeVerdict } from './framework/diagnosis.ts';
export type { NodeScore } from './framework/score-run.ts';
export { definePlugin, type Plugin, type PluginEntry, type PreFiltered, type PreScored, type Snapshot } from './framework/plugin.ts';
export { pass, reject, rejectForGood, type Rejection, type Verdict } from './framework/verdict.ts';
export { fewerIsBetter, moreIsBetter } from './framework/normalize.ts';
export { defaultPlugins, type PluginServices } from './plugins/order.ts';
