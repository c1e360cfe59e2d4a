/** What the node does against running short: eviction, image and container garbage, wired to each other. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { Cri } from '../cri/cri.ts';
import { startEviction } from '../eviction/manager.ts';
import type { EvictionManager } from '../eviction/manager.ts';
import { DEFAULT_HARD, parseThresholds } from '../eviction/thresholds.ts';
import type { EvictionConfig, Signal } from '../eviction/thresholds.ts';
import { EVICTED } from '../eviction/words.ts';
import { createImageGc } from '../images/image-gc.ts';
import type { ImageGc } from '../images/image-gc.ts';
import type { KubeletMetrics } from '../metrics/metrics.ts';
import type { KubeletOptions } from '../options.ts';
import type { StatsProvider } from '../stats/provider.ts';
import { removeDeadContainers } from '../housekeeping/container-gc.ts';
import type { PodWorkers } from '../sync/pod-workers.ts';
import type { Machine } from './machine.ts';

export interface PressureOptions extends Pick<KubeletOptions, 'eviction' | 'imageGc' | 'evictionPeriod' | 'localStorageIsolation'> {
  readonly cri: Cri;
  readonly clock: Clock;
  readonly log: Logger;
  readonly stats: StatsProvider;
  readonly workers: () => Pick<PodWorkers, 'active' | 'evict' | 'hasEnded'>;
  readonly tellPod: (pod: Pod, event: NodeEvent) => void;
  readonly tellNode: (event: NodeEvent) => void;
  readonly onConditions: () => void;
  readonly metrics: KubeletMetrics;
  /** The ids of all images there are. */
  readonly onImages: (ids: ReadonlySet<string>) => Promise<void>;
}

interface NodeEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export interface Pressure extends AsyncDisposable {
  readonly eviction: EvictionManager;
  readonly images: ImageGc;
}

/** @throws Error where a threshold is none */
export function startPressure({ cri, clock, log, stats, workers, tellPod, tellNode, onConditions, metrics, onImages, ...config }: PressureOptions): Pressure {
  const warn = (reason: string, message: string) => tellNode({ type: 'Warning', reason, message });
  const images = createImageGc({ cri, clock, log, config: config.imageGc ?? {}, imageFs: async () => (await stats.nodeNow()).imageFs, tell: warn, onRemoved: (reason) => metrics.imageCollected(reason), onListed: onImages });
  const eviction = startEviction({
    config: config.eviction ?? {}, limitsStorage: config.localStorageIsolation !== false, clock, log, stats, onConditions, onEvicted: (signal) => metrics.evicted(signal),
    activePods: () => workers().active(),
    evict: (uid, failure, graceSeconds) => workers().evict(uid, failure, graceSeconds),
    hasEnded: (uid) => workers().hasEnded(uid),
    reclaim: { containers: () => removeDeadContainers({ cri }, (uid) => workers().hasEnded(uid)), images: () => images.removeUnused() },
    tell: { pod: (pod, message) => tellPod(pod, { type: 'Warning', reason: EVICTED, message }), node: warn },
    ...(config.evictionPeriod === undefined ? {} : { period: config.evictionPeriod }),
  });
  return { eviction, images, [Symbol.asyncDispose]: () => eviction[Symbol.asyncDispose]() };
}

/** What pods may not have so that hard thresholds are not met before the node is full. */
export function withheld({ hard = DEFAULT_HARD }: EvictionConfig, { memoryBytes, storageBytes }: Pick<Machine, 'memoryBytes' | 'storageBytes'>): { readonly memoryBytes: number; readonly storageBytes: number } {
  const of = (signal: Signal, capacity: number) => {
    const value = parseThresholds({ hard }).find((threshold) => threshold.signal === signal)?.value;
    return value === undefined ? 0 : 'count' in value ? value.count : capacity * value.share;
  };
  return { memoryBytes: of('memory.available', memoryBytes), storageBytes: of('nodefs.available', storageBytes) };
}
