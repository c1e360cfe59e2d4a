/** The second half of pod updates: a directory of manifests, each one static pod, followed as it changes. */
import { watch } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Millis } from '../../../base/clock.ts';
import type { Logger } from '../../../base/log.ts';
import { messageOf } from '../../../base/message-of.ts';
import type { Pod } from '../../../kinds/core/pod.ts';
import { podOfManifest } from './manifest.ts';

export interface ManifestDirOptions {
  /** A directory, or a single manifest. It need not be there (yet). */
  readonly path: string;
  /** Everything is read anew so often, for not every file system tells of changes. */
  readonly period: Millis;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** All pods there are manifests of; called after the first look and whenever they are others. */
  readonly onPods: (pods: readonly Pod[]) => void;
}

interface Known {
  readonly text: string;
  /** undefined: what it says is no pod. */
  readonly pod: Pod | undefined;
}

/** Writers take more than one step. */
const SETTLES: Millis = 100;

export class ManifestDir implements AsyncDisposable {
  readonly #options: ManifestDirOptions;
  readonly #stop = new AbortController();
  #known = new Map<string, Known>();
  #told: string | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ManifestDirOptions) {
    this.#options = options;
  }

  /** Resolves after a first look. */
  async start(): Promise<void> {
    await this.#look('whole');
    this.#running = this.#follow();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #follow(): Promise<void> {
    const { clock, period } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const changed = new AbortController();
      using _watch = this.#watch(() => changed.abort());
      // What changed before the watch began.
      await this.#look('change');
      await clock.sleep(period, AbortSignal.any([signal, changed.signal])).catch(() => {});
      if (changed.signal.aborted) await clock.sleep(SETTLES, signal).catch(() => {});
      if (!signal.aborted) await this.#look(changed.signal.aborted ? 'change' : 'whole');
    }
  }

  /** Where there is nothing to watch, the next look is soon enough. */
  #watch(onChange: () => void): Disposable {
    try {
      const watcher = watch(this.#options.path, { persistent: false }, onChange);
      watcher.on('error', onChange);
      return { [Symbol.dispose]: () => watcher.close() };
    } catch {
      return { [Symbol.dispose]: () => {} };
    }
  }

  /** A change that makes no sense may be half of one: until the next whole look, the pod of before stays. */
  async #look(how: 'whole' | 'change'): Promise<void> {
    const { log, onPods } = this.#options;
    const next = new Map<string, Known>();
    for (const file of await this.#files()) {
      const before = this.#known.get(file);
      const now = await this.#read(file, before);
      if (now) next.set(file, now.pod === undefined && how === 'change' && before?.pod ? before : now);
    }
    this.#known = next;
    const pods = new Map<string, Pod>();
    for (const [file, { pod }] of next) {
      if (!pod) continue;
      const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
      if (pods.has(name)) log.warn('two manifests describe one pod, the second is ignored', { file, pod: name });
      else pods.set(name, pod);
    }
    const identity = [...pods.values()].map(({ metadata: { uid } }) => uid).join();
    if (identity === this.#told) return;
    this.#told = identity;
    onPods([...pods.values()]);
  }

  async #files(): Promise<readonly string[]> {
    const { path, log } = this.#options;
    try {
      if (!(await stat(path)).isDirectory()) return [path];
      const entries = await readdir(path, { withFileTypes: true });
      return entries.filter((entry) => !entry.name.startsWith('.') && !entry.isDirectory()).map(({ name }) => join(path, name)).toSorted();
    } catch (error) {
      log.debug('no manifests of static pods', { path, error: String(error) });
      return [];
    }
  }

  async #read(file: string, before: Known | undefined): Promise<Known | undefined> {
    const { log, nodeName, clock } = this.#options;
    try {
      const text = await readFile(file, 'utf8');
      if (before?.text === text) return before;
      return { text, pod: this.#parse(file, text, { nodeName, seen: new Date(clock.now()).toISOString() }) };
    } catch (error) {
      // Gone between the listing and the reading, or not ours to read.
      log.warn('Could not process manifest file', { file, error: String(error) });
      return undefined;
    }
  }

  #parse(path: string, text: string, at: { readonly nodeName: string; readonly seen: string }): Pod | undefined {
    try {
      return podOfManifest(text, { path, ...at });
    } catch (error) {
      this.#options.log.warn('Could not process manifest file', { file: path, error: messageOf(error) });
      return undefined;
    }
  }
}
