/** Makes a pod's volumes on the node, keeps their content current, and takes them away again. */
import { chmod, chown, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { Volume } from '../../kinds/core/volume.ts';
import { parseQuantity, quantityValue } from '../../meta/quantity.ts';
import type { NodeFacts } from '../containers/field-ref.ts';
import { podDir, volumeDir } from '../containers/paths.ts';
import type { Directories } from '../containers/paths.ts';
import { podLimits } from '../containers/resources.ts';
import { writeAtomically } from './atomic-writer.ts';
import { checkHostPath } from './host-path.ts';
import type { Mounter } from './mounter.ts';
import type { ReferredObjects } from './objects.ts';
import { payloadOf } from './payload.ts';
import type { Tokens } from './tokens.ts';

/** A volume that is ready for containers. */
export interface PreparedVolume {
  readonly hostPath: string;
  /** Its content is the kubelet's to write, never the containers'. */
  readonly readOnly: boolean;
}

/** Why a pod's volumes are not ready; `message` is what the FailedMount event says. */
export class VolumeError extends Error {
  constructor(volume: string, cause: unknown) {
    super(`MountVolume.SetUp failed for volume "${volume}" : ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'VolumeError';
  }
}

export interface VolumeManager {
  /** Until all volumes are there with their present content. Called again and again while the pod runs. @throws VolumeError */
  prepare(pod: Pod, podIps: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, PreparedVolume>>;
  /** Unmounts and removes all of a pod's; nothing happens where there are none. */
  tearDown(uid: string): Promise<void>;
}

export interface VolumeManagerOptions extends Directories {
  readonly clock: Clock;
  readonly mounter: Mounter;
  readonly objects: ReferredObjects;
  readonly tokens: Tokens;
  readonly node: () => NodeFacts;
}

export function createVolumeManager(options: VolumeManagerOptions): VolumeManager {
  return {
    async prepare(pod, podIps, signal) {
      const prepared = new Map<string, PreparedVolume>();
      for (const volume of pod.spec.volumes ?? []) {
        try {
          prepared.set(volume.name, await setUp(volume, { pod, podIps, signal, ...options }));
        } catch (error) {
          signal?.throwIfAborted();
          throw new VolumeError(volume.name, error);
        }
      }
      return prepared;
    },
    async tearDown(uid) {
      const dir = join(podDir(options, uid), 'volumes');
      for (const point of await options.mounter.below(dir)) await options.mounter.unmount(point);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

interface SetUp extends VolumeManagerOptions {
  readonly pod: Pod;
  readonly podIps: readonly string[];
  readonly signal: AbortSignal | undefined;
}

async function setUp(volume: Volume, at: SetUp): Promise<PreparedVolume> {
  if (volume.hostPath) {
    await checkHostPath(volume.hostPath);
    return { hostPath: volume.hostPath.path, readOnly: false };
  }
  if (volume.emptyDir) return emptyDir(volume, at);
  const { pod, podIps, objects, tokens, node, clock, signal } = at;
  const payload = await payloadOf(volume, {
    pod, podIps, node: node(), objects: objects.of(pod, signal), token: (spec) => tokens.get(pod, spec),
  });
  if (!payload) throw new Error('no volume plugin matched');
  const dir = volumeDir(at, pod.metadata.uid, { plugin: PLUGINS.find((type) => volume[type] !== undefined)?.toLowerCase() ?? '', name: volume.name });
  const stamp = new Date(clock.now()).toISOString().replace(/[-:T]/g, '_').replace('Z', '');
  await writeAtomically(dir, payload, { stamp: await unused(dir, stamp), fsGroup: pod.spec.securityContext?.fsGroup });
  return { hostPath: dir, readOnly: true };
}

const PLUGINS = ['configMap', 'secret', 'downwardAPI', 'projected'] as const;

/** Two writes within one millisecond must not share a directory. */
async function unused(dir: string, stamp: string): Promise<string> {
  const names = new Set(await readdir(dir).catch(() => []));
  let count = 0;
  while (names.has(`..${stamp}${count === 0 ? '' : `.${count}`}`)) count++;
  return count === 0 ? stamp : `${stamp}.${count}`;
}

async function emptyDir({ name, emptyDir: source }: Volume, at: SetUp): Promise<PreparedVolume> {
  const { pod, mounter } = at;
  const dir = volumeDir(at, pod.metadata.uid, { plugin: 'empty-dir', name });
  await mkdir(dir, { recursive: true, mode: 0o750 });
  if (source?.medium === 'Memory') {
    const asked = source.sizeLimit === undefined ? 0 : quantityValue(parseQuantity(source.sizeLimit));
    const sizes = [asked, podLimits(pod).memoryBytes ?? 0].filter((size) => size > 0);
    await mounter.mountTmpfs(dir, sizes.length === 0 ? {} : { sizeBytes: Math.min(...sizes) });
  }
  const fsGroup = pod.spec.securityContext?.fsGroup;
  if (fsGroup !== undefined) await chown(dir, 0, fsGroup);
  await chmod(dir, fsGroup === undefined ? 0o777 : 0o2777);
  return { hostPath: dir, readOnly: false };
}
