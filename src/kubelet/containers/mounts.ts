/** A container's mounts: its volumes, the pod's /etc/hosts, its termination message; and the devices among its volumes. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../base/message-of.ts';
import type { Random } from '../../base/random.ts';
import type { Container, EphemeralContainer, VolumeMount } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { ContainerConfig, MountConfig, UserNamespace } from '../cri/runtime-v1.ts';
import type { Mounter } from '../volumes/mounter.ts';
import { bindBelow, existsBelow, makeBelow } from '../volumes/sub-path.ts';
import type { PreparedVolume } from '../volumes/volume-manager.ts';
import { expand, missingNames } from './expansion.ts';
import { hostsFile } from './hosts.ts';
import { lxcfsMounts } from './lxcfs.ts';
import { containerDir, hostsPath, podDir } from './paths.ts';
import type { Directories } from './paths.ts';

export interface MountsInput extends Directories {
  readonly pod: Pod;
  readonly container: Container | EphemeralContainer;
  readonly volumes: ReadonlyMap<string, PreparedVolume>;
  /** Of volumes that are images: what the runtime has pulled. */
  readonly images?: ReadonlyMap<string, NonNullable<MountConfig['image']>>;
  /** The pod's own, if it has one: what it mounts is then owned as it sees it. */
  readonly userns?: UserNamespace | undefined;
  readonly environment: ReadonlyMap<string, string>;
  readonly podIps: readonly string[];
  readonly clusterDomain: string;
  /** The node's own /etc/hosts. */
  readonly nodeHosts: string;
  readonly random: Random;
  readonly mounter: Mounter;
  /** Whether the pod's runtime can make all that is mounted below a mount read-only, too. */
  readonly canRecursiveReadOnly: (pod: Pod) => Promise<boolean>;
  /** Where lxcfs is mounted, if it is. */
  readonly lxcfsDir: string;
}

/** @throws Error with upstream's text */
export async function containerMounts(input: MountsInput): Promise<readonly MountConfig[]> {
  const { container } = input;
  const mounts: MountConfig[] = [];
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) mounts.push(await volumeMount(mount, index, input));
  const own = [...mounts, ...(await hostsMount(input, mounts)), ...(await messageMount(input))].map((mount) => asSeenIn(input.userns, mount));
  return [...own, ...(await lxcfsMounts(input.lxcfsDir, mounts))];
}

/** KEP-127: files keep their owners on disk; the kernel translates for the pod. */
const asSeenIn = (userns: UserNamespace | undefined, mount: MountConfig): MountConfig =>
  (userns?.mode !== 'POD' || mount.image ? mount : { ...mount, ...(userns.uids ? { uidMappings: userns.uids } : {}), ...(userns.gids ? { gidMappings: userns.gids } : {}) });

/** Raw devices, by the pod's own links to them. @throws Error with upstream's text */
export function containerDevices(container: Container | EphemeralContainer, volumes: ReadonlyMap<string, PreparedVolume>): NonNullable<ContainerConfig['devices']> {
  return (container.volumeDevices ?? []).map(({ name, devicePath }) => {
    const volume = volumes.get(name);
    if (!volume?.device) throw new Error(`cannot find volume "${name}" to pass into container "${container.name}"`);
    return { hostPath: volume.device, containerPath: devicePath, permissions: volume.readOnly ? 'r' : 'mrw' };
  });
}

async function volumeMount(mount: VolumeMount, index: number, input: MountsInput): Promise<MountConfig> {
  const { container, volumes, environment, pod, images } = input;
  const volume = volumes.get(mount.name);
  if (!volume || volume.device) throw new Error(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
  const subPath = checked(subPathOf(mount, environment));
  const image = images?.get(mount.name);
  const recursive = await isRecursive(mount, () => input.canRecursiveReadOnly(pod)).catch((error: unknown) => {
    throw new Error(`failed to resolve recursive read-only mode: ${messageOf(error)}`, { cause: error });
  });
  return {
    containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
    hostPath: image || subPath === '' ? volume.hostPath : await bindSubPath(mount, { ...input, volume, subPath, index }),
    readonly: volume.readOnly || mount.readOnly === true,
    ...(recursive ? { recursiveReadOnly: true } : {}),
    ...(image ? { image, imageSubPath: subPath } : {}),
    propagation: PROPAGATION[mount.mountPropagation ?? 'None'] ?? 'PROPAGATION_PRIVATE',
  };
}

const PROPAGATION: Readonly<Record<string, MountConfig['propagation']>> = {
  None: 'PROPAGATION_PRIVATE', HostToContainer: 'PROPAGATION_HOST_TO_CONTAINER', Bidirectional: 'PROPAGATION_BIDIRECTIONAL',
};

/** KEP-3857. @throws Error where what the mount asks for cannot be kept */
async function isRecursive({ name, readOnly, recursiveReadOnly = 'Disabled', mountPropagation = 'None' }: VolumeMount, isSupported: () => Promise<boolean>): Promise<boolean> {
  if (recursiveReadOnly === 'Disabled') return false;
  const asked = `volume "${name}" requested recursive read-only mode, but it is`;
  if (!readOnly) throw new Error(`${asked} not read-only`);
  if (mountPropagation !== 'None') throw new Error(`${asked} not compatible with propagation "${mountPropagation}"`);
  if (recursiveReadOnly !== 'IfPossible' && recursiveReadOnly !== 'Enabled') throw new Error(`unknown recursive read-only mode "${String(recursiveReadOnly)}"`);
  const supported = await isSupported();
  if (!supported && recursiveReadOnly === 'Enabled') throw new Error(`${asked} not supported by the runtime`);
  return supported;
}

function subPathOf({ subPath = '', subPathExpr }: VolumeMount, environment: ReadonlyMap<string, string>): string {
  if (!subPathExpr) return subPath;
  const valueOf = (name: string) => environment.get(name);
  const [missing] = missingNames(subPathExpr, valueOf);
  if (missing !== undefined) throw new Error(`missing value for "${missing}"`);
  return expand(subPathExpr, valueOf);
}

function checked(subPath: string): string {
  if (subPath.startsWith('/')) throw new Error(`error SubPath \`${subPath}\` must not be an absolute path`);
  if (subPath.split('/').includes('..')) throw new Error(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
  return subPath;
}

interface SubPath extends MountsInput {
  readonly volume: PreparedVolume;
  readonly subPath: string;
  readonly index: number;
}

/** A path inside a volume, made where it is missing. What went wrong would tell of the node's own files: it is not said. */
async function bindSubPath({ name }: VolumeMount, input: SubPath): Promise<string> {
  const { volume: { hostPath, name: inner }, subPath, index, container, pod, mounter } = input;
  const failed = (what: string) => (cause: unknown) => {
    throw new Error(`failed to ${what} for volumeMount "${name}" of container "${container.name}"`, { cause });
  };
  if (!(await existsBelow(hostPath, subPath))) await makeBelow(hostPath, subPath).catch(failed('create subPath directory'));
  const target = join(podDir(input, pod.metadata.uid), 'volume-subpaths', inner, container.name, String(index));
  return bindBelow(mounter, { volume: hostPath, subPath, target }).catch(failed('prepare subPath'));
}

/** One file for the whole pod, written anew as each container starts; a container that mounts its own keeps it. */
async function hostsMount(input: MountsInput, mounts: readonly MountConfig[]): Promise<readonly MountConfig[]> {
  const { pod, podIps } = input;
  if ((podIps.length === 0 && !pod.spec.hostNetwork) || mounts.some(({ containerPath }) => containerPath === '/etc/hosts')) return [];
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
