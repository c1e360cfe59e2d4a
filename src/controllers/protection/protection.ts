import { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { VolumeAttributesClass } from '../../kinds/storage/volume-attributes-class.ts';
import type { KubeObject } from '../../meta/object.ts';
import { claimsOf, podsOfClaim, usesClaim } from '../claims-of-pod.ts';
import { controllerOf, defineController, watchOf, type Index } from '../runtime/index.ts';

const OF_CLAIM = 'kubernetes.io/pvc-protection';
const OF_VOLUME = 'kubernetes.io/pv-protection';
const OF_CLASS = 'kubernetes.io/vac-protection';

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
    if (podsOfClaim(cache, `${namespace}/${name}`).some((pod) => uses(pod, claim))) return;
    // The cache may not know a new pod yet: the server decides.
    const { items } = await client.list(Pod, { namespace });
    if (!items.some((pod) => uses(pod, claim))) await client.update(PersistentVolumeClaim, withoutFinalizer(claim, OF_CLAIM));
  },
});

/**
 * Only a pod with a node can have a volume mounted; a kubelet does not begin with a claim that is leaving. A pod that has
 * ended still counts, as upstream's does.
 */
function uses(pod: Pod, claim: PersistentVolumeClaim): boolean {
  const { metadata, spec } = pod;
  if (!spec.nodeName || !usesClaim(pod, claim)) return false;
  // A pod whose kubelet is done with it waits for the claims made for it to go, not they for it.
  const isDone = metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
  return !isDone || controllerOf(claim)?.uid !== metadata.uid;
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

/** The classes a claim asks for, has, or is being moved to. */
function classesOf({ spec, status }: PersistentVolumeClaim): readonly string[] {
  const named = [spec.volumeAttributesClassName, status.currentVolumeAttributesClassName, status.modifyVolumeStatus?.targetVolumeAttributesClassName];
  return named.flatMap((name) => (name ? [name] : []));
}
const classesOfVolume = ({ spec }: PersistentVolume): readonly string[] => (spec.volumeAttributesClassName ? [spec.volumeAttributesClassName] : []);

const CLAIMS_BY_CLASS: Index<PersistentVolumeClaim> = { name: 'attributes-class', values: classesOf };
const VOLUMES_BY_CLASS: Index<PersistentVolume> = { name: 'attributes-class', values: classesOfVolume };

/** Keeps a class of attributes that is being deleted for as long as a claim or a volume names it. */
export const vacProtectionController = defineController({
  name: 'vac-protection',
  component: 'volumeattributesclass-protection-controller',
  for: VolumeAttributesClass,
  when: (one) => needsLook(one, OF_CLASS),
  watches: [
    watchOf(PersistentVolumeClaim, (claim, _cache, old) => [...classesOf(claim), ...(old ? classesOf(old) : [])]),
    watchOf(PersistentVolume, (volume, _cache, old) => [...classesOfVolume(volume), ...(old ? classesOfVolume(old) : [])]),
  ],

  async reconcile(one, { cache, client }) {
    if (!needsLook(one, OF_CLASS)) return;
    const { name } = one.metadata;
    if (!isLeaving(one)) await client.update(VolumeAttributesClass, withFinalizer(one, OF_CLASS));
    else if (cache.byIndex(PersistentVolumeClaim, CLAIMS_BY_CLASS, name).length === 0 && cache.byIndex(PersistentVolume, VOLUMES_BY_CLASS, name).length === 0) {
      await client.update(VolumeAttributesClass, withoutFinalizer(one, OF_CLASS));
    }
  },
});
