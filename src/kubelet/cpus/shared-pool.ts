/** Keeps containers without processors of their own on those that are nobody's, as these come and go. */
import type { Cri } from '../cri/cri.ts';
import { CONTAINER_NAME, POD_UID } from '../cri/labels.ts';
import type { CpuManager } from './cpu-manager.ts';
import { formatCpuSet } from './cpu-set.ts';

export interface SharedPool {
  /** Moves those that are elsewhere; one that resists is tried again next time. */
  reconcile(): Promise<void>;
}

export function createSharedPool({ cri, cpus, isHere }: { readonly cri: Cri; readonly cpus: CpuManager; readonly isHere: (uid: string) => boolean }): SharedPool {
  const applied = new Map<string, string>();
  return {
    async reconcile() {
      const running = (await cri.listContainers()).filter(({ state, labels }) => state === 'CONTAINER_RUNNING' && isHere(labels[POD_UID] ?? ''));
      for (const id of applied.keys()) if (!running.some((container) => container.id === id)) applied.delete(id);
      for (const { id, labels } of running) {
        const cpusetCpus = formatCpuSet(cpus.of(labels[POD_UID] ?? '', labels[CONTAINER_NAME] ?? '') ?? cpus.shared);
        if (applied.get(id) === cpusetCpus) continue;
        await cri.updateContainerResources(id, { cpusetCpus }).then(() => applied.set(id, cpusetCpus), () => {});
      }
    },
  };
}
