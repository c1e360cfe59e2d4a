import { mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import type { Client } from '../../client/index.ts';
import type { ConfigMap } from '../../kinds/core/config-map.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { ApiError } from '../../meta/api-error.ts';
import type { DeepPartial } from '../../meta/object.ts';
import { podOf } from '../testing/pods.ts';
import { FakeMounter } from './testing/mounter.ts';
import { createVolumeManager, VolumesNotReady, withVolumeGroups } from './volume-manager.ts';

const UNIQUE = 'kubernetes.io/csi/disk.example.com^vol-1';

async function arrange() {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-manager-'));
  const clock = new ManualClock();
  const mounter = new FakeMounter();
  const events: string[] = [];
  const operations: string[] = [];
  const configMaps = new Map<string, Partial<ConfigMap>>();
  const stored = new Map<string, object>();
  const client = {
    async get({ kind, plural }: { readonly kind: string; readonly plural: string }, name: string) {
      const found = stored.get(`${kind}/${name}`);
      if (!found) throw new ApiError('NotFound', `${plural} "${name}" not found`);
      return found;
    },
  } as unknown as Client;
  const node = { self: { metadata: { name: 'node-1', labels: { zone: 'a' }, annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } }, status: {} } as never, told: 0 };
  const manager = createVolumeManager({
    rootDir: dir, logDir: dir, clock, mounter, client, self: () => node.self, onInUse: () => void node.told++,
    objects: { of: () => ({ configMap: async (name) => configMaps.get(name) as ConfigMap | undefined, secret: async () => undefined }), release: async () => {} },
    tokens: { get: async () => 'token', renewalOf: () => undefined, forget: () => {} }, node: () => ({ hostIps: [], allocatable: { memory: '1Gi' } }),
    onOperation: (operation, { plugin, failed }) => void operations.push(`${operation} ${plugin}${failed ? ' failed' : ''}`), tell: (_, { type, reason, message }) => void events.push(`${type} ${reason}: ${message}`),
  });
  const pod = (volumes: object[], spec: DeepPartial<Pod['spec']> = {}, uid = 'u1') => podOf({
    containers: [{ name: 'c', volumeMounts: volumes.map((volume) => ({ name: (volume as { name: string }).name, mountPath: '/x' })) }], volumes: volumes as never, ...(spec as object),
  }, { uid });
  const claim = (name: string, volume: object) => {
    stored.set(`PersistentVolumeClaim/${name}`, { metadata: { name, uid: `claim-${name}` }, spec: { volumeName: name }, status: { phase: 'Bound' } });
    stored.set(`PersistentVolume/${name}`, { metadata: { name }, spec: { claimRef: { name, uid: `claim-${name}` }, ...volume } });
    return { name: 'v', persistentVolumeClaim: { claimName: name } };
  };
  const fails = (of: Pod) => manager.prepare(of, []).then(() => undefined, (error: VolumesNotReady) => error.retryIn);
  return { dir, clock, mounter, events, operations, configMaps, stored, manager, node, pod, claim, fails, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

test('a volume that fails is tried again after half a second, doubling to two minutes; the others are there meanwhile', async () => {
  await using at = await arrange();
  const pod = at.pod([{ name: 'cm', configMap: { name: 'cm' } }, { name: 'e', emptyDir: {} }]);
  const waits: (number | undefined)[] = [];
  for (let round = 0; round < 10; round++) {
    const wait = await at.fails(pod);
    waits.push(wait);
    expect(await at.fails(pod)).toBe(wait);
    await at.clock.advance(wait!);
  }
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 122_000, 122_000]);
  expect(at.events).toEqual(Array.from(waits, () => 'Warning FailedMount: MountVolume.SetUp failed for volume "cm" : configmap "cm" not found'));
  expect((await stat(join(at.dir, 'pods', 'u1', 'volumes', 'kubernetes.io~empty-dir', 'e'))).mode & 0o777).toBe(0o777);
  await at.fails(pod);
  at.configMaps.set('cm', { data: { a: '1' } });
  at.manager.retry('u1');
  const prepared = await at.manager.prepare(pod, []);
  expect(await readFile(join(prepared.get('cm')!.hostPath, 'a'), 'utf8')).toBe('1');
});

test('content that can no longer be had stays as it was, and is told', async () => {
  await using at = await arrange();
  const pod = at.pod([{ name: 'cm', configMap: { name: 'cm' } }]);
  at.configMaps.set('cm', { data: { a: '1' } });
  await at.manager.prepare(pod, []);
  at.configMaps.delete('cm');
  const prepared = await at.manager.prepare(pod, []);
  expect(await readFile(join(prepared.get('cm')!.hostPath, 'a'), 'utf8')).toBe('1');
  expect(at.events).toEqual(['Warning FailedMount: MountVolume.SetUp failed for volume "cm" : configmap "cm" not found']);
});

test('a volume that no container uses is never made', async () => {
  await using at = await arrange();
  const pod = at.pod([{ name: 'none', configMap: { name: 'absent' } }], { containers: [{ name: 'c' }] });
  expect([...(await at.manager.prepare(pod, []))]).toEqual([]);
});

test('claims lead to their volumes, or to the reason why not', async () => {
  await using at = await arrange();
  const told = async (volume: object) => {
    at.events.length = 0;
    await at.fails(at.pod([volume]));
    await at.manager.tearDown('u1');
    return at.events[0];
  };
  const prefix = 'Warning FailedMount: Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: error processing PVC default/';
  expect(await told({ name: 'v', persistentVolumeClaim: { claimName: 'no' } })).toBe(`${prefix}no: failed to fetch PVC from API server: persistentvolumeclaims "no" not found`);
  at.stored.set('PersistentVolumeClaim/new', { metadata: { name: 'new' }, spec: {}, status: { phase: 'Pending' } });
  expect(await told({ name: 'v', persistentVolumeClaim: { claimName: 'new' } })).toBe(`${prefix}new: PVC is not bound`);
  at.stored.set('PersistentVolumeClaim/going', { metadata: { name: 'going', deletionTimestamp: 'x' }, spec: {}, status: { phase: 'Bound' } });
  expect(await told({ name: 'v', persistentVolumeClaim: { claimName: 'going' } })).toBe(`${prefix}going: PVC is being deleted`);
  at.stored.set('PersistentVolumeClaim/web-v', { metadata: { name: 'web-v' }, spec: { volumeName: 'x' }, status: { phase: 'Bound' } });
  expect(await told({ name: 'v', ephemeral: {} })).toBe(`${prefix}web-v: not the ephemeral PVC for the pod`);
  const block = at.claim('raw', { volumeMode: 'Block', local: { path: '/dev/null' } });
  expect(await told(block)).toContain('volume v has volumeMode Block, but is specified in volumeMounts');
  expect(await told(at.claim('far', { local: { path: '/tmp' }, nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['b'] }] }] } } })))
    .toBe('Warning FailedMount: MountVolume.NodeAffinity check failed for volume "far" : no matching NodeSelectorTerms');
  expect(await told(at.claim('options', { hostPath: { path: '/tmp' }, mountOptions: ['sync'] })))
    .toBe('Warning FailedMount: MountVolume.MountOptionSupport check failed for volume "options" : mount options are not supported for this volume type');
});

test('a local directory is mounted for each pod by itself; one for a single pod is refused to a second', async () => {
  await using at = await arrange();
  const disk = join(at.dir, 'disk');
  await mkdir(disk);
  await writeFile(join(disk, 'f'), '');
  const volume = at.claim('disk', { local: { path: disk }, accessModes: ['ReadWriteOncePod'], mountOptions: ['noatime'] });
  const prepared = await at.manager.prepare(at.pod([volume]), []);
  const target = join(at.dir, 'pods', 'u1', 'volumes', 'kubernetes.io~local-volume', 'disk');
  expect(prepared.get('v')).toEqual({ name: 'disk', hostPath: target, readOnly: false });
  expect(at.mounter.calls).toEqual([`mount bind,noatime ${disk} ${target}`]);
  expect(at.manager.claimed('u1')).toEqual([{ name: 'v', claim: 'disk', path: target }]);
  await at.fails(at.pod([volume], {}, 'u2'));
  expect(at.manager.claimed('u2')).toEqual([]);
  expect(at.events).toEqual(['Warning FailedMount: MountVolume.SetUp failed for volume "disk" : volume uses the ReadWriteOncePod access mode and is already in use by another pod']);
  await at.manager.remove('u1');
  at.manager.retry('u2');
  expect(await at.fails(at.pod([volume], {}, 'u2'))).toBeUndefined();
  expect(await readFile(join(disk, 'f'), 'utf8')).toBe('');
  expect(at.operations).toEqual(['volume_mount kubernetes.io/local-volume', 'volume_mount kubernetes.io/local-volume failed', 'volume_unmount kubernetes.io/local-volume', 'volume_mount kubernetes.io/local-volume']);
});

test('the group that a volume is annotated with is the pod\'s, too', async () => {
  await using at = await arrange();
  const volume = at.claim('shared', { hostPath: { path: '/tmp' } });
  Object.assign(at.stored.get('PersistentVolume/shared')!, { metadata: { name: 'shared', annotations: { 'pv.beta.kubernetes.io/gid': '1234' } } });
  const pod = at.pod([volume], { securityContext: { supplementalGroups: [5] } });
  const groups = (of: Pod) => of.spec.securityContext?.supplementalGroups;
  expect(groups(withVolumeGroups(pod, await at.manager.prepare(pod, [])))).toEqual([5, 1234]);
});

test('a mount that fails is told in the program\'s words and leaves no directory', async () => {
  await using at = await arrange();
  at.mounter.refusal = 'mount failed: exit status 32\nMounting command: mount';
  await at.fails(at.pod([{ name: 'v', nfs: { server: 'fd00::1', path: '/share', readOnly: true } }]));
  expect(at.events).toEqual(['Warning FailedMount: MountVolume.SetUp failed for volume "v" : mount failed: exit status 32\nMounting command: mount']);
  const target = join(at.dir, 'pods', 'u1', 'volumes', 'kubernetes.io~nfs', 'v');
  expect(at.mounter.calls).toEqual([`mount nfs ro [fd00::1]:/share ${target}`]);
  await expect(stat(target)).rejects.toThrow('ENOENT');
});

test('memory is as large as the least of node, pod and volume allow', async () => {
  await using at = await arrange();
  const memory = async (sizeLimit: string | undefined, limits: object) => {
    at.mounter.calls.length = 0;
    const pod = at.pod([{ name: 'm', emptyDir: { medium: 'Memory', ...(sizeLimit ? { sizeLimit } : {}) } }]);
    await at.manager.prepare({ ...pod, spec: { ...pod.spec, containers: pod.spec.containers.map((container) => ({ ...container, resources: { limits } })) } } as Pod, []);
    await at.manager.remove('u1');
    return /size=(\d+)/.exec(at.mounter.calls[0] ?? '')?.[1];
  };
  expect(await memory(undefined, {})).toBe(String(2 ** 30));
  expect(await memory(undefined, { memory: '64Mi' })).toBe(String(2 ** 26));
  expect(await memory('1Mi', { memory: '64Mi' })).toBe(String(2 ** 20));
  expect(await memory('2Gi', { memory: '64Mi' })).toBe(String(2 ** 26));
});

test('huge pages have the size of the medium, or the only one that is asked for', async () => {
  await using at = await arrange();
  const huge = async (medium: string, ...sizes: string[]) => {
    at.mounter.calls.length = at.events.length = 0;
    const pod = at.pod([{ name: 'h', emptyDir: { medium } }]);
    const requests = Object.fromEntries(sizes.map((size) => [`hugepages-${size}`, size]));
    await at.fails({ ...pod, spec: { ...pod.spec, containers: pod.spec.containers.map((container) => ({ ...container, resources: { requests } })) } } as Pod);
    await at.manager.remove('u1');
    return at.events[0]?.split(' : ')[1] ?? at.mounter.calls[0]!.split(' ').slice(0, 3).join(' ');
  };
  expect(await huge('HugePages', '2Mi')).toBe('mount hugetlbfs pagesize=2Mi');
  expect(await huge('HugePages-1Gi', '2Mi', '1Gi')).toBe('mount hugetlbfs pagesize=1Gi');
  expect(await huge('HugePages', '2Mi', '1Gi')).toBe('medium: HugePages can\'t be used if container requests multiple huge page sizes');
  expect(await huge('HugePages-2Mi')).toBe('medium HugePages-2Mi: hugePages storage requested, but there is no resource request for huge pages');
  expect(await huge('Floppy')).toBe('unknown storage medium "Floppy"');
});

test('a volume of mode Block is a link to its device, given to containers and taken away with the pod', async () => {
  await using at = await arrange();
  const volume = at.claim('raw', { volumeMode: 'Block', local: { path: '/dev/null' } });
  const pod = podOf({ containers: [{ name: 'c', volumeDevices: [{ name: 'v', devicePath: '/dev/xvda' }] }], volumes: [volume] as never }, { uid: 'u1' });
  await at.fails(pod);
  expect(at.events).toEqual(['Warning FailedMapVolume: MapVolume.MapBlockVolume failed for volume "raw" : only directory and block device are supported']);
  await at.manager.tearDown('u1');
  const missing = at.claim('gone', { volumeMode: 'Block', hostPath: { path: '/dev/null' } });
  at.events.length = 0;
  await at.fails({ ...pod, spec: { ...pod.spec, volumes: [missing] as never } });
  expect(at.events[0]).toContain('MapVolume.FindMapperPluginBySpec failed for volume "gone"');
  await expect(readlink(join(at.dir, 'pods', 'u1', 'volumeDevices', 'kubernetes.io~local-volume', 'raw'))).rejects.toThrow('ENOENT');
});

test('a volume that has to be attached is said to be in use, and waited for', async () => {
  await using at = await arrange();
  const status = (fields: object) => Object.assign(at.node.self, { status: fields });
  const pod = at.pod([at.claim('disk', { csi: { driver: 'disk.example.com', volumeHandle: 'vol-1' } })]);
  expect(at.manager.attachments.inUse()).toBeUndefined();
  at.manager.attachments.await(['u1', 'u2']);
  await at.fails(pod);
  expect([at.node.told, at.manager.attachments.waiting(), at.events]).toEqual([1, ['u1'], []]);
  expect(at.manager.attachments.inUse()).toBeUndefined(); // the other pod has not been looked at
  at.manager.attachments.release('u2');
  expect(at.manager.attachments.inUse()).toEqual([UNIQUE]);
  status({ volumesAttached: [{ name: UNIQUE, devicePath: '' }] });
  await at.fails(pod);
  expect(at.events).toEqual([]); // it may be on its way off
  status({ volumesInUse: [UNIQUE], volumesAttached: [{ name: UNIQUE, devicePath: '' }] });
  await at.fails(pod);
  expect(at.events).toEqual(['Warning FailedMount: MountVolume.MountDevice failed for volume "disk" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name disk.example.com not found in the list of registered CSI drivers']);
  expect(at.manager.attachments.waiting()).toEqual([]);
  await at.manager.tearDown('u1');
  expect(at.manager.attachments.inUse()).toEqual([]);
});

test('a driver that needs no attaching is not waited for', async () => {
  await using at = await arrange();
  at.stored.set('CSIDriver/disk.example.com', { spec: { attachRequired: false } });
  await at.fails(at.pod([at.claim('disk', { csi: { driver: 'disk.example.com', volumeHandle: 'vol-1' } })]));
  expect(at.events[0]).toContain('not found in the list of registered CSI drivers');
});

test('volumes of kinds that are no more are refused by name', async () => {
  await using at = await arrange();
  await at.fails(at.pod([{ name: 'g', gitRepo: { repository: 'x' } }, { name: 'i', iscsi: { iqn: 'x' } }]));
  expect(at.events.toSorted()).toEqual([
    'Warning FailedMount: MountVolume.NewMounter initialization failed for volume "g" : git-repo volume plugin has been disabled; if necessary, it may be re-enabled by enabling the feature-gate `GitRepoVolumeDriver`',
    'Warning FailedMount: Unable to attach or mount volumes: unmounted volumes=[g i], unattached volumes=[], failed to process volumes=[i]: failed to get Plugin from volumeSpec for volume "i" err=no volume plugin matched',
  ]);
});
