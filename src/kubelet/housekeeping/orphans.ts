/** Housekeeping: what is left on the node of pods that the API no longer has. */
import { readdir, readlink, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { logLinksDir, podLogsDir, podsDir } from '../containers/paths.ts';
import { POD_GRACE_PERIOD } from '../cri/labels.ts';
import { inspectPod } from '../sync/pod-runtime.ts';
import type { PodIdentity } from '../sync/pleg.ts';
import { releasePod, removePod } from '../sync/pod-end.ts';
import type { PodSyncContext } from '../sync/pod-sync.ts';

export interface OrphansInput {
  /** What the runtime has. */
  readonly inRuntime: ReadonlyMap<string, PodIdentity>;
  /** Pods with a worker: not orphans. */
  readonly isKnown: (uid: string) => boolean;
}

/** Only to be called once the API has told of all its pods: until then every pod would look like an orphan. */
export async function removeOrphans(at: PodSyncContext, { inRuntime, isKnown }: OrphansInput, signal: AbortSignal): Promise<void> {
  for (const pod of inRuntime.values()) if (!isKnown(pod.uid)) await attempt(at, pod.uid, () => endOrphan(at, pod, signal));
  const left = new Set([...(await readdir(podsDir(at)).catch(() => [])), ...(await at.cgroups.pods())]);
  for (const uid of left) {
    if (isKnown(uid) || inRuntime.has(uid)) continue;
    await attempt(at, uid, async () => {
      await releasePod(at, uid);
      await at.volumes.remove(uid);
    });
  }
  await removeOrphanLogs(at, { inRuntime, isKnown });
}

async function endOrphan(at: PodSyncContext, pod: PodIdentity, signal: AbortSignal): Promise<void> {
  at.log.info('ending a pod the API no longer has', { pod: `${pod.namespace}/${pod.name}`, uid: pod.uid });
  const runtime = await inspectPod(at.cri, pod, signal);
  await Promise.all(runtime.containers.filter(({ state }) => state === 'running').map(async ({ id }) => {
    const { annotations } = await at.cri.containerStatus(id, signal);
    await at.cri.stopContainer(id, Number(annotations[POD_GRACE_PERIOD] ?? 30), signal);
  }));
  await removePod(at, pod, signal);
  await releasePod(at, pod.uid);
}

async function removeOrphanLogs(at: PodSyncContext, { inRuntime, isKnown }: OrphansInput): Promise<void> {
  const names = await readdir(podLogsDir(at)).catch(() => []);
  for (const name of names) {
    const uid = name.split('_').at(-1)!;
    if (!isKnown(uid) && !inRuntime.has(uid)) await rm(join(podLogsDir(at), name), { recursive: true, force: true });
  }
  for (const name of await readdir(logLinksDir(at)).catch(() => [])) {
    const link = join(logLinksDir(at), name);
    const target = await readlink(link).catch(() => undefined);
    if (target !== undefined && !(await stat(link).catch(() => undefined))) await unlink(link).catch(() => {});
  }
}

/** One orphan that resists must not protect the others. */
async function attempt(at: PodSyncContext, uid: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    at.log.warn('what is left of a pod could not be removed', { uid, error: String(error) });
  }
}
