/** Volumes of files that the kubelet writes: keys of ConfigMaps and Secrets, fields of the pod, tokens. */
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Pod } from '../../../kinds/core/pod.ts';
import { initContainers } from '../../pod.ts';
import { writeAtomically } from '../atomic-writer.ts';
import { payloadOf } from '../payload.ts';
import type { PluginContext, VolumePlugin, VolumeSpec } from '../plugin.ts';
import { mountTmpfs } from '../tmpfs.ts';

type Source = 'configMap' | 'secret' | 'downwardAPI' | 'projected';

const define = (source: Source, { inMemory }: { readonly inMemory: boolean }): VolumePlugin => ({
  name: `kubernetes.io/${source.toLowerCase()}`,
  followsObjects: true,
  supports: ({ volume }) => volume[source] !== undefined,
  setUp: (spec, at) => write(spec, inMemory, at),
});

export const configMapPlugin = define('configMap', { inMemory: false });
/** What is secret, or may be, never touches the disk. */
export const secretPlugin = define('secret', { inMemory: true });
export const downwardApiPlugin = define('downwardAPI', { inMemory: true });
export const projectedPlugin = define('projected', { inMemory: true });

async function write({ volume }: VolumeSpec, inMemory: boolean, at: PluginContext): Promise<{ readonly hostPath: string; readonly readOnly: boolean }> {
  const { dir, pod, podIps, objects, tokens, node, clock, mounter, signal } = at;
  // Asked for first: nothing is mounted for a volume whose content is not there.
  const payload = await payloadOf(volume, { pod, podIps, node: node(), objects: objects.of(pod, signal), token: (spec) => tokens.get(pod, spec) });
  if (at.isFirst) {
    await mkdir(dir, { recursive: true });
    if ((await readdir(dir)).length === 0) await chmod(dir, 0o777);
    if (inMemory) await mountTmpfs(mounter, { dir }, signal);
    // Containers find it read-only: what is to be mounted inside it must have its place beforehand.
    for (const path of nestedMounts(pod, volume.name)) await mkdir(join(dir, path), { recursive: true, mode: 0o755 });
  }
  const stamp = new Date(clock.now()).toISOString().replace(/[-:T]/g, '_').replace('Z', '');
  await writeAtomically(dir, payload, { stamp: await unused(dir, stamp), fsGroup: pod.spec.securityContext?.fsGroup });
  return { hostPath: dir, readOnly: true };
}

/** Where containers mount something else inside this volume, relative to it. */
export function nestedMounts(pod: Pod, name: string): readonly string[] {
  const containers = [...pod.spec.containers, ...initContainers(pod)];
  const nested = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.filter((mount) => mount.name === name && !mount.subPath && !mount.subPathExpr).flatMap(({ mountPath }) =>
    volumeMounts.map((other) => relative(mountPath, other.mountPath)).filter((path) => path !== '' && path.split('/')[0] !== '..' && !path.startsWith('/'))));
  return [...new Set(nested)];
}

/** Two writes within one millisecond must not share a directory. */
async function unused(dir: string, stamp: string): Promise<string> {
  const names = new Set(await readdir(dir).catch(() => []));
  let count = 0;
  while (names.has(`..${stamp}${count === 0 ? '' : `.${count}`}`)) count++;
  return count === 0 ? stamp : `${stamp}.${count}`;
}
