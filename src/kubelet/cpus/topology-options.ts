/** Options of the topology manager (https://kubernetes.io/docs/tasks/administer-cluster/topology-manager/#topology-manager-policy-options). */
import type { Topology } from './topology.ts';

export interface TopologyOptions {
  /** Of as many memory nodes, those that are closest to each other. */
  readonly closest: boolean;
}

const CLOSEST = 'prefer-closest-numa-nodes';
const MOST = 'max-allowable-numa-nodes';
/** Each set of them is weighed: with more it takes long. */
const USUAL_MOST = 8;

/** @throws Error with upstream's text where an option is none, or the machine has more memory nodes than are allowed */
export function parseTopologyOptions(given: Readonly<Record<string, string>> = {}, nodes: number): TopologyOptions {
  for (const name of Object.keys(given)) if (name !== CLOSEST && name !== MOST) throw new Error(`unknown Topology Manager Policy option: "${name}"`);
  const most = Number(given[MOST] ?? USUAL_MOST);
  if (!Number.isInteger(most) || most < USUAL_MOST) throw new Error(`bad value for option "${MOST}": the minimum value of "${MOST}" should not be less than ${USUAL_MOST}`);
  if (nodes > most) throw new Error(`unsupported on machines with more than ${most} NUMA Nodes`);
  return { closest: given[CLOSEST] === 'true' };
}

/** How far apart some memory nodes are, on average. */
export const spreadOf = ({ numaNodes }: Topology) => (nodes: readonly number[]): number => {
  const distances = nodes.flatMap((from) => nodes.map((to) => numaNodes.find(({ id }) => id === from)?.distances?.[numaNodes.findIndex(({ id }) => id === to)] ?? 0));
  return distances.reduce((sum, distance) => sum + distance, 0) / Math.max(1, distances.length);
};
