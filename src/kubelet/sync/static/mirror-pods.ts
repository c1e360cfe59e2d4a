/**
 * Mirror pods: for each static pod one in the API, so that others see it. Made anew when it was deleted or shows another
 * manifest than the present one; gone when its static pod is.
 */
import type { Clock, Millis } from '../../../base/clock.ts';
import type { Logger } from '../../../base/log.ts';
import { messageOf } from '../../../base/message-of.ts';
import type { Client, Informer } from '../../../client/index.ts';
import { keyOf } from '../../../client/index.ts';
import type { Node } from '../../../kinds/core/node.ts';
import { Pod } from '../../../kinds/core/pod.ts';
import { isApiError } from '../../../meta/api-error.ts';
import { CONFIG_HASH, CONFIG_MIRROR, isMirror, mirrors } from './annotations.ts';

export interface MirrorPodsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pods: Informer<Pod>;
  /** The owner; undefined while the API has none. */
  readonly node: () => Node | undefined;
  /** Whether the manifests have been looked at: before that, each mirror looks like an orphan. */
  readonly knowsAll: () => boolean;
  /** Static pods that are here, ended or not. */
  readonly wanted: () => readonly Pod[];
  /** The mirror of one of them is there, or another one. */
  readonly onMirror: (pod: Pod) => void;
}

const RETRY: Millis = 5000;

export class MirrorPods implements AsyncDisposable {
  readonly #options: MirrorPodsOptions;
  readonly #stop = new AbortController();
  readonly #handler: Disposable;
  /** What was made here and the informer has not told of yet, by key. */
  readonly #made = new Map<string, { readonly mirror: Pod; readonly at: Millis }>();
  #running: Promise<void> | undefined;
  #dirty = false;

  constructor(options: MirrorPodsOptions) {
    this.#options = options;
    const seen = (pod: Pod) => {
      if (!isMirror(pod)) return;
      this.#made.delete(keyOf(pod));
      const wanted = options.wanted().find((one) => keyOf(one) === keyOf(pod));
      if (wanted && mirrors(pod, wanted)) options.onMirror(wanted);
      this.reconcile();
    };
    this.#handler = options.pods.addHandler({ onAdd: seen, onUpdate: seen, onDelete: seen });
  }

  /** The API's copy of a static pod, if there is one of what it now is. */
  of(pod: Pod): Pod | undefined {
    const found = this.#present(keyOf(pod));
    return found && mirrors(found, pod) ? found : undefined;
  }

  /** Static pods have come or gone. */
  reconcile(): void {
    this.#dirty = true;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#handler[Symbol.dispose]();
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stop;
    while (this.#dirty && !signal.aborted) {
      this.#dirty = false;
      try {
        if (await this.#pass(signal)) continue;
      } catch (error) {
        if (!signal.aborted) log.warn('mirror pods are not as they should be', { error: messageOf(error) });
      }
      this.#dirty = true;
      await clock.sleep(RETRY, signal).catch(() => {});
    }
  }

  /** @returns false where it could not all be done now */
  async #pass(signal: AbortSignal): Promise<boolean> {
    const { pods, wanted, node, knowsAll } = this.#options;
    if (!pods.synced) {
      await pods.untilSynced(signal);
      return this.#pass(signal);
    }
    const all = new Map(wanted().map((pod) => [keyOf(pod), pod]));
    const failures: unknown[] = [];
    // One that cannot be made must not keep the others from it.
    const attempt = (act: Promise<void>) => act.catch((error: unknown) => void failures.push(error));
    for (const mirror of knowsAll() ? pods.lister.list().filter(isMirror) : []) {
      const pod = all.get(keyOf(mirror));
      if (!pod || mirror.metadata.deletionTimestamp !== undefined || !mirrors(mirror, pod)) await attempt(this.#remove(mirror, signal));
    }
    const missing = [...all].filter(([key]) => !this.#present(key)).map(([, pod]) => pod);
    const owner = node();
    if (owner) for (const pod of missing) await attempt(this.#make(pod, owner, signal));
    if (failures.length > 0) throw failures[0];
    return owner !== undefined || missing.length === 0;
  }

  /** An answer that the informer never confirms was of a mirror that is gone again. */
  #present(key: string): Pod | undefined {
    const { pods, clock } = this.#options;
    const [namespace = '', name = ''] = key.split('/');
    const listed = pods.lister.get(name, namespace);
    if (listed) return listed;
    const made = this.#made.get(key);
    return made && clock.monotonic() - made.at < RETRY ? made.mirror : undefined;
  }

  async #remove({ metadata: { name, namespace = '', uid } }: Pod, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.client.delete(Pod, name, { namespace, gracePeriodSeconds: 0, preconditions: { uid }, signal });
    } catch (error) {
      if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
    }
  }

  async #make(pod: Pod, owner: Node, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    const { name, namespace = '', labels, annotations, finalizers } = pod.metadata;
    const mirror = await client.create(Pod, {
      metadata: {
        name, namespace, ...(labels ? { labels } : {}), ...(finalizers ? { finalizers } : {}),
        annotations: { ...annotations, [CONFIG_MIRROR]: annotations?.[CONFIG_HASH] ?? '' },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: owner.metadata.name, uid: owner.metadata.uid, controller: true }],
      },
      spec: pod.spec,
    }, { namespace, signal });
    this.#made.set(keyOf(pod), { mirror, at: clock.monotonic() });
    this.#options.onMirror(pod);
  }
}
