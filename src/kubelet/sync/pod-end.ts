/** What is left of a pod is given back: when nothing of it runs, when it is gone from the API, and of containers that have had successors. */
import { readdir, readlink, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { containerDir, logLinksDir, podLogDir } from '../containers/paths.ts';
import { inspectPod } from './pod-runtime.ts';
import type { PodRuntime } from './pod-runtime.ts';
import type { PodSyncContext } from './pod-sync.ts';

/** Gives back what the node holds for a pod of which nothing runs. */
export async function releasePod(at: PodSyncContext, uid: string): Promise<void> {
  at.probes.forget(uid);
  at.images.forget(uid);
  at.crashes.forget(`${uid}/`);
  at.tokens.forget(uid);
  await at.objects.release(uid);
  await at.volumes.tearDown(uid);
  await at.cgroups.remove(uid);
  await Promise.all([at.promised.remove(uid), at.given.remove(uid), at.dedicated.release(uid), at.userns.release(uid)]);
}

/** The pod is gone from the API: so is everything that was kept for its sake. */
export async function removePod(at: PodSyncContext, pod: { readonly uid: string; readonly name: string; readonly namespace: string }, signal: AbortSignal): Promise<void> {
  const runtime = await inspectPod(at.cri, pod, signal);
  for (const { id } of runtime.containers) await at.cri.removeContainer(id, signal);
  for (const { id, ready } of runtime.sandboxes) {
    // A stop takes the network down, which costs a node most when many pods go: once is enough.
    if (ready) await at.cri.stopPodSandbox(id, signal);
    await at.cri.removePodSandbox(id, signal);
  }
  await at.cgroups.remove(pod.uid);
  await at.volumes.remove(pod.uid);
  await rm(podLogDir(at, pod), { recursive: true, force: true });
  const links = (await readdir(logLinksDir(at)).catch(() => [])).filter((name) => name.startsWith(`${pod.name}_${pod.namespace}_`));
  for (const name of links) {
    const target = await readlink(join(logLinksDir(at), name)).catch(() => '');
    if (resolve(logLinksDir(at), target).startsWith(`${podLogDir(at, pod)}/`)) await rm(join(logLinksDir(at), name), { force: true });
  }
}

/** Of each container the newest instance and the one before it are of use: for its status and `logs --previous`. */
export async function removeOldInstances(at: PodSyncContext, runtime: PodRuntime, signal: AbortSignal): Promise<void> {
  const seen = new Map<string, number>();
  for (const container of runtime.containers) {
    const count = (seen.get(container.name) ?? 0) + 1;
    seen.set(container.name, count);
    if (count <= 2 || container.state !== 'exited') continue;
    await at.cri.removeContainer(container.id, signal);
    if (container.logPath) await rm(container.logPath, { force: true });
    const message = container.terminationMessage?.hostPath;
    if (message && dirname(message) === containerDir(at, runtime.uid, container.name)) await rm(message, { force: true });
  }
}
