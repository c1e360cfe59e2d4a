import { classOf } from '../../kinds/core/storage-class-of.ts';
import { definePlugin } from '../framework/plugin.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { pass, rejectForGood, type Rejection } from '../framework/verdict.ts';
import type { StorageView } from '../volumes/storage.ts';

const ELSEWHERE = rejectForGood('node(s) had no available volume zone');

/** Each old label beside the one that took its place. */
const LABELS: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region': 'topology.kubernetes.io/region',
};

interface Place {
  readonly label: string;
  readonly values: readonly string[];
}

/** Keeps pods in the zones and regions that their volumes' labels name. */
export const volumeZone = (storage: StorageView) => definePlugin<readonly Place[]>({
  name: 'VolumeZone',
  wakeOn: ['storage-class', 'node-added', 'node-labels', 'claim-changed', 'volume-changed'],
  wakes: (pod, { claim }) => claim === undefined || pod.claims.some(({ key }) => key === claim),

  preFilter(pod) {
    const places = placesOf(pod, storage);
    if ('reasons' in places) return { type: 'reject', rejection: places };
    return places.length === 0 ? { type: 'skip' } : { type: 'go', state: places };
  },

  filter(_, { labels }, places) {
    // A node that says nothing of where it is belongs to no cloud.
    if (!Object.keys(LABELS).some((label) => labels[label] !== undefined)) return pass;
    const isThere = ({ label, values }: Place) => values.includes(labels[label] ?? labels[LABELS[label]!] ?? '');
    return places.every(isThere) ? pass : ELSEWHERE;
  },
});

function placesOf({ claims }: PodInfo, storage: StorageView): readonly Place[] | Rejection {
  const places: Place[] = [];
  for (const { key, name } of claims) {
    const claim = storage.claim(key);
    if (!claim) return rejectForGood(`persistentvolumeclaim "${name}" not found`);
    const { volumeName = '' } = claim.spec;
    if (volumeName === '') {
      if (storage.storageClass(classOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer') continue;
      return rejectForGood('PersistentVolume had no name');
    }
    const volume = storage.volume(volumeName);
    if (!volume) return rejectForGood(`persistentvolume "${volumeName}" not found`);
    const { labels = {} } = volume.metadata;
    for (const label in LABELS) if (labels[label] !== undefined) places.push({ label, values: labels[label].split('__') });
  }
  return places;
}
