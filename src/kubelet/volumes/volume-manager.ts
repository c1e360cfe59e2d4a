/**
 * Makes a pod's volumes on the node, keeps their content current, and takes them away again. What it knows of a volume:
 *
 *     claimed ──(spec found)──▶ attached ──(plugin set it up)──▶ prepared ──(pod ended)──▶ torn down
 *        ▲                         │                               │ ▲
 *        └── failed: again after 500 ms, doubling to 2m2s ◀────────┘ └─ content that follows objects: at each sync
 *
 * It keeps nothing on disk: after a restart each volume is set up once more, and its plugin finds what is there.
 */
import { mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Millis } from '../../base/clock.ts';
import type { Client } from '../../client/index.ts';
import type { Node } from '../../kinds/core/node.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { Volume } from '../../kinds/core/volume.ts';
import { matchesNodeSelector } from '../../rules/node-affinity.ts';
import { podDir, volumeDir } from '../containers/paths.ts';
import { attachmentsOf } from './attachments.ts';
import type { Attachments } from './attachments.ts';
import { errorText } from './file-error.ts';
import { StepError } from './plugin.ts';
import type { ClaimedVolume, PluginContext, PreparedVolume, VolumeManagerOptions as PluginOptions, VolumePlugin, VolumeSpec } from './plugin.ts';
import { plugins } from './plugins/order.ts';
import { releaseDisks, removePodDir, tearDownVolumes } from './tear-down.ts';
import { specOf, usesOf } from './volume-spec.ts';
import type { Uses } from './volume-spec.ts';

export type { PreparedVolume } from './plugin.ts';

/** Not all of a pod's volumes are there yet. Events have said why. */
export class VolumesNotReady extends Error {
  readonly retryIn: Millis;
  constructor(unmounted: readonly string[], retryIn: Millis) {
    super(`unmounted volumes=[${unmounted.join(' ')}]`);
    this.name = 'VolumesNotReady';
    this.retryIn = retryIn;
  }
}

export interface VolumeManager {
  /** Until all volumes are there with their present content. Called again and again while the pod runs. @throws VolumesNotReady */
  prepare(pod: Pod, podIps: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, PreparedVolume>>;
  /** The pod's claims that are there and whose use can be told. */
  claimed(uid: string): readonly ClaimedVolume[];
  /** Something a pod's volumes wait for has changed: the next `prepare` tries at once. */
  retry(uid: string): void;
  /** Unmounts and removes all of a pod's; nothing happens where there are none. @throws Error where something could not be unmounted: nothing of it is removed then */
  tearDown(uid: string): Promise<void>;
  /** The pod's directory, too. */
  remove(uid: string): Promise<void>;
  readonly attachments: Attachments;
}

export interface VolumeManagerOptions extends PluginOptions {
  readonly client: Client;
  /** This node, as the API has it. */
  readonly self: () => Node | undefined;
  /** The volumes that the node uses have changed. */
  readonly onInUse?: () => void;
}

interface PodVolumes {
  readonly specs: Map<string, VolumeSpec>;
  readonly prepared: Map<string, PreparedVolume>;
  readonly failures: Map<string, { readonly wait: Millis; readonly retryAt: Millis }>;
}

const PREFIX = 'kubernetes.io/';
const FIRST_WAIT: Millis = 500;
const MOST_WAIT: Millis = 122_000;
/** Between two looks whether a volume is attached; a change of the node is noticed before. */
const ATTACH_WAIT: Millis = 2000;

export const createVolumeManager = (options: VolumeManagerOptions): VolumeManager => new Volumes(options);

interface Preparing {
  readonly pod: Pod;
  readonly podIps: readonly string[];
  readonly uses: Uses;
  readonly state: PodVolumes;
  /** Why volumes cannot even be looked for. */
  readonly problems: string[];
  readonly signal: AbortSignal | undefined;
}

class Volumes implements VolumeManager {
  readonly #options: VolumeManagerOptions;
  readonly #pods = new Map<string, PodVolumes>();
  readonly attachments: Attachments;

  constructor(options: VolumeManagerOptions) {
    this.#options = options;
    this.attachments = attachmentsOf(options);
  }

  async prepare(pod: Pod, podIps: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, PreparedVolume>> {
    const { uid } = pod.metadata;
    const state: PodVolumes = this.#pods.get(uid) ?? { specs: new Map(), prepared: new Map(), failures: new Map() };
    this.#pods.set(uid, state);
    const uses = usesOf(pod);
    const used = (pod.spec.volumes ?? []).filter(({ name }) => uses.mounts.has(name) || uses.devices.has(name));
    const preparing: Preparing = { pod, podIps, uses, state, problems: [], signal };
    await Promise.all(used.map((volume) => this.#one(volume, preparing)));
    signal?.throwIfAborted();
    this.attachments.desire(uid, [...state.specs.values()]);
    const unmounted = used.map(({ name }) => name).filter((name) => !state.prepared.has(name)).toSorted();
    if (unmounted.length === 0) return new Map(state.prepared);
    this.#tellProblems(preparing, unmounted);
    const now = this.#options.clock.monotonic();
    throw new VolumesNotReady(unmounted, Math.max(0, Math.min(...unmounted.map((name) => (state.failures.get(name)?.retryAt ?? now + ATTACH_WAIT) - now))));
  }

  claimed(uid: string): readonly ClaimedVolume[] {
    const { specs, prepared } = this.#pods.get(uid) ?? { specs: new Map<string, VolumeSpec>(), prepared: new Map<string, PreparedVolume>() };
    return [...specs].flatMap(([name, spec]) => {
      const path = prepared.get(name)?.hostPath;
      return path && spec.persistent?.spec.claimRef?.name && pluginFor(spec)?.isFileSystem ? [{ name, claim: spec.persistent.spec.claimRef.name, path }] : [];
    });
  }

  retry(uid: string): void {
    this.#pods.get(uid)?.failures.clear();
  }

  async tearDown(uid: string): Promise<void> {
    await this.#counted('volume_unmount', [...(this.#pods.get(uid)?.specs.values() ?? [])], () => tearDownVolumes(this.#options, uid));
    this.#pods.delete(uid);
    this.attachments.release(uid);
    await releaseDisks(this.#options, (name) => this.#isWanted(name));
  }

  async remove(uid: string): Promise<void> {
    await this.tearDown(uid);
    await removePodDir(this.#options, uid);
  }

  #isWanted(name: string): boolean {
    return [...this.#pods.values()].some(({ specs }) => [...specs.values()].some((spec) => spec.name === name));
  }

  /** Never throws: a volume that fails must not leave the others half made. */
  async #one(volume: Volume, at: Preparing): Promise<void> {
    const { name } = volume;
    const { state, pod, signal } = at;
    const { clock, tell } = this.#options;
    if (clock.monotonic() < (state.failures.get(name)?.retryAt ?? -Infinity)) return;
    const spec = state.specs.get(name) ?? (await this.#find(volume, at));
    if (!spec) return;
    state.specs.set(name, spec);
    const plugin = pluginFor(spec);
    if (state.prepared.has(name) && !plugin?.followsObjects) return;
    try {
      if (!(await this.attachments.isAttached(pod.metadata.uid, spec))) return;
      const prepared = await this.#counted(spec.isBlock ? 'map_volume' : 'volume_mount', [spec], () => this.#setUp(spec, plugin, at));
      const group = groupFor(spec);
      state.prepared.set(name, { name: spec.name, ...prepared, ...(group === undefined ? {} : { group }) });
      state.failures.delete(name);
    } catch (error) {
      if (signal?.aborted) return;
      this.#failed(name, state);
      const step = error instanceof StepError ? error.step : 'MountVolume.SetUp';
      const cause = error instanceof StepError && error.cause ? error.cause : error;
      tell(pod, { type: 'Warning', reason: spec.isBlock ? 'FailedMapVolume' : 'FailedMount', message: `${step} failed for volume "${spec.name}" : ${errorText(cause)}` });
    }
  }

  async #counted<T>(operation: 'map_volume' | 'volume_mount' | 'volume_unmount', specs: readonly VolumeSpec[], run: () => Promise<T>): Promise<T> {
    const { clock, onOperation } = this.#options;
    const began = clock.monotonic();
    let failed = true;
    try {
      const done = await run();
      failed = false;
      return done;
    } finally {
      for (const spec of specs) onOperation?.(operation, { plugin: pluginFor(spec)?.name ?? '', failed }, clock.monotonic() - began);
    }
  }

  async #find(volume: Volume, { pod, uses, state, problems, signal }: Preparing): Promise<VolumeSpec | undefined> {
    try {
      const spec = await specOf(volume, pod, { client: this.#options.client, uses, signal });
      if (!pluginFor(spec)) throw new Error(`failed to get Plugin from volumeSpec for volume "${spec.name}" err=no volume plugin matched`);
      return spec;
    } catch (error) {
      if (signal?.aborted) return undefined;
      this.#failed(volume.name, state);
      problems.push(errorText(error));
      return undefined;
    }
  }

  #failed(name: string, { failures }: PodVolumes): void {
    const wait = Math.min(MOST_WAIT, (failures.get(name)?.wait ?? FIRST_WAIT / 2) * 2);
    failures.set(name, { wait, retryAt: this.#options.clock.monotonic() + wait });
  }

  #tellProblems({ pod, problems, state }: Preparing, unmounted: readonly string[]): void {
    if (problems.length === 0) return;
    const unattached = unmounted.filter((name) => state.specs.has(name) && this.attachments.isUnattached(state.specs.get(name)!));
    const unprocessed = unmounted.filter((name) => !state.specs.has(name));
    const message = `Unable to attach or mount volumes: unmounted volumes=[${unmounted.join(' ')}], unattached volumes=[${unattached.join(' ')}], failed to process volumes=[${unprocessed.join(' ')}]: ${problems.join('; ')}`;
    this.#options.tell(pod, { type: 'Warning', reason: 'FailedMount', message });
  }

  async #setUp(spec: VolumeSpec, plugin: VolumePlugin | undefined, { pod, podIps, state, signal }: Preparing): Promise<Omit<PreparedVolume, 'name'>> {
    if (!plugin) throw new StepError('MountVolume.FindPluginBySpec', 'no volume plugin matched');
    this.#refuse(spec, plugin, pod);
    const dir = volumeDir(this.#options, pod.metadata.uid, { plugin: plugin.name.slice(PREFIX.length), name: spec.name });
    const context: PluginContext = { ...this.#options, pod, podIps, dir, signal, isFirst: !state.prepared.has(spec.volume.name) };
    if (spec.isBlock) return this.#map(spec, plugin, context);
    await attempt('MountVolume.NewMounter initialization', async () => plugin.check?.(spec, context));
    return plugin.setUp(spec, context);
  }

  #refuse({ name, persistent, isBlock }: VolumeSpec, plugin: VolumePlugin, pod: Pod): void {
    const kind = isBlock ? 'MapVolume' : 'MountVolume';
    const self = this.#options.self();
    const required = persistent?.spec.nodeAffinity?.required;
    if (required && self && !matchesNodeSelector(required, self)) throw new StepError(`${kind}.NodeAffinity check`, 'no matching NodeSelectorTerms');
    if (persistent?.spec.mountOptions?.length && !plugin.hasMountOptions) throw new StepError(`${kind}.MountOptionSupport check`, 'mount options are not supported for this volume type');
    if (!persistent?.spec.accessModes?.includes('ReadWriteOncePod')) return;
    const taken = [...this.#pods].some(([uid, { specs, prepared }]) => uid !== pod.metadata.uid && [...specs].some(([volume, spec]) => spec.name === name && prepared.has(volume)));
    if (taken) throw new Error('volume uses the ReadWriteOncePod access mode and is already in use by another pod');
  }

  /** The pod's own link to the device, which containers get. */
  async #map(spec: VolumeSpec, plugin: VolumePlugin, context: PluginContext): Promise<Omit<PreparedVolume, 'name'>> {
    if (!plugin.mapDevice) throw new StepError('MapVolume.FindMapperPluginBySpec', 'failed to find BlockVolumeMapper plugin. Volume plugin is nil.');
    const { uid } = context.pod.metadata;
    const device = await attempt('MapVolume.MapBlockVolume', () => plugin.mapDevice!(spec, context));
    const link = join(podDir(this.#options, uid), 'volumeDevices', plugin.name.replaceAll('/', '~'), spec.name);
    await mkdir(dirname(link), { recursive: true, mode: 0o750 });
    await rm(link, { force: true });
    await symlink(device, link);
    context.tell(context.pod, { type: 'Normal', reason: 'SuccessfulMountVolume', message: `MapVolume.MapPodDevice succeeded for volume "${spec.name}" volumeMapPath "${dirname(link)}"` });
    return { hostPath: '', readOnly: spec.readOnly, device: link };
  }
}

const GROUP = 'pv.beta.kubernetes.io/gid';

function groupFor({ persistent }: VolumeSpec): number | undefined {
  const text = persistent?.metadata.annotations?.[GROUP] ?? '';
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The pod with the groups of its volumes, beside its own. */
export function withVolumeGroups(pod: Pod, volumes: ReadonlyMap<string, PreparedVolume>): Pod {
  const { supplementalGroups = [], ...context } = pod.spec.securityContext ?? {};
  const more = [...new Set([...volumes.values()].flatMap(({ group }) => group ?? []))].filter((group) => !supplementalGroups.includes(group));
  return more.length === 0 ? pod : { ...pod, spec: { ...pod.spec, securityContext: { ...context, supplementalGroups: [...supplementalGroups, ...more] } } };
}

const pluginFor = (spec: VolumeSpec): VolumePlugin | undefined => plugins.find((plugin) => plugin.supports(spec));

async function attempt<T>(step: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof StepError ? error : new StepError(step, error);
  }
}
