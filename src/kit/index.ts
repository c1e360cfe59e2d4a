/**
 * What other programs import from `knarr`: the three below in one.
 *
 *     knarr/client     a cluster from outside: typed verbs, informers, logs, commands, forwarded ports
 *     knarr/operator   controllers for one's own kinds
 *     knarr/testing    a whole cluster inside a test
 *
 * Must not know: how the cluster behind a client is made; only testing/ starts one.
 */
export * from './client/index.ts';
export * from './operator/index.ts';
export { startCluster, type At, type Cluster, type ClusterOptions, type Fault, type Injected } from './testing/index.ts';
