import { expect, test } from 'vitest';
import { PodInfo } from '../framework/pod-info.ts';
import type { PluginEntry } from '../framework/plugin.ts';
import { makeNode, TestCluster, testPlugins } from '../testing/cluster.ts';
import { storageOf } from '../testing/storage.ts';
import { nodeVolumeLimits } from './node-volume-limits.ts';
import { volumeBinding } from './volume-binding/plugin.ts';
import { volumeRestrictions } from './volume-restrictions.ts';
import { volumeZone } from './volume-zone.ts';
import { ManualClock } from '../../base/clock.ts';

const ZONE = 'topology.kubernetes.io/zone';
const made = (kind: string, name: string, more: object) => ({ kind, metadata: { name, uid: `${kind}-${name}`, ...(more as { metadata?: object }).metadata }, ...without(more) }) as never;
const without = (more: object) => Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'metadata'));

interface ClaimParts { readonly spec?: object; readonly status?: object; readonly annotations?: object; readonly more?: object }
const claim = (name: string, { spec = {}, status = {}, annotations = {}, more = {} }: ClaimParts = {}) => made('PersistentVolumeClaim', name, {
  metadata: { name, namespace: 'default', uid: `claim-${name}`, annotations, ...more },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'late', ...spec }, status: { phase: 'Pending', ...status },
});
const bound = (name: string, volumeName: string, spec: object = {}) =>
  claim(name, { spec: { volumeName, ...spec }, status: { phase: 'Bound' }, annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } });
const volume = (name: string, { spec = {}, labels = {} }: { spec?: object; labels?: object } = {}) => made('PersistentVolume', name, {
  metadata: { name, labels }, spec: { capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'late', ...spec }, status: { phase: 'Available' },
});
const late = (more: object = {}) => made('StorageClass', 'late', { provisioner: 'disks.example.com', volumeBindingMode: 'WaitForFirstConsumer', ...more });
const immediate = made('StorageClass', 'now', { provisioner: 'disks.example.com', volumeBindingMode: 'Immediate' });
const onlyOn = (node: string) => ({ nodeAffinity: { required: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }] } } });

const using = (...claims: string[]) => ({ spec: { volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })) } });
const ephemeral = { spec: { volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { spec: {} } } }] } };

/** Nodes a (zone a) and b (zone b), the default profile over these objects. */
function clusterWith(...objects: readonly never[]): TestCluster {
  const nodes = ['a', 'b'].map((name) => ({ ...makeNode(name, { labels: { [ZONE]: name } }), kind: 'Node' }));
  const storage = storageOf([...objects, ...nodes as never[]]);
  const client = { patch: () => Promise.reject(new Error('not here')) };
  const plugins = [volumeRestrictions(storage), nodeVolumeLimits(storage), volumeBinding({ storage, client, clock: new ManualClock() }), volumeZone(storage)];
  const withStorage = testPlugins.map((entry): PluginEntry => ({ ...entry, plugin: plugins.find(({ name }) => name === entry.plugin.name) ?? entry.plugin }));
  return new TestCluster(nodes, withStorage);
}

const every = (reason: string) => `0/2 nodes are available: 2 ${reason}.`;
const atOnce = (reason: string) => `0/2 nodes are available: ${reason}.`;

test.each([
  ['a claim that is not there', [], using('data'), atOnce('persistentvolumeclaim "data" not found')],
  ['a claim not made yet for the pod', [], ephemeral, atOnce('waiting for ephemeral volume controller to create the persistentvolumeclaim "web-scratch"')],
  ['a claim of that name that is another\'s', [claim('web-scratch')], ephemeral, atOnce('PVC default/web-scratch was not created for pod default/web (pod is not owner)')],
  ['a lost claim', [claim('data', { spec: { volumeName: 'v' }, status: { phase: 'Lost' } })], using('data'), atOnce('persistentvolumeclaim "data" bound to non-existent persistentvolume "v"')],
  ['a claim on its way out', [claim('data', { more: { deletionTimestamp: '2026-01-01T00:00:00Z' } })], using('data'), atOnce('persistentvolumeclaim "data" is being deleted')],
  ['a claim to be bound at once that is not', [claim('data', { spec: { storageClassName: 'now' } }), immediate], using('data'), atOnce('pod has unbound immediate PersistentVolumeClaims')],
  ['a claim of no class that is not bound', [claim('data', { spec: { storageClassName: '' } })], using('data'), atOnce('pod has unbound immediate PersistentVolumeClaims')],
  ['a volume on one node', [bound('data', 'v'), volume('v', { spec: onlyOn('b') })], using('data'), 'b'],
  ['a volume on no node', [bound('data', 'v'), volume('v', { spec: onlyOn('c') })], using('data'), every("node(s) didn't match PersistentVolume's node affinity")],
  ['a volume there is on one node, for a claim that waits', [claim('data'), late({ provisioner: 'kubernetes.io/no-provisioner' }), volume('v', { spec: onlyOn('b') })], using('data'), 'b'],
  ['no volume, and nobody to make one', [claim('data'), late({ provisioner: 'kubernetes.io/no-provisioner' })], using('data'), every("node(s) didn't find available persistent volumes to bind")],
  ['topologies the class allows', [claim('data'), late({ allowedTopologies: [{ matchLabelExpressions: [{ key: ZONE, values: ['b'] }] }] })], using('data'), 'b'],
  ['a node chosen before', [claim('data', { annotations: { 'volume.kubernetes.io/selected-node': 'b' } }), late()], using('data'), 'b'],
  ['a driver without room', [claim('data'), late(), made('CSIDriver', 'disks.example.com', { spec: { storageCapacity: true } })], using('data'), every('node(s) did not have enough free storage')],
  ['a driver with room in one zone', [
    claim('data'), late(), made('CSIDriver', 'disks.example.com', { spec: { storageCapacity: true } }),
    made('CSIStorageCapacity', 'c', { storageClassName: 'late', capacity: '10Gi', nodeTopology: { matchLabels: { [ZONE]: 'b' } } }),
  ], using('data'), 'b'],
  ['two claims and one volume', [claim('one'), claim('two'), late({ provisioner: 'kubernetes.io/no-provisioner' }), volume('v')], using('one', 'two'), every("node(s) didn't find available persistent volumes to bind")],
  ['a volume labelled with its zones', [bound('data', 'v'), volume('v', { labels: { [ZONE]: 'b__c' } })], using('data'), 'b'],
  ['a volume of another zone', [bound('data', 'v'), volume('v', { labels: { 'failure-domain.beta.kubernetes.io/zone': 'c' } })], using('data'), every('node(s) had no available volume zone')],
] as const)('%s', (_, objects, pod, expected) => {
  expect(clusterWith(...objects).place('web', pod as never).split(' no new claims')[0]).toBe(expected);
});

test('a claim for one pod alone keeps the next away, wherever it is; a greater one takes it', () => {
  const cluster = clusterWith(bound('data', 'v', { accessModes: ['ReadWriteOncePod'] }), volume('v'));
  cluster.run('a', 'first', using('data'));
  expect(cluster.place('second', using('data'))).toContain(every('node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode'));

  const urgent = cluster.decide('urgent', { spec: { ...using('data').spec, priority: 10 } });
  expect(urgent).toMatchObject({ type: 'unfit', nominate: 'a' });
  expect(urgent.type === 'unfit' && urgent.victims.map(({ pod }) => pod.metadata.name)).toEqual(['first']);
});

test.each([
  ['writers of one disk', { gcePersistentDisk: { pdName: 'd' } }, { gcePersistentDisk: { pdName: 'd', readOnly: true } }, 'b'],
  ['readers of one disk', { gcePersistentDisk: { pdName: 'd', readOnly: true } }, { gcePersistentDisk: { pdName: 'd', readOnly: true } }, 'a'],
  ['readers of one disk of AWS', { awsElasticBlockStore: { volumeID: 'd', readOnly: true } }, { awsElasticBlockStore: { volumeID: 'd', readOnly: true } }, 'b'],
  ['an image of one Ceph', { rbd: { monitors: ['m', 'n'], pool: 'p', image: 'i' } }, { rbd: { monitors: ['n'], pool: 'p', image: 'i' } }, 'b'],
  ['one iSCSI target', { iscsi: { iqn: 'q' } }, { iscsi: { iqn: 'q' } }, 'b'],
])('%s on a node', (_, theirs, ours, expected) => {
  const cluster = clusterWith();
  cluster.run('a', 'first', { spec: { volumes: [{ name: 'v', ...theirs }] } as never });
  cluster.run('b', 'big', { requests: { cpu: '3' } });
  expect(cluster.place('second', { spec: { volumes: [{ name: 'v', ...ours }] } as never })).toBe(expected);
});

test('a node takes as many volumes of a driver as its CSINode allows, each counted once', () => {
  const disk = (name: string) => volume(name, { spec: { csi: { driver: 'disks.example.com', volumeHandle: name } } });
  const limit = (node: string, count: number) => made('CSINode', node, { spec: { drivers: [{ name: 'disks.example.com', allocatable: { count } }] } });
  const cluster = clusterWith(bound('one', 'v1'), bound('two', 'v2'), claim('new'), late(), disk('v1'), disk('v2'), limit('a', 1), limit('b', 1));
  cluster.run('a', 'first', using('one'));
  cluster.run('b', 'second', using('two'));

  expect(cluster.place('again', { spec: { ...using('one').spec, nodeSelector: { [ZONE]: 'a' } } })).toBe('a');
  expect(cluster.place('more', using('one', 'two'))).toContain(every('node(s) exceed max volume count'));
  expect(cluster.place('new', using('new'))).toContain(every('node(s) exceed max volume count'));
});

test('volumes still attached to a node count against its limit', () => {
  const disk = (name: string) => volume(name, { spec: { csi: { driver: 'disks.example.com', volumeHandle: name } } });
  const limit = (node: string) => made('CSINode', node, { spec: { drivers: [{ name: 'disks.example.com', allocatable: { count: 1 } }] } });
  const attachment = made('VolumeAttachment', 'x', { spec: { attacher: 'disks.example.com', nodeName: 'a', source: { persistentVolumeName: 'v1' } } });
  expect(clusterWith(bound('two', 'v2'), disk('v1'), disk('v2'), limit('a'), limit('b'), attachment).place('web', using('two'))).toBe('b');
});

test('claims are known of a pod by what it mounts', () => {
  const pod = new PodInfo({ metadata: { name: 'web', namespace: 'shop', uid: 'u' }, spec: { containers: [], volumes: [...using('data').spec.volumes, ...ephemeral.spec.volumes] }, status: {} } as never);
  expect(pod.claims.map(({ key }) => key)).toEqual(['shop/data', 'shop/web-scratch']);
});
