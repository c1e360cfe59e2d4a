import { deepEqual } from '../../base/deep-equal.ts';
import { Node } from '../../kinds/core/node.ts';
import { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { StorageClass } from '../../kinds/storage/storage-class.ts';
import { claimsOf, podsOfClaim } from '../claims-of-pod.ts';
import { defineController, watchOf, type Cache, type Context } from '../runtime/index.ts';
import { BIND_COMPLETED, BOUND_BY_CONTROLLER, boundClaim, boundVolume, planClaim, type ClaimPlan } from './plan-claim.ts';
import { planVolume } from './plan-volume.ts';

const COMPONENT = 'persistentvolume-controller';
const PROVISIONERS = ['volume.beta.kubernetes.io/storage-provisioner', 'volume.kubernetes.io/storage-provisioner'];

/**
 * Ties claims to volumes. The volume is written first: it is what two claims could fight over.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
 */
export const claimBinder = defineController({
  name: 'persistentvolumeclaim-binder',
  component: COMPONENT,
  for: PersistentVolumeClaim,
  reads: [Node],
  watches: [
    watchOf(PersistentVolume, claimsNear),
    watchOf(StorageClass, (_, cache) => keysOf(cache.list(PersistentVolumeClaim).filter(isOpen))),
    // Who waits for a pod is told which one.
    watchOf(Pod, (pod, cache, old) => (old ? [] : claimsOf(pod).filter((key) => {
      const [namespace, name] = key.split('/');
      const claim = cache.get(PersistentVolumeClaim, name!, namespace);
      return claim && isOpen(claim);
    }))),
  ],
  // One at a time: two claims must not take the same volume in turns.
  workers: 1,

  async reconcile(claim, context) {
    if (claim.metadata.deletionTimestamp !== undefined && isOpen(claim)) return;
    const { cache, events } = context;
    const pods = () => podsOfClaim(cache, keyOf(claim));
    const todo = planClaim({ claim, volumes: cache.list(PersistentVolume), classes: cache.list(StorageClass), node: (name) => cache.get(Node, name), pods });
    if ('announce' in todo && todo.announce) events.event(claim, ...todo.announce);
    await carryOut(todo, claim, context);
  },
});

const isOpen = ({ metadata }: PersistentVolumeClaim): boolean => metadata.annotations?.[BIND_COMPLETED] === undefined;
const keyOf = ({ metadata }: PersistentVolumeClaim): string => `${metadata.namespace}/${metadata.name}`;
const keysOf = (claims: readonly PersistentVolumeClaim[]): readonly string[] => claims.map(keyOf);

/** The claim a volume is tied to; any open one where the volume is free, or has become so. */
function claimsNear({ spec, metadata }: PersistentVolume, cache: Cache): readonly string[] {
  const own = spec.claimRef ? [`${spec.claimRef.namespace}/${spec.claimRef.name}`] : [];
  const named = cache.list(PersistentVolumeClaim).filter((claim) => claim.spec.volumeName === metadata.name || (!spec.claimRef && isOpen(claim)));
  return [...own, ...keysOf(named)];
}

async function carryOut(todo: ClaimPlan, claim: PersistentVolumeClaim, { client }: Context): Promise<void> {
  switch (todo.act) {
    case 'bind': {
      const wanted = boundVolume(todo.volume, claim);
      const volume = wanted === todo.volume ? wanted : await client.update(PersistentVolume, wanted);
      const phased = volume.status.phase === 'Bound' ? volume : await client.updateStatus(PersistentVolume, { ...volume, status: { ...volume.status, phase: 'Bound' } });
      const next = boundClaim(claim, phased);
      const bound = deepEqual(next, claim) ? claim : await client.update(PersistentVolumeClaim, next);
      const { accessModes, capacity, volumeAttributesClassName: attributes } = phased.spec;
      const { accessModes: _, capacity: grown, ...rest } = bound.status;
      // A bound claim may since have grown beyond what its volume was made with.
      const status = {
        ...rest, phase: 'Bound', ...(accessModes ? { accessModes } : {}),
        ...(claim.status.phase === 'Bound' && grown ? { capacity: grown } : capacity ? { capacity } : {}),
        ...(attributes === undefined ? {} : { currentVolumeAttributesClassName: attributes }),
      };
      if (!deepEqual(bound.status, status)) await client.updateStatus(PersistentVolumeClaim, { ...bound, status });
      return;
    }
    case 'provision': {
      const annotations = { ...claim.metadata.annotations, ...Object.fromEntries(PROVISIONERS.map((name) => [name, todo.provisioner])) };
      if (!deepEqual(annotations, claim.metadata.annotations)) await client.update(PersistentVolumeClaim, { ...claim, metadata: { ...claim.metadata, annotations } });
      return;
    }
    case 'classify':
      await client.update(PersistentVolumeClaim, { ...claim, spec: { ...claim.spec, storageClassName: todo.storageClassName } });
      return;
    case 'lose':
      if (claim.status.phase !== 'Lost') await client.updateStatus(PersistentVolumeClaim, { ...claim, status: { phase: 'Lost' } });
      return;
    case 'wait':
      if (claim.status.phase !== 'Pending') await client.updateStatus(PersistentVolumeClaim, { ...claim, status: { ...claim.status, phase: 'Pending' } });
  }
}

/** Says of each volume whether it is free, taken, or left by its claim; a provisioner of its own deletes it then. */
export const volumeBinder = defineController({
  name: 'persistentvolume-binder',
  component: COMPONENT,
  for: PersistentVolume,
  watches: [watchOf(PersistentVolumeClaim, ({ metadata, spec }, cache) =>
    cache.list(PersistentVolume).filter(({ metadata: { name }, spec: { claimRef } }) =>
      name === spec.volumeName || (claimRef?.name === metadata.name && claimRef.namespace === metadata.namespace)).map(({ metadata: { name } }) => name))],

  async reconcile(volume, { cache, client, events }) {
    const { claimRef, ...spec } = volume.spec;
    const claim = claimRef && cache.get(PersistentVolumeClaim, claimRef.name ?? '', claimRef.namespace);
    const todo = planVolume(volume, claim);
    if (todo.act === 'mismatch') {
      events.event(volume, ...todo.tell.volume);
      events.event(claim!, ...todo.tell.claim);
    } else if (todo.act === 'unbind') {
      const { [BOUND_BY_CONTROLLER]: _yes, ...annotations } = volume.metadata.annotations ?? {};
      await client.update(PersistentVolume, { ...volume, metadata: { ...volume.metadata, annotations }, spec });
    } else if (volume.status.phase !== todo.phase) {
      const { message: _before, ...status } = volume.status;
      await client.updateStatus(PersistentVolume, { ...volume, status: { ...status, phase: todo.phase, ...(todo.message ? { message: todo.message } : {}) } });
      if (todo.announce) events.event(volume, ...todo.announce);
    }
  },
});
