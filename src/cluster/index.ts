/**
 * The composition root: the only room that names concrete drivers, opens sockets for others and starts processes.
 *
 * In: the command line's requests. Out: a running cluster, which is a supervisor, one control-plane process, and for
 * each node a containerd and an agent; all they have lies below one data directory (layout.ts), and what they are is
 * one file in it (settings.ts), decided by `up`.
 *
 *     main → actions/up → supervisor/ → control-plane/ , containerd + agent/ on each node
 *
 * It must not decide what Kubernetes decides: that is for the rooms it starts.
 */
export { layoutOf, type Layout } from './layout.ts';
export { planCluster, type Settings } from './settings.ts';
export { listen, type Listening } from './listen.ts';
export { startInMemory, type InMemoryCluster, type InMemoryOptions } from './in-memory.ts';
export { podStages, type Stage, type StageContext } from '../simulate/index.ts';
