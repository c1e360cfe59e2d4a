import type { FileSystemSample, NodeSample } from '../stats/samples.ts';
import type { Observation, Observations, Signal } from './thresholds.ts';

/** The signals as the node's sample has them; what it does not say is not observed. */
export function observationsOf({ memoryBytes, usage, pods, podsMemoryBytes, fs, imageFs, processes }: NodeSample): Observations {
  const seen: (readonly [Signal, Observation | undefined])[] = [
    ['memory.available', usage && { available: Math.max(0, memoryBytes - usage.memory.workingSetBytes), capacity: memoryBytes }],
    ['allocatableMemory.available', pods && { available: Math.max(0, podsMemoryBytes - pods.memory.workingSetBytes), capacity: podsMemoryBytes }],
    ['nodefs.available', bytes(fs)], ['nodefs.inodesFree', inodes(fs)],
    ['imagefs.available', bytes(imageFs)], ['imagefs.inodesFree', inodes(imageFs)],
    // Containers' own layers lie beside their images.
    ['containerfs.available', bytes(imageFs)], ['containerfs.inodesFree', inodes(imageFs)],
    ['pid.available', processes && { available: processes.most - processes.running, capacity: processes.most }],
  ];
  return new Map(seen.flatMap(([signal, observation]) => (observation ? [[signal, observation]] : [])));
}

const bytes = (fs: FileSystemSample | undefined): Observation | undefined => fs && { available: fs.availableBytes, capacity: fs.capacityBytes };
/** File systems without a fixed number of inodes (btrfs) say 0. */
const inodes = (fs: FileSystemSample | undefined): Observation | undefined => (fs && fs.inodes > 0 ? { available: fs.inodesFree, capacity: fs.inodes } : undefined);
