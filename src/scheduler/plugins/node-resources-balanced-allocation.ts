import { MAX_SCORE } from '../framework/normalize.ts';
import { definePlugin } from '../framework/plugin.ts';
import { CPU, MEMORY } from '../snapshot/node-table.ts';

interface Usage {
  readonly cpu: Float64Array;
  readonly memory: Float64Array;
  readonly usedCpu: Float64Array;
  readonly usedMemory: Float64Array;
  readonly podCpu: number;
  readonly podMemory: number;
}

/** Prefers nodes whose CPU and memory would be used to the same degree. Says nothing of pods that request neither. */
export const nodeResourcesBalancedAllocation = definePlugin<undefined, Usage>({
  name: 'NodeResourcesBalancedAllocation',

  preScore({ requests }, _, { table }) {
    const podCpu = requests.get('cpu') ?? 0;
    const podMemory = requests.get('memory') ?? 0;
    if (podCpu === 0 && podMemory === 0) return { type: 'skip' };
    const state = {
      cpu: table.allocatable(CPU), memory: table.allocatable(MEMORY),
      usedCpu: table.requested(CPU), usedMemory: table.requested(MEMORY), podCpu, podMemory,
    };
    return { type: 'go', state };
  },

  score(_, { slot }, { cpu, memory, usedCpu, usedMemory, podCpu, podMemory }) {
    if (cpu[slot] === 0 || memory[slot] === 0) return MAX_SCORE;
    const cpuShare = Math.min(1, (usedCpu[slot]! + podCpu) / cpu[slot]!);
    const memoryShare = Math.min(1, (usedMemory[slot]! + podMemory) / memory[slot]!);
    // The standard deviation of two values is half their distance.
    return Math.trunc((1 - Math.abs(cpuShare - memoryShare) / 2) * MAX_SCORE);
  },
});
