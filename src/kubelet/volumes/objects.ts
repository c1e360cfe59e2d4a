/**
 * The ConfigMaps and Secrets that this node's pods refer to, each watched while some pod here refers to it: a kubelet
 * reads no object that none of its pods needs.
 */
import type { Informers } from '../../client/index.ts';
import { ConfigMap } from '../../kinds/core/config-map.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { Secret } from '../../kinds/core/secret.ts';
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
}

/** @param onChange called with the uid of each pod that refers to what changed */
export function watchReferredObjects(informers: Informers, onChange: (uid: string) => void): ReferredObjects {
  const watched = new Map<string, Watched>();

  const scopeOf = (namespace: string, name: string) => ({ namespace, fieldSelector: `metadata.name=${name}` });
  const keyFor = (kind: Kind, namespace: string, name: string) => `${kind.kind}/${namespace}/${name}`;

  const watch = (kind: Kind, { namespace, name }: Omit<Watched, 'kind' | 'users' | 'handler'>, uid: string): void => {
    const key = keyFor(kind, namespace, name);
    const known = watched.get(key);
    if (known) return void known.users.add(uid);
    const users = new Set([uid]);
    const tell = () => users.forEach(onChange);
    const changed = (object: { metadata: { resourceVersion: string } }, old: { metadata: { resourceVersion: string } }) => {
      if (object.metadata.resourceVersion !== old.metadata.resourceVersion) tell();
    };
    const handler = informers.for<Kind>(kind, scopeOf(namespace, name)).addHandler({ onAdd: tell, onUpdate: changed, onDelete: tell });
    watched.set(key, { kind, namespace, name, users, handler });
  };

  return {
    of(pod, signal) {
      const { uid, namespace = '' } = pod.metadata;
      const source = <K extends Kind>(kind: K) => async (name: string) => {
        watch(kind, { namespace, name }, uid);
        const informer = informers.for<K>(kind, scopeOf(namespace, name));
        await informer.untilSynced(signal);
        return informer.lister.get(name, namespace);
      };
      for (const { kind, name } of referencesOf(pod)) watch(kind, { namespace, name }, uid);
      return { configMap: source(ConfigMap), secret: source(Secret) };
    },
    async release(uid) {
      for (const [key, { kind, namespace, name, users, handler }] of watched) {
        users.delete(uid);
        if (users.size > 0) continue;
        watched.delete(key);
        handler[Symbol.dispose]();
        await informers.stop(kind, scopeOf(namespace, name));
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
