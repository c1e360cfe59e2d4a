import { expect, test } from 'vitest';
import type { PersistentVolume } from '../kinds/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '../kinds/core/persistent-volume-claim.ts';
import { findVolume } from './volume-matching.ts';

const volume = (name: string, storage: string, more: { spec?: object; status?: object; labels?: object } = {}): PersistentVolume => ({
  metadata: { name, labels: more.labels ?? {} },
  spec: { capacity: { storage }, accessModes: ['ReadWriteOnce'], storageClassName: 'disk', ...more.spec },
  status: { phase: 'Available', ...more.status },
}) as unknown as PersistentVolume;
const claim = (more: object = {}): PersistentVolumeClaim => ({
  metadata: { name: 'data', namespace: 'shop', uid: 'u1' },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'disk', resources: { requests: { storage: '10Gi' } }, ...more },
}) as unknown as PersistentVolumeClaim;
const onNode = (name: string) => ({ nodeAffinity: { required: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }] } } });
const ref = (uid?: string) => ({ claimRef: { namespace: 'shop', name: 'data', ...(uid && { uid }) } });

test.each([
  ['the smallest that is large enough', claim(), [volume('large', '50Gi'), volume('right', '20Gi'), volume('small', '5Gi')], 'right'],
  ['none that another claim has', claim(), [volume('theirs', '20Gi', { spec: { claimRef: { namespace: 'shop', name: 'other' } } })], undefined],
  ['the one kept for it, though larger', claim(), [volume('right', '20Gi'), volume('kept', '50Gi', { spec: ref() })], 'kept'],
  ['none kept for an earlier claim of that name', claim(), [volume('kept', '50Gi', { spec: ref('u0') })], undefined],
  ['none of another class', claim(), [volume('ssd', '20Gi', { spec: { storageClassName: 'ssd' } })], undefined],
  ['none that cannot be mounted so', claim({ accessModes: ['ReadWriteMany'] }), [volume('right', '20Gi')], undefined],
  ['none of another mode', claim({ volumeMode: 'Block' }), [volume('right', '20Gi')], undefined],
  ['none the selector leaves out', claim({ selector: { matchLabels: { tier: 'gold' } } }), [volume('right', '20Gi'), volume('gold', '30Gi', { labels: { tier: 'gold' } })], 'gold'],
  ['none that is not available', claim(), [volume('released', '20Gi', { status: { phase: 'Released' } })], undefined],
  ['one that the node reaches', claim(), [volume('there', '20Gi', { spec: onNode('b') }), volume('here', '30Gi', { spec: onNode('a') })], 'here'],
])('a claim gets %s', (_, wants, volumes, expected) => {
  expect(findVolume(wants, volumes, { node: { metadata: { name: 'a' } }, isTaken: () => false })?.metadata.name).toBe(expected);
});
