import { chmod, lstat, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import type { PreparedVolume } from '../volumes/volume-manager.ts';
import { FakeMounter } from '../volumes/testing/mounter.ts';
import { bindBelow, makeBelow, openBelow } from '../volumes/sub-path.ts';
import { podOf } from '../testing/pods.ts';
import { containerDevices, containerMounts } from './mounts.ts';

async function arrange() {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-mounts-'));
  const volume = join(dir, 'vol');
  await mkdir(volume);
  await chmod(volume, 0o2777);
  await mkdir(join(dir, 'secrets'));
  await writeFile(join(dir, 'secrets', 'shadow'), 'root');
  const pod = podOf({ containers: [{ name: 'c', volumeMounts: [{ name: 'v', mountPath: '/v' }, { name: 'v', mountPath: '/s', subPathExpr: '$(DIR)/x', readOnly: true }] }] });
  await mkdir(join(dir, 'pods', pod.metadata.uid), { recursive: true });
  const mounter = new FakeMounter();
  const volumes = new Map<string, PreparedVolume>([['v', { name: 'v', hostPath: volume, readOnly: false }]]);
  const mountsOf = (volumeMounts?: object[], more: Partial<Parameters<typeof containerMounts>[0]> = {}) => containerMounts({
    pod, container: { ...pod.spec.containers[0]!, ...(volumeMounts ? { volumeMounts } : {}) } as never, volumes, environment: new Map([['DIR', 'd']]),
    podIps: ['10.244.0.2'], clusterDomain: 'cluster.local', nodeHosts: '', random: seededRandom(1), rootDir: dir, logDir: dir, lxcfsDir: dir, mounter, canRecursiveReadOnly: async () => false, ...more,
  });
  return { dir, volume, pod, mounter, volumes, mountsOf, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

test('mounts: volumes, paths inside them, the hosts file, the place for last words', async () => {
  await using at = await arrange();
  const mounts = await at.mountsOf();
  expect(mounts.map(({ containerPath, readonly }) => [containerPath, readonly])).toEqual([['/v', false], ['/s', true], ['/etc/hosts', false], ['/dev/termination-log', false]]);
  const target = join(at.dir, 'pods', at.pod.metadata.uid, 'volume-subpaths', 'v', 'c', '1');
  expect(mounts[1]!.hostPath).toBe(target);
  expect(at.mounter.calls).toEqual([`mount bind ${at.volume}/d/x ${target}`]);
  expect((await stat(join(at.volume, 'd'))).mode & 0o7777).toBe(0o2777);
  await expect(at.mountsOf([{ name: 'none', mountPath: '/o' }])).rejects.toThrow('cannot find volume "none" to mount into container "c"');
});

test('paths that leave the volume are refused, and nothing of the node is told', async () => {
  await using at = await arrange();
  await symlink(join(at.dir, 'secrets'), join(at.volume, 'out'));
  await symlink('../secrets/shadow', join(at.volume, 'file'));
  await symlink(join(at.dir, 'nowhere'), join(at.volume, 'dangling'));
  const refused = (subPath: string) => at.mountsOf([{ name: 'v', mountPath: '/o', subPath }]).then(() => 'mounted', (error: Error) => error.message);
  expect(await refused('out')).toBe('failed to prepare subPath for volumeMount "v" of container "c"');
  expect(await refused('file')).toBe('failed to prepare subPath for volumeMount "v" of container "c"');
  expect(await refused('out/new')).toBe('failed to create subPath directory for volumeMount "v" of container "c"');
  expect(await refused('dangling')).toBe('failed to create subPath directory for volumeMount "v" of container "c"');
  expect(await refused('/etc')).toBe('error SubPath `/etc` must not be an absolute path');
  expect(await refused('a/../../up')).toBe("unable to provision SubPath `a/../../up`: must not contain '..'");
  expect(at.mounter.calls).toEqual([]);
  await expect(lstat(join(at.dir, 'secrets', 'new'))).rejects.toThrow('ENOENT');
});

test('a directory that becomes a link while it is opened leads nowhere; what is open stays what it was', async () => {
  await using at = await arrange();
  await mkdir(join(at.volume, 'a', 'b'), { recursive: true });
  await writeFile(join(at.volume, 'a', 'b', 'shadow'), 'mine');
  await using found = await openBelow(at.volume, 'a/b');
  await rename(join(at.volume, 'a'), join(at.volume, 'was'));
  await symlink(join(at.dir, 'secrets'), join(at.volume, 'a'));
  expect(await readFile(`/proc/self/fd/${found.fd}/shadow`, 'utf8')).toBe('mine');
  await expect(makeBelow(at.volume, 'a/x')).rejects.toThrow('outside of allowed base');
});

test('however containers swap directories for links meanwhile, what is opened is the volume\'s', async () => {
  await using at = await arrange();
  const [x, link, real] = ['x', 'link', 'real'].map((name) => join(at.volume, name)) as [string, string, string];
  await mkdir(x);
  await writeFile(join(x, 'shadow'), 'mine');
  await symlink(join(at.dir, 'secrets'), link);
  let done = false;
  /** In the way may be a directory that was just made there, in the volume, as it should. */
  const move = async (from: string, to: string): Promise<void> => {
    while (await rename(from, to).then(() => false, ({ code }: NodeJS.ErrnoException) => code !== 'ENOENT')) await rm(to, { recursive: true, force: true }).catch(() => {}); // something was made in it meanwhile
  };
  const swapping = (async () => {
    while (!done) for (const [from, to] of [[x, real], [link, x], [x, link], [real, x]] as const) await move(from, to);
  })();
  const seen = new Set<string>();
  for (let round = 0; round < 150; round++) {
    await openBelow(at.volume, 'x/shadow').then(async (found) => {
      seen.add(await readFile(`/proc/self/fd/${found.fd}`, 'utf8'));
      await found.close();
    }, () => {});
    await makeBelow(at.volume, `x/made-${round}`).catch(() => {});
  }
  done = true;
  await swapping;
  expect([...seen].filter((text) => text !== 'mine')).toEqual([]);
  expect(await readdir(join(at.dir, 'secrets'))).toEqual(['shadow']);
});

test('links inside the volume may be used, files too; what is bound already stays, what has changed is bound anew', async () => {
  await using at = await arrange();
  await mkdir(join(at.volume, 'one'));
  await symlink('one', join(at.volume, 'current'));
  await writeFile(join(at.volume, 'one', 'f'), 'x');
  const target = join(at.dir, 'sub', '0');
  const bind = () => bindBelow(at.mounter, { volume: at.volume, subPath: 'current/f', target });
  await bind();
  expect(at.mounter.calls).toEqual([`mount bind ${at.volume}/one/f ${target}`]);
  expect((await stat(target)).isFile()).toBe(true);
  at.mounter.calls.length = 0;
  await bind();
  expect(at.mounter.calls).toEqual([`umount ${target}`, `mount bind ${at.volume}/one/f ${target}`]);
});

test('recursive read-only is given where the runtime can, and else refused or left', async () => {
  await using at = await arrange();
  const mount = (fields: object, can = false) => at.mountsOf([{ name: 'v', mountPath: '/o', readOnly: true, ...fields }], { canRecursiveReadOnly: async () => can }).then(([first]) => first!.recursiveReadOnly ?? false, (error: Error) => error.message);
  expect(await mount({ recursiveReadOnly: 'Disabled' }, true)).toBe(false);
  expect(await mount({ recursiveReadOnly: 'IfPossible' })).toBe(false);
  expect(await mount({ recursiveReadOnly: 'IfPossible' }, true)).toBe(true);
  expect(await mount({ recursiveReadOnly: 'Enabled' }, true)).toBe(true);
  const failed = 'failed to resolve recursive read-only mode: volume "v" requested recursive read-only mode, but it is not';
  expect(await mount({ recursiveReadOnly: 'Enabled' })).toBe(`${failed} supported by the runtime`);
  expect(await mount({ recursiveReadOnly: 'Enabled', readOnly: false }, true)).toBe(`${failed} read-only`);
  expect(await mount({ recursiveReadOnly: 'Enabled', mountPropagation: 'HostToContainer' }, true)).toBe(`${failed} compatible with propagation "HostToContainer"`);
});

test('what a pod with IDs of its own mounts is owned as the pod sees it', async () => {
  await using at = await arrange();
  const ids = [{ hostId: 65_536, containerId: 0, length: 65_536 }];
  const mounts = await at.mountsOf([{ name: 'v', mountPath: '/o' }], { userns: { mode: 'POD', uids: ids, gids: ids } });
  expect(mounts.map(({ containerPath, uidMappings, gidMappings }) => [containerPath, uidMappings, gidMappings])).toEqual([['/o', ids, ids], ['/etc/hosts', ids, ids], ['/dev/termination-log', ids, ids]]);
});

test('an image that is a volume is the runtime\'s to mount; a device is no directory', async () => {
  await using at = await arrange();
  at.volumes.set('i', { name: 'i', hostPath: '', readOnly: true }).set('d', { name: 'pv', hostPath: '', readOnly: false, device: '/dev/loop7' });
  const [mount] = await at.mountsOf([{ name: 'i', mountPath: '/i', subPath: 'etc' }], { images: new Map([['i', { image: 'sha256:1' }]]) });
  expect(mount).toMatchObject({ containerPath: '/i', hostPath: '', readonly: true, image: { image: 'sha256:1' }, imageSubPath: 'etc' });
  const container = { name: 'c', volumeDevices: [{ name: 'd', devicePath: '/dev/xvda' }] } as never;
  expect(containerDevices(container, at.volumes)).toEqual([{ hostPath: '/dev/loop7', containerPath: '/dev/xvda', permissions: 'mrw' }]);
  await expect(at.mountsOf([{ name: 'd', mountPath: '/d' }])).rejects.toThrow('cannot find volume "d"');
});
