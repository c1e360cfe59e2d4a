/**
 * Removes images no container uses, the longest unused first, when the file system they are on is nearly full, or when they
 * have not been used for very long (https://kubernetes.io/docs/concepts/architecture/garbage-collection/#containers-images).
 */
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Cri } from '../cri/cri.ts';
import type { Image } from '../cri/runtime-v1.ts';
import type { FileSystemSample } from '../stats/samples.ts';

export interface ImageGcConfig {
  /** Above this share of the file system in use it begins, 100: never. */
  readonly highThresholdPercent?: number;
  /** Down to this it goes on. */
  readonly lowThresholdPercent?: number;
  /** An image stays at least so long. */
  readonly minimumAge?: Millis;
  /** Unused for longer it goes, however much room there is; 0: never. */
  readonly maximumAge?: Millis;
  /** Names of images that stay: the sandbox's own, those that no registry has. */
  readonly keep?: readonly string[];
}

export interface ImageGcOptions {
  readonly cri: Cri;
  readonly clock: Clock;
  readonly log: Logger;
  readonly config: ImageGcConfig;
  readonly imageFs: () => Promise<FileSystemSample | undefined>;
  /** Each round, before anything goes. */
  readonly onListed?: (ids: ReadonlySet<string>) => Promise<void>;
  readonly onRemoved?: (reason: 'age' | 'space') => void;
  /** An event about the node. */
  readonly tell: (reason: string, message: string) => void;
}

export interface ImageGc {
  /** One round, as it is due every five minutes. */
  collect(): Promise<void>;
  /** All that nobody uses, full or not. */
  removeUnused(): Promise<void>;
}

const HIGH = 85;
const LOW = 80;
const MINIMUM_AGE: Millis = 120_000;

interface Seen {
  readonly first: Millis;
  lastUsed: Millis;
}

export const createImageGc = (options: ImageGcOptions): ImageGc => new Collector(options);

class Collector implements ImageGc {
  readonly #options: ImageGcOptions;
  readonly #seen = new Map<string, Seen>();
  #since: Millis;

  constructor(options: ImageGcOptions) {
    this.#options = options;
    this.#since = options.clock.now();
  }

  async collect(): Promise<void> {
    const { config, imageFs, tell, clock } = this.#options;
    const unused = await this.#unused();
    const { highThresholdPercent = HIGH, lowThresholdPercent = LOW, maximumAge = 0 } = config;
    // What the kubelet has not watched for so long itself may have been used.
    const old = maximumAge > 0 && clock.now() - this.#since > maximumAge ? unused.filter(({ seen }) => clock.now() - seen.lastUsed > maximumAge) : [];
    await this.#remove(old, Infinity, 'age');
    const fs = await imageFs();
    if (!fs || highThresholdPercent >= 100) return;
    if (fs.capacityBytes === 0) return tell('InvalidDiskCapacity', 'invalid capacity 0 on image filesystem');
    const usedPercent = 100 - Math.floor((fs.availableBytes * 100) / fs.capacityBytes);
    if (usedPercent < highThresholdPercent) return;
    const wanted = Math.floor((fs.capacityBytes * (100 - lowThresholdPercent)) / 100) - fs.availableBytes;
    const freed = await this.#remove(unused.filter((image) => !old.includes(image)), wanted);
    if (freed < wanted) tell('FreeDiskSpaceFailed', `Failed to garbage collect required amount of images. Attempted to free ${wanted} bytes, but only found ${freed} bytes eligible to free.`);
  }

  async removeUnused(): Promise<void> {
    await this.#remove(await this.#unused(), Infinity);
  }

  /** The longest unused first. */
  async #unused(): Promise<readonly Candidate[]> {
    const { cri, clock, config } = this.#options;
    const [images, containers] = await Promise.all([cri.listImages(), cri.listContainers()]);
    const now = clock.now();
    await this.#options.onListed?.(new Set(images.map(({ id }) => id)));
    const used = new Set(containers.flatMap(({ image, imageRef, imageId }) => [image?.image, imageRef, imageId]));
    for (const id of this.#seen.keys()) if (!images.some((image) => image.id === id)) this.#seen.delete(id);
    return images.flatMap((image) => {
      const seen = this.#seen.get(image.id) ?? { first: now, lastUsed: 0 };
      this.#seen.set(image.id, seen);
      const isUsed = [image.id, ...image.repoTags, ...image.repoDigests].some((name) => used.has(name));
      if (isUsed) seen.lastUsed = now;
      return isUsed || image.pinned || image.repoTags.some((name) => config.keep?.includes(name)) ? [] : [{ image, seen }];
    }).toSorted((a, b) => a.seen.lastUsed - b.seen.lastUsed || a.seen.first - b.seen.first);
  }

  /** @returns the bytes that gave back */
  async #remove(candidates: readonly Candidate[], wanted: number, reason: 'age' | 'space' = 'space'): Promise<number> {
    const { cri, clock, log, config } = this.#options;
    let freed = 0;
    for (const { image, seen } of candidates) {
      if (freed >= wanted) break;
      if (clock.now() - seen.first < (config.minimumAge ?? MINIMUM_AGE)) continue;
      try {
        await cri.removeImage(image.id);
        this.#options.onRemoved?.(reason);
        freed += image.size;
        this.#seen.delete(image.id);
        log.info('an unused image was removed', { image: image.repoTags[0] ?? image.id, bytes: image.size });
      } catch (error) {
        log.warn('an unused image could not be removed', { image: image.id, error: String(error) });
      }
    }
    return freed;
  }
}

interface Candidate {
  readonly image: Image;
  readonly seen: Seen;
}
