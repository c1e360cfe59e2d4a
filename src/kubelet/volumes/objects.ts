/**
 * The ConfigMaps and Secrets that this node's pods refer to, each watched while some pod here refers to it: a kubelet
 * reads no object that none of its pods needs.
 */
import type { Clock, Millis } from '../../base/clock.ts';
import type { Informer, Informers } from '../../client/index.ts';
import { ConfigMap } from '../../kinds/core/config-map.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { Secret } from '../../kinds/core/secret.ts';
import type { InstanceOf } from '../../meta/resource.ts';
import type { ObjectSource } from '../containers/env.ts';
import { ephemeralContainers, initContainers } from '../pod.ts';

export interface ReferredObjects {
  /** What this pod may ask for; starts watching it. */
  of(pod: Pod, signal?: AbortSignal): ObjectSource;
  /** No longer watched on behalf of the pod. */
  release(uid: string): Promise<void>;
}

type Kind = typeof ConfigMap | typeof Secret;

interface Watched {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly users: Set<string>;
  readonly handler: Disposable;
  /** What can change no more is not watched any longer. */
  final?: ConfigMap | Secret;
}

/** A pod does not wait longer for an API server that says nothing: it tries again, and says why it waits. */
const PATIENCE: Millis = 10_000;

/** @param onChange called with the uid of each pod that refers to what changed */
export function watchReferredObjects(informers: Informers, clock: Clock, onChange: (uid: string) => void): ReferredObjects {
  const watched = new Map<string, Watched>();

  const scopeOf = (namespace: string, name: string) => ({ namespace, fieldSelector: `metadata.name=${name}` });
  const keyFor = (kind: Kind, namespace: string, name: string) => `${kind.kind}/${namespace}/${name}`;

  const watch = (kind: Kind, { namespace, name }: Pick<Watched, 'namespace' | 'name'>, uid: string): Watched => {
    const key = keyFor(kind, namespace, name);
    const known = watched.get(key);
    if (known) {
      known.users.add(uid);
      return known;
    }
    const users = new Set([uid]);
    const tell = () => users.forEach(onChange);
    const changed = (object: { metadata: { resourceVersion: string } }, old: { metadata: { resourceVersion: string } }) => {
      if (object.metadata.resourceVersion !== old.metadata.resourceVersion) tell();
    };
    const handler = informers.for<Kind>(kind, scopeOf(namespace, name)).addHandler({ onAdd: tell, onUpdate: changed, onDelete: tell });
    const made: Watched = { kind, namespace, name, users, handler };
    watched.set(key, made);
    return made;
  };

  const unwatch = async ({ kind, namespace, name, handler }: Watched): Promise<void> => {
    handler[Symbol.dispose]();
    await informers.stop(kind, scopeOf(namespace, name));
  };

  const untilSynced = async (informer: Pick<Informer<never>, 'untilSynced'>, kind: Kind, signal?: AbortSignal): Promise<void> => {
    const giveUp = new AbortController();
    using _timer = clock.after(PATIENCE, () => giveUp.abort());
    try {
      await informer.untilSynced(signal ? AbortSignal.any([signal, giveUp.signal]) : giveUp.signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (!giveUp.signal.aborted) throw error;
      throw new Error(`failed to sync ${kind.kind.toLowerCase()} cache: timed out waiting for the condition`, { cause: error });
    }
  };

  return {
    of(pod, signal) {
      const { uid, namespace = '' } = pod.metadata;
      const source = <K extends Kind>(kind: K) => async (name: string) => {
        const one = watch(kind, { namespace, name }, uid);
        if (one.final) return one.final as InstanceOf<K>;
        const informer = informers.for<K>(kind, scopeOf(namespace, name));
        await untilSynced(informer, kind, signal);
        const found = informer.lister.get(name, namespace);
        if (found?.immutable && found.metadata.deletionTimestamp === undefined && !one.final) {
          one.final = found as ConfigMap | Secret;
          await unwatch(one);
        }
        return found;
      };
      for (const { kind, name } of referencesOf(pod)) watch(kind, { namespace, name }, uid);
      return { configMap: source(ConfigMap), secret: source(Secret) };
    },
    async release(uid) {
      for (const [key, one] of watched) {
        one.users.delete(uid);
        if (one.users.size > 0) continue;
        watched.delete(key);
        if (!one.final) await unwatch(one);
      }
    },
  };
}

interface Reference {
  readonly kind: Kind;
  readonly name: string;
}

/** Everything a pod's specification names. */
export function referencesOf(pod: Pod): readonly Reference[] {
  const found: Reference[] = [];
  const configMap = (ref: { readonly name?: string } | undefined) => ref?.name && found.push({ kind: ConfigMap, name: ref.name });
  const secret = (name: string | undefined) => name && found.push({ kind: Secret, name });
  for (const volume of pod.spec.volumes ?? []) {
    configMap(volume.configMap);
    secret(volume.secret?.secretName);
    for (const source of volume.projected?.sources ?? []) {
      configMap(source.configMap);
      secret(source.secret?.name);
    }
  }
  for (const { env = [], envFrom = [] } of [...pod.spec.containers, ...initContainers(pod), ...ephemeralContainers(pod)]) {
    for (const { valueFrom } of env) {
      configMap(valueFrom?.configMapKeyRef);
      secret(valueFrom?.secretKeyRef?.name);
    }
    for (const { configMapRef, secretRef } of envFrom) {
      configMap(configMapRef);
      secret(secretRef?.name);
    }
  }
  for (const { name } of pod.spec.imagePullSecrets ?? []) secret(name);
  return found;
}
