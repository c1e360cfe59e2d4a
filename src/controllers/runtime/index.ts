/**
 * What every controller is made of. In: a declaration (`defineController`: which kind, what it owns, `reconcile`) and
 * the cluster's client and informers. Out: a running controller.
 *
 *     informer → handler → WorkQueue → reconcile(object) → writes → WriteBarrier → done
 *
 * Reconcilers are level-triggered: they see objects, never events. They read the cache and may trust it to hold their
 * own writes. Must not know: any particular controller, the server.
 */
export { Cache, type Index } from './cache.ts';
export {
  defineController, watchOf, type Announcement, type Context, type Controller, type ControllerDefinition, type ControllerSurroundings, type Watch,
} from './controller.ts';
export { ControllerMetrics, type ControllerWatcher, type PassResult } from './metrics.ts';
export { claim, controllerOf, controllerReference, refersTo, type Claim } from './ownership.ts';
export { definePeriodic, type PeriodicDefinition } from './periodic.ts';
export { slowStart } from './slow-start.ts';
export { TrackingClient } from './tracking-client.ts';
