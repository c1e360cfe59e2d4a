import type { Pod } from '../../kinds/core/pod.ts';
import { definePlugin } from '../framework/plugin.ts';
import { pass, reject, rejectForGood } from '../framework/verdict.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';
import type { StorageView } from '../volumes/storage.ts';

const NO_DISK = reject('node(s) had no available disk');
const IN_USE = reject('node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode');

type Volume = NonNullable<Pod['spec']['volumes']>[number];
interface State {
  readonly disks: readonly Volume[];
  /** Claims that one pod alone may use. */
  readonly exclusive: ReadonlySet<string>;
  /** Pods anywhere that use one of them. */
  users: number;
}

/** Keeps pods from disks that another pod there holds, and from claims that are for one pod alone. */
export const volumeRestrictions = (storage: StorageView) => definePlugin<State>({
  name: 'VolumeRestrictions',
  wakeOn: ['pod-removed', 'claim-changed'],
  wakes: (pod, { claim, pod: gone }) => (claim === undefined ? gone === undefined || shares(pod.pod, gone.pod) : pod.claims.some(({ key }) => key === claim)),

  preFilter({ claims, pod }, { table }) {
    const missing = claims.find(({ key, ephemeral }) => !ephemeral && !storage.claim(key));
    if (missing) return { type: 'reject', rejection: rejectForGood(`persistentvolumeclaim "${missing.name}" not found`) };
    const disks = pod.spec.volumes?.filter(isDisk) ?? [];
    const exclusive = new Set(claims.map(({ key }) => key).filter((key) => storage.claim(key)?.spec.accessModes?.includes('ReadWriteOncePod')));
    if (disks.length === 0 && exclusive.size === 0) return { type: 'skip' };
    const users = [...exclusive].reduce((sum, key) => sum + table.claimUsers(key), 0);
    return { type: 'go', state: { disks, exclusive, users } };
  },

  filter(_, node, { disks, users }) {
    if (disks.length > 0 && holdsOne(node, disks)) return NO_DISK;
    return users > 0 ? IN_USE : pass;
  },

  adjust(state, { other, by }) {
    for (const { key } of other.claims) if (state.exclusive.has(key)) state.users += by;
  },
});

const isDisk = ({ gcePersistentDisk, awsElasticBlockStore, rbd, iscsi }: Volume): boolean =>
  Boolean(gcePersistentDisk ?? awsElasticBlockStore ?? rbd ?? iscsi);

function holdsOne({ pods }: NodeInfo, disks: readonly Volume[]): boolean {
  for (const { pod } of pods.values()) if (pod.spec.volumes?.some((theirs) => disks.some((ours) => areInConflict(ours, theirs)))) return true;
  return false;
}

/** The same disk, unless it may be shared: by readers, but for those of AWS. */
function areInConflict(one: Volume, other: Volume): boolean {
  if (one.awsElasticBlockStore) return one.awsElasticBlockStore.volumeID === other.awsElasticBlockStore?.volumeID;
  const ours = one.gcePersistentDisk ?? one.rbd ?? one.iscsi;
  const theirs = other.gcePersistentDisk ?? other.rbd ?? other.iscsi;
  if (ours?.readOnly && theirs?.readOnly) return false;
  if (one.gcePersistentDisk) return one.gcePersistentDisk.pdName === other.gcePersistentDisk?.pdName;
  if (one.iscsi) return one.iscsi.iqn === other.iscsi?.iqn;
  const { rbd } = other;
  return one.rbd !== undefined && rbd !== undefined && one.rbd.pool === rbd.pool && one.rbd.image === rbd.image &&
    one.rbd.monitors.some((monitor) => rbd.monitors.includes(monitor));
}

function shares(pod: Pod, gone: Pod): boolean {
  const claimed = new Set(pod.spec.volumes?.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName));
  return (gone.spec.volumes ?? []).some((theirs) =>
    (theirs.persistentVolumeClaim !== undefined && gone.metadata.namespace === pod.metadata.namespace && claimed.has(theirs.persistentVolumeClaim.claimName)) ||
    (pod.spec.volumes?.some((ours) => isDisk(ours) && areInConflict(ours, theirs)) ?? false));
}
