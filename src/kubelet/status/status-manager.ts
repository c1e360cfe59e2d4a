/** Tells the API server the status of this node's pods: the newest of each, one request at a time for each pod. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { compareResourceVersions } from '../../client/index.ts';
import type { Client } from '../../client/index.ts';
import { Pod } from '../../kinds/core/pod.ts';
import type { PodStatus } from '../../kinds/core/pod-status.ts';
import { isApiError } from '../../meta/api-error.ts';
import { TRANSIENT_CONDITIONS } from './conditions.ts';

export interface StatusManager extends AsyncDisposable {
  /** What shall be said of the pod; sent unless the server says so already. */
  set(pod: Pod, status: PodStatus): void;
  /** The server's newest copy: where it does not say what was set, it is told again. */
  seen(pod: Pod): void;
  /** Nothing of the pod is left here: where its deletion was asked for, let it vanish from the API. */
  finish(pod: Pod): void;
  /** What was last said, sent or not. */
  latest(uid: string): PodStatus | undefined;
  forget(uid: string): void;
  /** Until all that was set has been sent, as far as the server takes it. */
  settled(): Promise<void>;
}

interface Entry {
  pod: Pod;
  status: PodStatus;
  /** What the server last took from us, and the version that gave. */
  sent?: { readonly status: PodStatus; readonly resourceVersion: string };
  finished: boolean;
  busy: boolean;
  /** Not looked at since it last changed. */
  fresh: boolean;
}

const RETRY: Millis = 1000;

export interface StatusManagerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  /** The API's copy of a pod that came from elsewhere, once there is one; a pod of the API is its own. */
  readonly copyOf?: (pod: Pod) => Pod | undefined;
}

export const createStatusManager = (options: StatusManagerOptions): StatusManager => new Statuses(options);

class Statuses implements StatusManager {
  readonly #options: StatusManagerOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(options: StatusManagerOptions) {
    this.#options = options;
  }

  set(pod: Pod, status: PodStatus): void {
    this.#change(pod, { status });
  }

  seen(pod: Pod): void {
    if (this.#entries.has(pod.metadata.uid)) this.#change(pod, {});
  }

  finish(pod: Pod): void {
    this.#change(pod, { finished: true });
  }

  latest(uid: string): PodStatus | undefined {
    return this.#entries.get(uid)?.status;
  }

  forget(uid: string): void {
    this.#entries.delete(uid);
  }

  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  #change(pod: Pod, change: Partial<Pick<Entry, 'status' | 'finished'>>): void {
    const { uid } = pod.metadata;
    const entry = this.#entries.get(uid) ?? { pod, status: pod.status, finished: false, busy: false, fresh: true };
    Object.assign(entry, { pod, fresh: true }, change);
    this.#entries.set(uid, entry);
    this.#start(uid, entry);
  }

  #start(uid: string, entry: Entry): void {
    if (entry.busy || this.#stop.signal.aborted) return;
    entry.busy = true;
    const run: Promise<void> = this.#drain(uid, entry).finally(() => {
      entry.busy = false;
      this.#running.delete(run);
      // Something came after the last look and before this.
      if (entry.fresh && this.#entries.get(uid) === entry) this.#start(uid, entry);
    });
    this.#running.add(run);
  }

  async #drain(uid: string, entry: Entry): Promise<void> {
    const { clock, log } = this.#options;
    const { name, namespace } = entry.pod.metadata;
    while (this.#entries.get(uid) === entry && !this.#stop.signal.aborted) {
      try {
        if (!(await this.#step(entry)) && !entry.fresh) return;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        // Gone, or another pod of that name: there is nobody to tell. A static pod goes on, and waits for another copy.
        if (isApiError(error, 'NotFound', 'Conflict')) return void (this.#copyOf(entry.pod) === entry.pod && this.#entries.delete(uid));
        log.warn('pod status not sent', { pod: `${namespace}/${name}`, error: String(error) });
        await clock.sleep(RETRY, this.#stop.signal).catch(() => {});
      }
    }
  }

  /** @returns whether there may be more to do */
  async #step(entry: Entry): Promise<boolean> {
    const { client } = this.#options;
    const { signal } = this.#stop;
    const { status } = entry;
    const pod = this.#copyOf(entry.pod);
    entry.fresh = false;
    if (!pod) return false;
    const { name, namespace = '', uid } = pod.metadata;
    if (!isTold({ ...entry, pod })) {
      const answer = await client.patch(Pod, name, { type: 'strategic', body: patchOf(pod, status) }, { namespace, subresource: 'status', signal });
      entry.sent = { status, resourceVersion: answer.metadata.resourceVersion };
      return true;
    }
    if (!entry.finished || pod.metadata.deletionTimestamp === undefined) return false;
    await client.delete(Pod, name, { namespace, gracePeriodSeconds: 0, preconditions: { uid }, signal });
    this.#entries.delete(entry.pod.metadata.uid);
    return false;
  }

  #copyOf(pod: Pod): Pod | undefined {
    const { copyOf } = this.#options;
    return copyOf ? copyOf(pod) : pod;
  }
}

/** Until the informer has caught up with what was sent, that counts; then the server's own copy. */
function isTold({ pod, status, sent }: Entry): boolean {
  const unseen = sent !== undefined && compareResourceVersions(pod.metadata.resourceVersion, sent.resourceVersion) <= 0;
  return unseen ? isDeepStrictEqual(sent.status, status) : saysSo(pod.status, status);
}

/** Whether the server's status holds all of ours; conditions of others are theirs. */
function saysSo(server: PodStatus, ours: PodStatus): boolean {
  const { conditions = [], ...rest } = ours;
  const told = Object.entries(rest).every(([field, value]) => isDeepStrictEqual((server as Readonly<Record<string, unknown>>)[field], value));
  const left = TRANSIENT_CONDITIONS.some((type) => has(server, type) && !has(ours, type));
  return told && !left && (server.reason ?? '') === (ours.reason ?? '') && (server.message ?? '') === (ours.message ?? '') &&
    conditions.every((condition) => (server.conditions ?? []).some((other) => isDeepStrictEqual(bare(other), bare(condition))));
}

const has = ({ conditions = [] }: PodStatus, type: string): boolean => conditions.some((condition) => condition.type === type);

const bare = ({ type, status, reason = '', message = '', observedGeneration }: NonNullable<PodStatus['conditions']>[number]) => ({ type, status, reason, message, observedGeneration });

/** A strategic merge: lists of addresses are replaced as a whole, conditions merged by type. The uid makes it this pod's. */
function patchOf(pod: Pod, status: PodStatus): object {
  const replaced = <T>(list: readonly T[]) => [{ $patch: 'replace' }, ...list];
  const { podIPs, hostIPs, conditions = [], ...rest } = status;
  return {
    metadata: { uid: pod.metadata.uid },
    status: {
      ...rest,
      // Merged with what was there: a reason that no longer holds has to be taken away.
      conditions: [
        ...conditions.map((condition) => ({ reason: null, message: null, ...condition })),
        ...TRANSIENT_CONDITIONS.filter((type) => has(pod.status, type) && !has(status, type)).map((type) => ({ type, $patch: 'delete' })),
      ],
      ...(status.reason === undefined && pod.status.reason !== undefined ? { reason: null } : {}),
      ...(status.message === undefined && pod.status.message !== undefined ? { message: null } : {}),
      ...(podIPs && !isDeepStrictEqual(podIPs, pod.status.podIPs) ? { podIPs: replaced(podIPs) } : {}),
      ...(hostIPs && !isDeepStrictEqual(hostIPs, pod.status.hostIPs) ? { hostIPs: replaced(hostIPs) } : {}),
    },
  };
}
