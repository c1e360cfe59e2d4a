/** Takes samples: of the node, of its pods' CPU and memory, and, where asked, of their disks and networks too. */
import { basename, join } from 'node:path';
import type { Clock, Millis } from '../../base/clock.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { Volume } from '../../kinds/core/volume.ts';
import { qosClassOf } from '../../kinds/core/pod-qos.ts';
import type { Cgroups } from '../cgroups/cgroups.ts';
import { podDir, podLogDir, podLogsDir } from '../containers/paths.ts';
import type { Directories } from '../containers/paths.ts';
import type { Cri } from '../cri/cri.ts';
import { CONTAINER_NAME, POD_UID } from '../cri/labels.ts';
import type { Container, ContainerStats, PodSandbox } from '../cri/runtime-v1.ts';
import { DiskUsageCache, fileSystem, sameFileSystem } from './disk-usage.ts';
import { networkOf, processesOfMachine, swapOfMachine } from './proc.ts';
import { RateMeter } from './rate-meter.ts';
import type { ContainerSample, FileSystemSample, NetworkSample, NodeSample, PodSample, VolumeSample } from './samples.ts';
import { emptyDirsOf } from './volumes.ts';

export interface StatsProvider {
  /** Cheap: a few files. */
  node(): Promise<NodeSample>;
  /** The same, however short the last one is ago: something was just freed. */
  nodeNow(): Promise<NodeSample>;
  /** CPU and memory alone. */
  pods(): Promise<readonly PodSample[]>;
  /** With disks and networks; directories are measured every ten seconds at most. */
  podsWithDisks(): Promise<readonly PodSample[]>;
}

export interface StatsOptions extends Directories {
  readonly cri: Cri;
  readonly clock: Clock;
  readonly cgroups: Cgroups;
  /** Claims that a pod has mounted and whose file systems tell how full they are. */
  readonly claimed: (uid: string) => readonly { readonly name: string; readonly claim: string; readonly path: string }[];
  /** Those that may use anything. */
  readonly activePods: () => readonly Pod[];
  readonly machineMemory: number;
  /** Of it, not for pods. */
  readonly reservedMemory: number;
}

/** Asked twice within this, the same is answered twice. */
const FRESH: Millis = 1000;
const DISK_PERIOD: Millis = 10_000;
const MOST_PATIENCE: Millis = 2000;

export function createStats(options: StatsOptions): StatsProvider {
  const sampler = new Sampler(options);
  const { clock } = options;
  const fresh = <T>(take: () => Promise<T>): (() => Promise<T>) => {
    let last: { readonly at: Millis; readonly sample: Promise<T> } | undefined;
    return () => {
      if (last && clock.monotonic() - last.at < FRESH) return last.sample;
      const sample = take();
      last = { at: clock.monotonic(), sample };
      sample.catch(() => (last = undefined));
      return sample;
    };
  };
  return { node: fresh(() => sampler.node()), nodeNow: () => sampler.node(), pods: fresh(() => sampler.pods(false)), podsWithDisks: fresh(() => sampler.pods(true)) };
}

class Sampler {
  readonly #options: StatsOptions;
  readonly #disks: DiskUsageCache;
  readonly #rates = new RateMeter();
  readonly #asked = new Set<string>();
  readonly #startedAt: Millis;

  constructor(options: StatsOptions) {
    this.#options = options;
    this.#disks = new DiskUsageCache(options.clock, DISK_PERIOD);
    this.#startedAt = options.clock.now();
  }

  async node(): Promise<NodeSample> {
    const { cri, clock, cgroups, rootDir, machineMemory, reservedMemory } = this.#options;
    const now = clock.now();
    const [image] = await cri.imageFilesystems().catch(() => []);
    const imageDir = image?.fsId?.mountpoint ?? rootDir;
    const [usage, pods, fs, imageFs, processes, swap, interfaces, shared] = await Promise.all([
      cgroups.usageOf('/'), cgroups.usageOf(cgroups.podsPath), fileSystem(rootDir, now), fileSystem(imageDir, now), processesOfMachine(), swapOfMachine(),
      networkOf('self'), sameFileSystem(rootDir, imageDir),
    ]);
    return {
      at: now, startedAt: this.#startedAt, memoryBytes: machineMemory, podsMemoryBytes: machineMemory - reservedMemory, fs, imageFs, processes, swap,
      usage: this.#rates.rated('/', usage), pods: this.#rates.rated(cgroups.podsPath, pods), imagesUsedBytes: image?.usedBytes?.value, dedicatedImageFs: !shared,
      network: { at: now, interfaces },
    };
  }

  async pods(withDisks: boolean): Promise<readonly PodSample[]> {
    const { cri, activePods } = this.#options;
    const [containers, sandboxes, stats] = await Promise.all([cri.listContainers(), cri.listPodSandboxes(), this.#fromRuntime(withDisks)]);
    const running = byPod(containers.filter(({ state }) => state === 'CONTAINER_RUNNING'));
    const ready = new Map(sandboxes.filter(({ state }) => state === 'SANDBOX_READY').map((sandbox) => [sandbox.labels[POD_UID], sandbox]));
    const pods = activePods();
    const samples = await Promise.all(pods.map((pod) => this.#pod(pod, { containers: running.get(pod.metadata.uid) ?? [], sandbox: ready.get(pod.metadata.uid), stats, withDisks })));
    const [known, uids] = [new Set(samples.flatMap(({ cgroup, containers: inside }) => [cgroup, ...inside.map((one) => one.cgroup)])), new Set(pods.map(({ metadata: { uid } }) => uid))];
    this.#rates.prune((cgroup) => cgroup === '/' || cgroup === this.#options.cgroups.podsPath || known.has(cgroup));
    if (withDisks) this.#disks.prune((path) => uids.has(basename(path.split('/volumes/')[0]!)) || path.startsWith(podLogsDir(this.#options)));
    return samples;
  }

  /** By container id. Only the runtime knows how large a container's own layer is; and where there are no cgroups, all it uses. */
  async #fromRuntime(withDisks: boolean): Promise<ReadonlyMap<string, ContainerStats>> {
    const { cri, cgroups } = this.#options;
    if (!withDisks && cgroups.podsPath !== '/') return new Map();
    const stats = await cri.containerStats();
    return new Map(stats.map((one) => [one.attributes?.id ?? '', one]));
  }

  async #pod(pod: Pod, at: Taking): Promise<PodSample> {
    const { cgroups, clock } = this.#options;
    const { uid, creationTimestamp } = pod.metadata;
    const cgroup = cgroups.pathOf(uid, pod.status.qosClass === 'Guaranteed' || pod.status.qosClass === 'Burstable' || pod.status.qosClass === 'BestEffort' ? pod.status.qosClass : qosClassOf(pod.spec));
    const [usage, containers, network, volumes] = await Promise.all([
      cgroups.usageOf(cgroup), Promise.all(at.containers.map((container) => this.#container(pod, container, { ...at, cgroup }))),
      at.withDisks && at.sandbox && !pod.spec.hostNetwork ? this.#network(`${cgroup}/${at.sandbox.id}`) : undefined,
      at.withDisks ? this.#volumes(pod) : undefined,
    ]);
    const startedAt = Date.parse(pod.status.startTime ?? creationTimestamp ?? '') || clock.now();
    return { pod, cgroup, startedAt, usage: this.#rates.rated(cgroup, usage), containers, network, ...(volumes ? { volumes } : {}) };
  }

  async #container(pod: Pod, { id, labels, image, createdAt }: Container, { cgroup, stats, withDisks }: Taking & { readonly cgroup: string }): Promise<ContainerSample> {
    const { cgroups, clock } = this.#options;
    const name = labels[CONTAINER_NAME] ?? '';
    const path = `${cgroup}/${id}`;
    const { uid, name: podName, namespace } = pod.metadata;
    const [usage, limits, logs] = await Promise.all([
      cgroups.usageOf(path), cgroups.limitsOf(path),
      withDisks ? this.#disks.of(join(podLogDir(this.#options, { uid, name: podName, namespace }), name)) : undefined,
    ]);
    const told = stats.get(id);
    const layer = told?.writableLayer;
    return {
      name, id, image: image?.image ?? '', startedAt: createdAt / 1_000_000, cgroup: path, limits, logs,
      usage: this.#rates.rated(path, usage ?? (told && usageFrom(told, clock.now()))),
      rootfs: layer ? { bytes: layer.usedBytes?.value ?? 0, inodes: layer.inodesUsed?.value ?? 0 } : undefined,
    };
  }

  async #network(sandbox: string): Promise<NetworkSample | undefined> {
    const { cgroups, clock } = this.#options;
    const [pid] = await cgroups.processesOf(sandbox);
    return pid === undefined ? undefined : { at: clock.now(), interfaces: await networkOf(pid) };
  }

  async #volumes(pod: Pod): Promise<readonly VolumeSample[]> {
    const samples = await Promise.all((pod.spec.volumes ?? []).map(async (volume) => {
      const place = emptyDirsOf(volume);
      if (!place) return [];
      const path = join(podDir(this.#options, pod.metadata.uid), 'volumes', place, volume.name);
      const [usage, fs] = await Promise.all([this.#disks.of(path), fileSystem(path, this.#options.clock.now())]);
      return usage ? [{ name: volume.name, usage, fs, ephemeral: !isInMemory(volume) }] : [];
    }));
    const claims = await Promise.all(this.#options.claimed(pod.metadata.uid).map(async ({ name, claim, path }) => {
      const fs = await this.#answered(path);
      return fs ? [{ name, claim, fs, usage: { bytes: fs.usedBytes, inodes: fs.inodesUsed }, ephemeral: false }] : [];
    }));
    return [...samples, ...claims].flat();
  }

  /** Another machine's file system may not answer: it is not asked again meanwhile, nor waited for long. */
  async #answered(path: string): Promise<FileSystemSample | undefined> {
    const { clock } = this.#options;
    if (this.#asked.has(path)) return undefined;
    this.#asked.add(path);
    const answer = fileSystem(path, clock.now()).finally(() => this.#asked.delete(path));
    const patience = new AbortController();
    const waited = clock.sleep(MOST_PATIENCE, patience.signal).then(() => undefined, () => undefined);
    return Promise.race([answer, waited]).finally(() => patience.abort());
  }
}

interface Taking {
  readonly containers: readonly Container[];
  readonly sandbox: PodSandbox | undefined;
  readonly stats: ReadonlyMap<string, ContainerStats>;
  readonly withDisks: boolean;
}

function byPod(containers: readonly Container[]): ReadonlyMap<string, readonly Container[]> {
  const groups = new Map<string, Container[]>();
  for (const container of containers) {
    const uid = container.labels[POD_UID] ?? '';
    groups.set(uid, [...(groups.get(uid) ?? []), container]);
  }
  return groups;
}

/** On no disk: what is asked to be there, and what is secret or may be. */
const isInMemory = ({ emptyDir, secret, downwardAPI, projected }: Volume): boolean =>
  secret !== undefined || downwardAPI !== undefined || projected !== undefined || (emptyDir?.medium !== undefined && emptyDir.medium !== '');

/** As the runtime tells it. */
function usageFrom({ cpu, memory }: ContainerStats, now: Millis): ContainerSample['usage'] {
  return {
    at: now, cpuNanos: cpu?.usageCoreNanoSeconds?.value ?? 0,
    memory: {
      usageBytes: memory?.usageBytes?.value ?? memory?.workingSetBytes?.value ?? 0, workingSetBytes: memory?.workingSetBytes?.value ?? 0,
      rssBytes: memory?.rssBytes?.value ?? 0, pageFaults: memory?.pageFaults?.value ?? 0, majorPageFaults: memory?.majorPageFaults?.value ?? 0,
    },
  };
}
