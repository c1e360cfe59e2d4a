/**
 * Nodes that pretend: thousands of them, and the pods on them, in one process without a container.
 * In: pods bound to these nodes, from one shared informer. Out: Node objects, Leases, and pod statuses as a kubelet would
 * report them, following the stages listed in stages.ts.
 *
 *     informer → stage for the pod (pure) → due time → status write → informer → next stage
 *
 * One timer serves all pods and one all leases. Must not know: containers, the scheduler, the server.
 */
export { startSimulatedNodes, type SimulatedNodes, type SimulationOptions } from './simulation.ts';
export { podStages, type Stage, type StageContext } from './stages.ts';
export { DEFAULT_CAPACITY, SIMULATED, type NodeShape } from './node-object.ts';
