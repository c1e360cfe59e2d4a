/** The first source: which pods there shall be, by the API and by the manifests on this node. */
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Informer } from '../../client/index.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { StaticPodOptions } from '../options.ts';
import { fromApi, isMirror } from './static/annotations.ts';
import { ManifestDir } from './static/manifest-dir.ts';
import { ManifestUrl } from './static/manifest-url.ts';

export interface PodUpdatesOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly nodeName: string;
  /** Of this node alone. */
  readonly pods: Informer<Pod>;
  /** Without it there are no static pods. */
  readonly manifests?: StaticPodOptions | undefined;
  /** Until the API's pods may be told of. */
  readonly untilReady: (signal: AbortSignal) => Promise<void>;
  readonly onPod: (pod: Pod) => void;
  readonly onGone: (uid: string) => void;
  /** All of them, each time. */
  readonly onStaticPods: (pods: readonly Pod[]) => void;
}

/** Where the API answers, what its mirrors say of static pods (when they started, what ended) is of use; where it does not, they start all the same. */
const HEAD_START: Millis = 2000;

export class PodUpdates implements AsyncDisposable {
  readonly #options: PodUpdatesOptions;
  readonly #stop = new AbortController();
  readonly #manifests: readonly (ManifestDir | ManifestUrl)[];
  #handler: Disposable | undefined;
  #complete = false;

  constructor(options: PodUpdatesOptions) {
    this.#options = options;
    const { manifests } = options;
    let [files, fetched]: (readonly Pod[])[] = [[], []];
    const tell = () => options.onStaticPods([...files!, ...fetched!]);
    const dir = manifests?.path === undefined ? [] : [new ManifestDir({ ...options, path: manifests.path, period: manifests.fileCheckPeriod, onPods: (pods) => {
      files = pods;
      tell();
    } })];
    const web = manifests?.url === undefined ? [] : [new ManifestUrl({ ...options, url: manifests.url, headers: manifests.urlHeaders, period: manifests.httpCheckPeriod, onPods: (pods) => {
      fetched = pods;
      tell();
    } })];
    this.#manifests = [...dir, ...web];
  }

  /** Whether all pods there are have been told of: what a runtime has beside them is nobody's. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Resolves when it is. Static pods are told of before, without the API. */
  async start(): Promise<void> {
    const { pods, untilReady, onPod, onGone } = this.#options;
    const { signal } = this.#stop;
    const ready = pods.untilSynced(signal).then(() => untilReady(signal));
    await Promise.all([this.#startManifests(ready), ready]);
    const tell = (pod: Pod) => void (isMirror(pod) || onPod(fromApi(pod)));
    this.#handler = pods.addHandler({ onAdd: tell, onUpdate: tell, onDelete: ({ metadata: { uid } }) => onGone(uid) });
    this.#complete = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#handler?.[Symbol.dispose]();
    await Promise.all(this.#manifests.map((source) => source[Symbol.asyncDispose]()));
  }

  async #startManifests(ready: Promise<void>): Promise<void> {
    if (this.#manifests.length === 0) return;
    const patience = new AbortController();
    await Promise.race([ready.catch(() => {}), this.#options.clock.sleep(HEAD_START, AbortSignal.any([this.#stop.signal, patience.signal])).catch(() => {})]);
    patience.abort();
    if (!this.#stop.signal.aborted) await Promise.all(this.#manifests.map((source) => source.start()));
  }
}
