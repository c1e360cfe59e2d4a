import { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../kinds/core/pod.ts';
import type { KubeObject } from '../../meta/object.ts';
import { controllerOf, defineController, watchOf, type Index } from '../runtime/index.ts';

const OF_CLAIM = 'kubernetes.io/pvc-protection';
const OF_VOLUME = 'kubernetes.io/pv-protection';

const has = ({ metadata }: KubeObject, finalizer: string): boolean => metadata.finalizers?.includes(finalizer) ?? false;
const isLeaving = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined;
/** Leaving and held, or standing and not held yet: of a time before admission held them. */
const needsLook = (object: KubeObject, finalizer: string): boolean => isLeaving(object) === has(object, finalizer);

function withFinalizer<T extends KubeObject>(object: T, finalizer: string): T {
  return { ...object, metadata: { ...object.metadata, finalizers: [...(object.metadata.finalizers ?? []), finalizer] } };
}
function withoutFinalizer<T extends KubeObject>(object: T, finalizer: string): T {
  return { ...object, metadata: { ...object.metadata, finalizers: (object.metadata.finalizers ?? []).filter((one) => one !== finalizer) } };
}

/** Pods by `namespace/claim` of every claim their volumes name, those made for them included. */
const BY_CLAIM: Index<Pod> = { name: 'claim', values: claimsOf };

function claimsOf({ metadata, spec }: Pod): readonly string[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    const claim = persistentVolumeClaim?.claimName ?? (ephemeral ? `${metadata.name}-${name}` : undefined);
    return claim === undefined ? [] : [`${metadata.namespace}/${claim}`];
  });
}

/** Keeps a claim that is being deleted for as long as a pod on some node has it. */
export const pvcProtectionController = defineController({
  name: 'pvc-protection',
  component: 'pvc-protection-controller',
  for: PersistentVolumeClaim,
  when: (claim) => needsLook(claim, OF_CLAIM),
  watches: [watchOf(Pod, (pod, cache) => claimsOf(pod).filter((key) => {
    const [namespace, name] = key.split('/');
    const claim = cache.get(PersistentVolumeClaim, name!, namespace);
    return claim && isLeaving(claim);
  }))],

  async reconcile(claim, { cache, client }) {
    if (!needsLook(claim, OF_CLAIM)) return;
    if (!isLeaving(claim)) return void await client.update(PersistentVolumeClaim, withFinalizer(claim, OF_CLAIM));
    const { name, namespace = '' } = claim.metadata;
    if (cache.byIndex(Pod, BY_CLAIM, `${namespace}/${name}`).some((pod) => uses(pod, claim))) return;
    // The cache may not know a new pod yet: the server decides.
    const { items } = await client.list(Pod, { namespace });
    if (!items.some((pod) => uses(pod, claim))) await client.update(PersistentVolumeClaim, withoutFinalizer(claim, OF_CLAIM));
  },
});

/**
 * Only a pod with a node can have a volume mounted; a kubelet does not begin with a claim that is leaving. A pod that has
 * ended still counts, as upstream's does.
 */
function uses({ metadata, spec }: Pod, claim: PersistentVolumeClaim): boolean {
  if (!spec.nodeName) return false;
  const { name } = claim.metadata;
  // A pod whose kubelet is done with it waits for its claims to go, not they for it.
  const isDone = metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
  return (spec.volumes ?? []).some(({ name: volume, persistentVolumeClaim, ephemeral }) =>
    persistentVolumeClaim?.claimName === name ||
    (ephemeral && !isDone && `${metadata.name}-${volume}` === name && controllerOf(claim)?.uid === metadata.uid));
}

/** Keeps a volume that is being deleted for as long as it is bound. */
export const pvProtectionController = defineController({
  name: 'pv-protection',
  component: 'pv-protection-controller',
  for: PersistentVolume,
  when: (volume) => needsLook(volume, OF_VOLUME),

  async reconcile(volume, { client }) {
    if (!needsLook(volume, OF_VOLUME)) return;
    if (!isLeaving(volume)) await client.update(PersistentVolume, withFinalizer(volume, OF_VOLUME));
    else if (volume.status.phase !== 'Bound') await client.update(PersistentVolume, withoutFinalizer(volume, OF_VOLUME));
  },
});
