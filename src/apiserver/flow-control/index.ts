/**
 * API Priority and Fairness (KEP-1040; docs "API Priority and Fairness").
 *
 * stage.ts lets each request run, wait or go. Which FlowSchema and priority level it is of: matching.ts, settings.ts. How
 * many seats a level has: seats.ts, demand.ts. Who is next among those that wait: queue-set.ts, fair among flows, which
 * shuffle.ts deals queues to. How wide a request is: work.ts. The objects are the stored ones, made by ../bootstrap.
 * It must not know what a request does.
 */
export { flowControlMetrics } from './metrics.ts';
export { isDump, serveDumps } from './dump.ts';
export { FlowControl } from './flow-control.ts';
export { flowControlStage } from './stage.ts';
