/** Frees what dead containers hold, when the node is short of disk. */
import { rm } from 'node:fs/promises';
import { CONTAINER_NAME } from '../cri/labels.ts';
import { containerGarbage } from '../eviction/container-garbage.ts';
import type { ContainerGcPolicy } from '../eviction/container-garbage.ts';
import { ownerOf } from '../sync/pod-runtime.ts';
import type { PodSyncContext } from '../sync/pod-sync.ts';

/** Removes dead containers that a policy does not keep, with their logs. Those that still run, or never did, are nobody's garbage. */
export async function collectContainers({ cri, clock }: Pick<PodSyncContext, 'cri' | 'clock'>, policy: ContainerGcPolicy): Promise<void> {
  const dead = (await cri.listContainers()).flatMap(({ id, state, labels, createdAt }) => {
    const pod = state === 'CONTAINER_EXITED' ? ownerOf(labels)?.uid : undefined;
    return pod === undefined ? [] : [{ id, pod, name: labels[CONTAINER_NAME] ?? '', createdAt: createdAt / NANOS }];
  });
  for (const { id } of containerGarbage(dead, policy, clock.now())) {
    const logPath = await cri.containerStatus(id).then((status) => status.logPath, () => '');
    await cri.removeContainer(id);
    if (logPath !== '') await rm(logPath, { force: true });
  }
}

const NANOS = 1_000_000;

/**
 * Of pods that have ended, all containers and sandboxes go: their logs stay, to be read no more through the API. Of others
 * only a sandbox that has been replaced.
 */
export async function removeDeadContainers({ cri }: Pick<PodSyncContext, 'cri'>, hasEnded: (uid: string) => boolean): Promise<void> {
  const [containers, sandboxes] = await Promise.all([cri.listContainers(), cri.listPodSandboxes()]);
  const isDone = (labels: Readonly<Record<string, string>>) => hasEnded(ownerOf(labels)?.uid ?? '');
  const removed = new Set<string>();
  for (const { id, state, labels } of containers) {
    if (state === 'CONTAINER_RUNNING' || state === 'CONTAINER_CREATED' || !isDone(labels)) continue;
    await cri.removeContainer(id);
    removed.add(id);
  }
  const occupied = new Set(containers.filter(({ id }) => !removed.has(id)).map(({ podSandboxId }) => podSandboxId));
  for (const { id, state, labels, createdAt } of sandboxes) {
    if (state === 'SANDBOX_READY' || occupied.has(id)) continue;
    const uid = ownerOf(labels)?.uid;
    const replaced = sandboxes.some((other) => ownerOf(other.labels)?.uid === uid && other.createdAt > createdAt);
    if (uid !== undefined && (isDone(labels) || replaced)) await cri.removePodSandbox(id);
  }
}
