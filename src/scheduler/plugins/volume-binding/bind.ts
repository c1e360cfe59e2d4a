import type { Clock } from '../../../base/clock.ts';
import { compareResourceVersions, type Client } from '../../../client/index.ts';
import { PersistentVolume } from '../../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../../../kinds/core/persistent-volume-claim.ts';
import { isFullyBound, reaches } from '../../../rules/volume-matching.ts';
import { eitherOf } from '../../framework/either-of.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import type { StorageView } from '../../volumes/storage.ts';
import { keyOfClaim, SELECTED_NODE, type Bindings } from './find.ts';

export interface BindServices {
  readonly client: Pick<Client, 'patch'>;
  readonly clock: Clock;
  readonly storage: StorageView;
}

/** How long volumes may take, and how often to look whatever the informers say. */
const TIMEOUT = 10 * 60_000;
const POLL = 1_000;

/** Tells the server what was decided, and waits until the binder and the provisioners have done it. @throws when they cannot */
export async function bindVolumes({ bind, provision }: Bindings, to: { readonly pod: PodInfo; readonly node: string }, services: BindServices & { readonly signal: AbortSignal }): Promise<void> {
  const { client, clock, storage, signal } = services;
  for (const { claim, volume } of bind) await client.patch(PersistentVolume, volume.metadata.name, { type: 'merge', body: claimed(volume, claim) }, { signal });
  const asked: PersistentVolumeClaim[] = [];
  for (const { metadata: { name, namespace = '', uid } } of provision) {
    const body = { metadata: { uid, annotations: { [SELECTED_NODE]: to.node } } };
    asked.push(await client.patch(PersistentVolumeClaim, name, { type: 'merge', body }, { namespace, signal }));
  }
  const deadline = clock.now() + TIMEOUT;
  while (!areBound({ claims: bind.map(({ claim }) => claim), asked }, to, storage)) {
    if (clock.now() >= deadline) throw new Error('binding volumes: context deadline exceeded');
    await eitherOf(storage.untilChange(), { clock, atMost: POLL }, signal);
  }
}

function claimed({ metadata: { resourceVersion }, spec }: PersistentVolume, { metadata }: PersistentVolumeClaim) {
  const { name, namespace, uid } = metadata;
  return {
    metadata: { resourceVersion, ...(spec.claimRef === undefined && { annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } }) },
    spec: { claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion: metadata.resourceVersion } },
  };
}

function areBound(
  { claims, asked }: { readonly claims: readonly PersistentVolumeClaim[]; readonly asked: readonly PersistentVolumeClaim[] },
  { pod, node }: { readonly pod: PodInfo; readonly node: string }, storage: StorageView,
): boolean {
  const { name, uid } = pod.pod.metadata;
  if (storage.pod(name, pod.namespace)?.metadata.uid !== uid) throw new Error(`binding volumes: pod does not exist any more: pod "${name}" not found`);
  const current = (claim: PersistentVolumeClaim): PersistentVolumeClaim => {
    const now = storage.claim(keyOfClaim(claim));
    if (!now) throw new Error(`binding volumes: failed to check binding: could not find v1.PersistentVolumeClaim "${keyOfClaim(claim)}"`);
    return now;
  };
  for (const claim of asked) {
    const now = current(claim);
    // The cache may not have seen our own write; the provisioner takes the node away again where it fails.
    if (compareResourceVersions(now.metadata.resourceVersion, claim.metadata.resourceVersion) < 0) return false;
    if (now.metadata.annotations?.[SELECTED_NODE] !== node) throw new Error(`binding volumes: provisioning failed for PVC "${now.metadata.name}"`);
  }
  return [...claims, ...asked].every((claim) => isBoundFor(current(claim), node, storage));
}

function isBoundFor(claim: PersistentVolumeClaim, nodeName: string, storage: StorageView): boolean {
  const volume = claim.spec.volumeName ? storage.volume(claim.spec.volumeName) : undefined;
  const node = storage.node(nodeName);
  if (volume && node && !reaches(node, volume)) {
    throw new Error(`binding volumes: pv "${volume.metadata.name}" node affinity doesn't match node "${nodeName}": no matching NodeSelectorTerms`);
  }
  return volume !== undefined && isFullyBound(claim);
}
