/** What can run a pod's containers beside runc, where it is installed. */
import { join } from 'node:path';
import { readText, writeWhole } from '../files.ts';
import type { NodeLayout } from '../layout.ts';
import { which } from '../machine/packages.ts';

/**
 * What a RuntimeClass may name as its handler: another program that makes containers as runc does (`binary`), or one with a
 * shim of its own (`shim`; https://github.com/containerd/containerd/tree/main/core/runtime/v2).
 */
const RUNTIMES = [
  { handler: 'crun', binary: 'crun', type: 'io.containerd.runc.v2' },
  { handler: 'youki', binary: 'youki', type: 'io.containerd.runc.v2' },
  { handler: 'runsc', shim: 'containerd-shim-runsc-v1', type: 'io.containerd.runsc.v1' },
  { handler: 'kata', shim: 'containerd-shim-kata-v2', type: 'io.containerd.kata.v2' },
] as const;

export interface InstalledRuntime {
  readonly handler: string;
  readonly type: string;
  /** Called in runc's place; absent where the shim calls its own. */
  readonly binary?: string;
}

export async function installedRuntimes(node: NodeLayout): Promise<readonly InstalledRuntime[]> {
  const found = await Promise.all(RUNTIMES.map(async (runtime): Promise<readonly InstalledRuntime[]> => {
    const path = await which('binary' in runtime ? runtime.binary : runtime.shim);
    const { handler, type } = runtime;
    return path === undefined ? [] : [{ handler, type, ...('binary' in runtime ? { binary: await onHybrid(node, handler, path) } : {}) }];
  }));
  return found.flat();
}

const UNIFIED = '/sys/fs/cgroup/unified';

/**
 * A machine may have cgroup v1 and, beside it, a unified hierarchy with some controller of its own: crun refuses both at once. It
 * is shown v1 alone, in a mount namespace that it leaves to nobody.
 */
async function onHybrid(node: NodeLayout, handler: string, path: string): Promise<string> {
  const controllers = await readText(join(UNIFIED, 'cgroup.controllers'));
  if (!controllers?.trim()) return path;
  const wrapper = join(node.dir, 'containerd', `${handler}-v1`);
  await writeWhole(wrapper, hybridWrapper(path), 0o755);
  return wrapper;
}

export const hybridWrapper = (path: string): string => `#!/bin/sh
# Written by knarr at each start.
exec unshare --mount --propagation slave sh -c 'umount ${UNIFIED}; exec "$0" "$@"' '${path}' "$@"
`;
