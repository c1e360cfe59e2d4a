import type { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import { classOf } from '../../kinds/core/storage-class-of.ts';
import { definePlugin } from '../framework/plugin.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { pass, reject } from '../framework/verdict.ts';
import type { StorageView } from '../volumes/storage.ts';

const TOO_MANY = reject('node(s) exceed max volume count');

/** A volume's unique name, and the CSI driver that attaches it. */
type Attached = ReadonlyMap<string, string>;

/** A node takes no more volumes of a CSI driver than its CSINode allows. */
export const nodeVolumeLimits = (storage: StorageView) => definePlugin<Attached>({
  name: 'NodeVolumeLimits',
  wakeOn: ['pod-removed', 'node-added', 'csi-node', 'volume-detached', 'claim-changed', 'volume-changed'],
  wakes: (pod, { claim, pod: gone }) => (claim === undefined ? gone === undefined || gone.claims.length > 0 : pod.claims.some(({ key }) => key === claim)),

  preFilter(pod) {
    const wanted = volumesOf(pod, storage);
    return wanted.size === 0 ? { type: 'skip' } : { type: 'go', state: wanted };
  },

  filter(_, { name, pods }, wanted) {
    const drivers = storage.csiNode(name)?.spec.drivers?.filter(({ allocatable }) => allocatable?.count !== undefined) ?? [];
    if (drivers.length === 0) return pass;
    const attached = new Map(storage.attached(name).flatMap((volume) => attachmentOf(storage.volume(volume))));
    for (const other of pods.values()) for (const [volume, driver] of volumesOf(other, storage)) attached.set(volume, driver);
    const added = [...wanted].filter(([volume]) => !attached.has(volume));
    const isFull = (driver: string, count: number) => {
      const more = added.filter(([, one]) => one === driver).length;
      return more > 0 && more + [...attached.values()].filter((one) => one === driver).length > count;
    };
    return drivers.some((one) => isFull(one.name, one.allocatable!.count!)) ? TOO_MANY : pass;
  },
});

function volumesOf({ claims }: PodInfo, storage: StorageView): Attached {
  const found = new Map<string, string>();
  for (const { key } of claims) {
    const claim = storage.claim(key);
    if (claim?.spec.volumeName) for (const [volume, driver] of attachmentOf(storage.volume(claim.spec.volumeName))) found.set(volume, driver);
    else if (claim) {
      // Not made yet: it will be one more of its class's driver.
      const driver = storage.storageClass(classOf(claim))?.provisioner ?? '';
      if (driver && !driver.startsWith('kubernetes.io/')) found.set(`${driver}/claim/${key}`, driver);
    }
  }
  return found;
}

const attachmentOf = (volume: PersistentVolume | undefined): readonly (readonly [string, string])[] => {
  const csi = volume?.spec.csi;
  return csi ? [[`${csi.driver}/${csi.volumeHandle}`, csi.driver]] : [];
};
