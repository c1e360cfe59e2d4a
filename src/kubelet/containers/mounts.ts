/** A container's mounts: its volumes, the pod's /etc/hosts, its termination message. */
import { chmod, mkdir, realpath, stat, writeFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import type { Random } from '../../base/random.ts';
import type { Container, EphemeralContainer, VolumeMount } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { MountConfig } from '../cri/runtime-v1.ts';
import type { PreparedVolume } from '../volumes/volume-manager.ts';
import { expand, missingNames } from './expansion.ts';
import { hostsFile } from './hosts.ts';
import { lxcfsMounts } from './lxcfs.ts';
import { containerDir, hostsPath } from './paths.ts';
import type { Directories } from './paths.ts';

export interface MountsInput extends Directories {
  readonly pod: Pod;
  readonly container: Container | EphemeralContainer;
  readonly volumes: ReadonlyMap<string, PreparedVolume>;
  readonly environment: ReadonlyMap<string, string>;
  readonly podIps: readonly string[];
  readonly clusterDomain: string;
  /** The node's own /etc/hosts. */
  readonly nodeHosts: string;
  readonly random: Random;
  /** Where lxcfs is mounted, if it is. */
  readonly lxcfsDir: string;
}

/** @throws Error with upstream's text */
export async function containerMounts(input: MountsInput): Promise<readonly MountConfig[]> {
  const { container, volumes, environment } = input;
  const mounts: MountConfig[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = volumes.get(mount.name);
    if (!volume) throw new Error(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
    mounts.push({
      containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
      hostPath: await resolveSubPath(volume.hostPath, subPathOf(mount, environment), mount.name),
      readonly: volume.readOnly || mount.readOnly === true,
      propagation: PROPAGATION[mount.mountPropagation ?? 'None'] ?? 'PROPAGATION_PRIVATE',
    });
  }
  return [...mounts, ...(await hostsMount(input, mounts)), ...(await messageMount(input)), ...(await lxcfsMounts(input.lxcfsDir, mounts))];
}

const PROPAGATION: Readonly<Record<string, MountConfig['propagation']>> = {
  None: 'PROPAGATION_PRIVATE', HostToContainer: 'PROPAGATION_HOST_TO_CONTAINER', Bidirectional: 'PROPAGATION_BIDIRECTIONAL',
};

function subPathOf({ subPath = '', subPathExpr }: VolumeMount, environment: ReadonlyMap<string, string>): string {
  if (!subPathExpr) return subPath;
  const valueOf = (name: string) => environment.get(name);
  const [missing] = missingNames(subPathExpr, valueOf);
  if (missing !== undefined) throw new Error(`missing value for "${missing}"`);
  return expand(subPathExpr, valueOf);
}

/** A path inside a volume, made where it is missing; a link that leads out of the volume is refused. */
async function resolveSubPath(root: string, subPath: string, volume: string): Promise<string> {
  if (subPath === '') return root;
  if (subPath.startsWith('/') || normalize(subPath).split('/').includes('..')) {
    throw new Error(subPath.startsWith('/') ? `subPath must be a relative path` : `must not contain '..'`);
  }
  const wanted = join(root, subPath);
  if (!(await stat(wanted).catch(() => undefined))) {
    const made = await mkdir(wanted, { recursive: true, mode: 0o750 }).catch((error: unknown) => {
      throw new Error(`failed to create subPath directory for volumeMount "${volume}" of container`, { cause: error });
    });
    if (made !== undefined) await chmod(wanted, (await stat(root)).mode & 0o7777);
  }
  const [real, realRoot] = await Promise.all([realpath(wanted), realpath(root)]);
  if (real !== realRoot && !real.startsWith(`${realRoot}/`)) {
    throw new Error(`failed to prepare subPath for volumeMount "${volume}" of container`);
  }
  return real;
}

/** One file for the whole pod, written anew as each container starts; a container that mounts its own keeps it. */
async function hostsMount(input: MountsInput, mounts: readonly MountConfig[]): Promise<readonly MountConfig[]> {
  const { pod, podIps } = input;
  if (podIps.length === 0 || mounts.some(({ containerPath }) => containerPath === '/etc/hosts')) return [];
  const path = hostsPath(input, pod.metadata.uid);
  await writeFile(path, hostsFile(pod, input), { mode: 0o644 });
  await chmod(path, 0o644);
  return [{ containerPath: '/etc/hosts', hostPath: path, readonly: false, propagation: 'PROPAGATION_PRIVATE' }];
}

async function messageMount({ pod, container, random, ...at }: MountsInput): Promise<readonly MountConfig[]> {
  const containerPath = container.terminationMessagePath;
  if (!containerPath) return [];
  const dir = containerDir(at, pod.metadata.uid, container.name);
  await mkdir(dir, { recursive: true, mode: 0o750 });
  const path = join(dir, Buffer.from(random.bytes(4)).toString('hex'));
  await writeFile(path, '');
  // Whoever the container runs as must be able to write it.
  await chmod(path, 0o666);
  return [{ containerPath, hostPath: path, readonly: false, propagation: 'PROPAGATION_PRIVATE' }];
}
