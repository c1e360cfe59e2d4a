/** Tells the API server the status of this node's pods: the newest of each, one request at a time for each pod. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { compareResourceVersions } from '../../client/index.ts';
import type { Client } from '../../client/index.ts';
import { Pod } from '../../kinds/core/pod.ts';
import type { PodStatus } from '../../kinds/core/pod-status.ts';
import { isApiError } from '../../meta/api-error.ts';

export interface StatusManager extends AsyncDisposable {
  /** What shall be said of the pod; sent unless the server says so already. */
  set(pod: Pod, status: PodStatus): void;
  /** Nothing of the pod is left here: where its deletion was asked for, let it vanish from the API. */
  finish(pod: Pod): void;
  /** What was last said, sent or not. */
  latest(uid: string): PodStatus | undefined;
  forget(uid: string): void;
}

interface Entry {
  pod: Pod;
  status: PodStatus;
  /** What the server last took from us, and the version that gave. */
  sent?: { readonly status: PodStatus; readonly resourceVersion: string };
  finished: boolean;
  busy: boolean;
}

const RETRY: Millis = 1000;

export function createStatusManager({ client, clock, log }: { readonly client: Client; readonly clock: Clock; readonly log: Logger }): StatusManager {
  const entries = new Map<string, Entry>();
  const stop = new AbortController();
  const running = new Set<Promise<void>>();

  const isTold = ({ pod, status, sent }: Entry): boolean => {
    const unseen = sent !== undefined && compareResourceVersions(pod.metadata.resourceVersion, sent.resourceVersion) <= 0;
    return unseen ? isDeepStrictEqual(sent.status, status) : saysSo(pod.status, status);
  };

  const step = async (entry: Entry): Promise<boolean> => {
    const { name, namespace = '', uid } = entry.pod.metadata;
    const { status } = entry;
    if (!isTold(entry)) {
      const answer = await client.patch(Pod, name, { type: 'strategic', body: patchOf(entry.pod, status) }, { namespace, subresource: 'status', signal: stop.signal });
      entry.sent = { status, resourceVersion: answer.metadata.resourceVersion };
      return true;
    }
    if (!entry.finished || entry.pod.metadata.deletionTimestamp === undefined) return false;
    await client.delete(Pod, name, { namespace, gracePeriodSeconds: 0, preconditions: { uid }, signal: stop.signal });
    entries.delete(uid);
    return false;
  };

  const drain = async (entry: Entry): Promise<void> => {
    const { uid, name, namespace } = entry.pod.metadata;
    while (entries.get(uid) === entry && !stop.signal.aborted) {
      try {
        if (!(await step(entry))) return;
      } catch (error) {
        if (stop.signal.aborted) return;
        // Gone, or another pod of that name: there is nobody to tell.
        if (isApiError(error, 'NotFound', 'Conflict')) return void entries.delete(uid);
        log.warn('pod status not sent', { pod: `${namespace}/${name}`, error: String(error) });
        await clock.sleep(RETRY, stop.signal).catch(() => {});
      }
    }
  };

  const start = (entry: Entry): void => {
    if (entry.busy || stop.signal.aborted) return;
    entry.busy = true;
    const run: Promise<void> = drain(entry).finally(() => {
      entry.busy = false;
      running.delete(run);
    });
    running.add(run);
  };

  return {
    set(pod, status) {
      const entry = entries.get(pod.metadata.uid) ?? { pod, status, finished: false, busy: false };
      entry.pod = pod;
      entry.status = status;
      entries.set(pod.metadata.uid, entry);
      start(entry);
    },
    finish(pod) {
      const entry = entries.get(pod.metadata.uid) ?? { pod, status: pod.status, finished: true, busy: false };
      entry.pod = pod;
      entry.finished = true;
      entries.set(pod.metadata.uid, entry);
      start(entry);
    },
    latest: (uid) => entries.get(uid)?.status,
    forget: (uid) => void entries.delete(uid),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(running);
    },
  };
}

/** Whether the server's status holds all of ours; conditions of others are theirs. */
function saysSo(server: PodStatus, ours: PodStatus): boolean {
  const { conditions = [], ...rest } = ours;
  const told = Object.entries(rest).every(([field, value]) => isDeepStrictEqual((server as Readonly<Record<string, unknown>>)[field], value));
  return told && (server.reason ?? '') === (ours.reason ?? '') && (server.message ?? '') === (ours.message ?? '') &&
    conditions.every((condition) => (server.conditions ?? []).some((other) => isDeepStrictEqual(bare(other), bare(condition))));
}

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
      conditions: conditions.map((condition) => ({ reason: null, message: null, ...condition })),
      ...(status.reason === undefined && pod.status.reason !== undefined ? { reason: null } : {}),
      ...(status.message === undefined && pod.status.message !== undefined ? { message: null } : {}),
      ...(podIPs && !isDeepStrictEqual(podIPs, pod.status.podIPs) ? { podIPs: replaced(podIPs) } : {}),
      ...(hostIPs && !isDeepStrictEqual(hostIPs, pod.status.hostIPs) ? { hostIPs: replaced(hostIPs) } : {}),
    },
  };
}
