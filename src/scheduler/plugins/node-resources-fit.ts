import type { Node } from '../../kinds/core/node.ts';
import { amountOf, type Amounts } from '../../rules/pod-resources.ts';
import { MAX_SCORE } from '../framework/normalize.ts';
import { definePlugin, type Snapshot } from '../framework/plugin.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { pass, type Rejection, type Verdict } from '../framework/verdict.ts';
import { CPU, MEMORY, PODS } from '../snapshot/node-table.ts';

interface Want {
  readonly resource: string;
  readonly amount: number;
  readonly allocatable: Float64Array;
  readonly requested: Float64Array;
  /** Devices stand for it on nodes that have none of it themselves: DynamicResources looks for them. */
  readonly byDevices: boolean;
}
type Wants = readonly Want[];

interface Usage {
  readonly cpu: Float64Array;
  readonly memory: Float64Array;
  readonly usedCpu: Float64Array;
  readonly usedMemory: Float64Array;
}

/** Whether a DeviceClass stands behind a resource. */
type ByDevices = (resource: string) => boolean;

/** The node must have room for what the pod requests; the more room is left, the better (LeastAllocated). */
export const nodeResourcesFit = (byDevices: ByDevices) => definePlugin<Wants, Usage>({
  name: 'NodeResourcesFit',
  wakeOn: ['pod-removed', 'pod-scaled-down', 'node-added', 'node-allocatable', 'device-class', 'own-requests'],
  wakes: ({ requests }, { node }) => node === undefined || couldHold(node, requests, byDevices),

  preFilter: (pod, snapshot) => ({ type: 'go', state: wantsOf(pod, snapshot, byDevices) }),

  filter(_, { slot }, wants) {
    for (const want of wants) if (isLacking(want, slot)) return lacking(wants, slot);
    return pass;
  },

  preScore: (_, __, { table }) => ({
    type: 'go',
    state: {
      cpu: table.allocatable(CPU), memory: table.allocatable(MEMORY), usedCpu: table.scoringCpu, usedMemory: table.scoringMemory,
    },
  }),

  score(pod, { slot }, { cpu, memory, usedCpu, usedMemory }) {
    const resources = (cpu[slot]! > 0 ? 1 : 0) + (memory[slot]! > 0 ? 1 : 0);
    if (resources === 0) return 0;
    const sum = freeShare(cpu[slot]!, usedCpu[slot]! + pod.scoringCpu) + freeShare(memory[slot]!, usedMemory[slot]! + pod.scoringMemory);
    return Math.trunc(sum / resources);
  },
});

/** Whether the node would do if it were empty. */
function couldHold({ status: { allocatable = {} } }: Node, requests: Amounts, byDevices: ByDevices): boolean {
  return [...requests].every(([resource, amount]) => {
    const held = amountOf(resource, allocatable[resource] ?? '0');
    return amount === 0 || held >= amount || (held === 0 && isOfDevices(resource, byDevices));
  });
}

/** Resources of Kubernetes' own have no domain: most pods ask for nothing else. */
const isOfDevices = (resource: string, byDevices: ByDevices): boolean => resource.includes('/') && byDevices(resource);

const isLacking = ({ amount, allocatable, requested, byDevices }: Want, slot: number): boolean =>
  amount > allocatable[slot]! - requested[slot]! && !(byDevices && allocatable[slot] === 0);

function freeShare(capacity: number, used: number): number {
  return capacity === 0 || used > capacity ? 0 : Math.trunc(((capacity - used) * MAX_SCORE) / capacity);
}

function wantsOf(pod: PodInfo, { table }: Snapshot, byDevices: ByDevices): Wants {
  const want = (resource: string, column: number, amount: number): Want =>
    ({ resource, amount, allocatable: table.allocatable(column), requested: table.requested(column), byDevices: isOfDevices(resource, byDevices) });
  const wants = [want('pods', PODS, 1)];
  for (const [resource, amount] of pod.requests) if (amount > 0) wants.push(want(resource, table.column(resource), amount));
  return wants;
}

/** One object for each combination of reasons: thousands of nodes lack the same. */
const rejections = new Map<string, Rejection>();

function lacking(wants: Wants, slot: number): Verdict {
  const missing = wants.filter((want) => isLacking(want, slot));
  const reasons = missing.map(({ resource }) => (resource === 'pods' ? 'Too many pods' : `Insufficient ${resource}`));
  // More than the node has at all: no other pod's leaving would help.
  const forGood = missing.some(({ resource, amount, allocatable }) => resource !== 'pods' && amount > allocatable[slot]!);
  const key = `${forGood} ${reasons.join()}`;
  let rejection = rejections.get(key);
  if (!rejection) rejections.set(key, (rejection = { reasons, forGood }));
  return rejection;
}
