/** What a container runtime needs for pods by itself: the calls a kubelet makes of it, and nothing between them. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cri } from '../../src/kubelet/index.ts';
import { repeat } from './load.ts';

export const IMAGE = 'knarr.local/busybox:1';
export const COMMAND = ['sleep', '100000'];

export interface RuntimeAlone {
  readonly cri: Cri;
  /** Below which its pods' cgroups are. */
  readonly cgroupParent: string;
  readonly logDir: string;
}

/** One pod like those of the kubelet's: its sandbox with a network, one container. @returns the sandbox's id */
export async function startPod({ cri, cgroupParent, logDir }: RuntimeAlone, name: string): Promise<string> {
  const logDirectory = join(logDir, name);
  await mkdir(join(logDirectory, 'main'), { recursive: true });
  const namespaceOptions = { network: 'POD', pid: 'CONTAINER', ipc: 'POD' } as const;
  const sandbox = {
    metadata: { name, namespace: 'bench', uid: name, attempt: 0 }, hostname: name, logDirectory, labels: {}, annotations: {},
    linux: { cgroupParent: `${cgroupParent}/pod${name}`, securityContext: { namespaceOptions } },
  };
  const sandboxId = await cri.runPodSandbox(sandbox);
  const id = await cri.createContainer({ sandboxId, sandbox }, {
    metadata: { name: 'main', attempt: 0 }, image: { image: IMAGE }, command: COMMAND, logPath: 'main/0.log', labels: {}, annotations: {},
    linux: { resources: { cpuShares: 2, oomScoreAdj: 1000 }, securityContext: { namespaceOptions } },
  });
  await cri.startContainer(id);
  return sandboxId;
}

export async function endPod({ cri }: RuntimeAlone, sandboxId: string): Promise<void> {
  await cri.stopPodSandbox(sandboxId);
  await cri.removePodSandbox(sandboxId);
}

/** Milliseconds from the first call to the last answer for so many pods, so many of them at a time; they are gone afterwards. */
export async function timeOf(runtime: RuntimeAlone, { pods, atOnce }: { readonly pods: number; readonly atOnce: number }): Promise<number> {
  const ids: string[] = [];
  const began = performance.now();
  await repeat(pods, atOnce, async (n) => ids.push(await startPod(runtime, `alone-${n}`)));
  const millis = performance.now() - began;
  await repeat(pods, 8, (n) => endPod(runtime, ids[n]!));
  return millis;
}
