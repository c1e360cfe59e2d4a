/**
 * `knarr/testing`: a whole cluster inside a test. No root, no container, no port unless asked for; many run side by side.
 *
 *     await using cluster = await startCluster({ nodes: 3, clock: 'manual' });
 *     using _ = cluster.inject({ verbs: ['update'], resource: Deployment, fail: 'Conflict', chance: 0.2 });
 *     await cluster.clock.advance(60_000);
 *
 * In: options. Out: clients, informers, time to move, faults to inject, a kubeconfig for programs in any language.
 */
export { ManualClock, settle, systemClock, type Clock, type Millis } from '../../base/clock.ts';
export { seededRandom, type Random } from '../../base/random.ts';
export type { Stage, StageContext } from '../../cluster/index.ts';
export type { Fault, Injected, Verb } from './faults.ts';
export { startCluster, type At, type Cluster, type ClusterOptions } from './start-cluster.ts';
