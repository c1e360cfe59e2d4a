/** Volumes without a driver, on a real containerd: what containers find in them, who may use it, and that nothing is left. */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importImages } from '../../src/cluster/node/images.ts';
import { machineExec } from '../../src/cluster/machine/exec.ts';
import { ConfigMap } from '../../src/kinds/core/config-map.ts';
import { PersistentVolumeClaim } from '../../src/kinds/core/persistent-volume-claim.ts';
import { PersistentVolume } from '../../src/kinds/core/persistent-volume.ts';
import { Pod } from '../../src/kinds/core/pod.ts';
import { Secret } from '../../src/kinds/core/secret.ts';
import { buildImages } from '../images/build.ts';
import { eventually } from './testing/cluster.ts';
import { askKubelet, IMAGE, shell, startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

let node: KubeletNode;
/** Of the host, before the first pod. */
let mountsBefore: readonly string[];
beforeAll(async () => {
  node = await startKubeletNode();
  mountsBefore = await podMounts();
});
afterAll(() => node?.[Symbol.asyncDispose]());

const inDefault = { namespace: 'default' };
const running = (pod: { status: { phase?: string } }) => pod.status.phase === 'Running';
const done = (pod: { status: { phase?: string } }) => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A second try of a test begins as the first did. */
async function configMap(name: string, fields: object): Promise<void> {
  await node.client.delete(ConfigMap, name, inDefault).catch(() => {});
  await node.client.create(ConfigMap, { metadata: { name, ...inDefault }, ...fields });
}
async function secret(name: string, data: Readonly<Record<string, string>>): Promise<void> {
  await node.client.delete(Secret, name, inDefault).catch(() => {});
  await node.client.create(Secret, { metadata: { name, ...inDefault }, data });
}

async function podMounts(): Promise<readonly string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  return table.split('\n').map((line) => line.split(' ')[4] ?? '').filter((path) => path.startsWith(join(node.layout.kubelet, 'pods')) || path.startsWith(join(node.layout.kubelet, 'plugins')));
}

/** What a script prints in a container with these mounts. */
async function says(name: string, script: string, { mounts, volumes, spec = {}, container = {} }: { readonly mounts: object[]; readonly volumes: object[]; readonly spec?: object; readonly container?: object }): Promise<string> {
  await node.run(name, { restartPolicy: 'Never', ...spec, containers: [shell('a', script, { volumeMounts: mounts, ...container })], volumes });
  await node.until(name, done);
  const text = await node.logs(name);
  await node.remove(name);
  return text;
}

test('emptyDir: open to all, on disk or in memory, as large as the pod may be, and as the containers left it', async () => {
  const text = await says('scratch', 'stat -c "%a %F" /disk /mem; df -k /mem | tail -1; df -k /small | tail -1; mount | grep " /mem "', {
    mounts: [{ name: 'disk', mountPath: '/disk' }, { name: 'mem', mountPath: '/mem' }, { name: 'small', mountPath: '/small' }],
    volumes: [{ name: 'disk', emptyDir: {} }, { name: 'mem', emptyDir: { medium: 'Memory' } }, { name: 'small', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } }],
    container: { resources: { limits: { memory: '64Mi' } } },
  });
  expect(text).toContain('777 directory\n1777 directory\n');
  expect(text).toMatch(/tmpfs +65536 /);
  expect(text).toMatch(/tmpfs +8192 /);

  await node.run('kept', { containers: [shell('a', 'chmod 750 /data; echo mine > /data/f; sleep 600', { volumeMounts: [{ name: 'd', mountPath: '/data' }] })], volumes: [{ name: 'd', emptyDir: {} }] });
  const { metadata: { uid } } = await node.until('kept', running);
  const dir = join(node.layout.kubelet, 'pods', uid, 'volumes', 'kubernetes.io~empty-dir', 'd');
  await eventually('the container has changed it', async () => ((await stat(dir)).mode & 0o777) === 0o750 && (await readFile(join(dir, 'f'), 'utf8')) === 'mine\n');
  await node.restart();
  await node.client.patch(ConfigMap, 'kube-root-ca.crt', { type: 'merge', body: { data: { more: 'x' } } }, inDefault);
  await says('after', 'true', { mounts: [], volumes: [] });
  expect((await stat(dir)).mode & 0o777).toBe(0o750);
  await node.remove('kept');
});

test('configMap, secret, downwardAPI, projected: files with their modes, secrets in memory alone, for the pod\'s group and user', async () => {
  await configMap('files', { data: { a: '1', b: '2' }, binaryData: { raw: base64('\u0001\u0002') } });
  await secret('files', { word: base64('hush') });
  const text = await says('files', `cat /c/a /c/dir/bee /s/word /d/name /d/cpu /p/labels; echo; ls -ln /c/..data/ /s/..data/ | grep -v total; stat -L -c "%a %u:%g" /p /p/token; df /s /p /d | grep -c tmpfs; df /c | grep -c tmpfs; cat /p/token | wc -c; touch /c/x 2>/dev/null || echo read-only`, {
    spec: { securityContext: { runAsUser: 1000, fsGroup: 3000 }, serviceAccountName: 'default' },
    mounts: ['c', 's', 'd', 'p'].map((name) => ({ name, mountPath: `/${name}` })),
    container: { resources: { requests: { cpu: '250m' } } },
    volumes: [
      { name: 'c', configMap: { name: 'files', defaultMode: 0o400, items: [{ key: 'a', path: 'a' }, { key: 'b', path: 'dir/bee', mode: 0o644 }] } }, { name: 's', secret: { secretName: 'files', defaultMode: 0o440 } },
      { name: 'd', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }, { path: 'cpu', resourceFieldRef: { containerName: 'a', resource: 'requests.cpu', divisor: '1m' } }] } },
      { name: 'p', projected: { sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } }, { configMap: { name: 'absent', optional: true } },
        { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      ] } },
    ],
  });
  expect(text).toMatch(/^12hushfiles250\n/);
  expect(text).toMatch(/-r--r----- +1 0 +3000 .* a\n/);
  expect(text).toMatch(/drwxr-sr-x +2 0 +3000 .* dir\n/);
  expect(text).toMatch(/-r--r----- +1 0 +3000 .* word\n/);
  expect(text).toMatch(/\n3777 0:3000\n640 1000:3000\n/);
  const [inMemory, onDisk, tokenBytes, refusal] = text.trim().split('\n').slice(-4);
  expect([inMemory, onDisk, refusal]).toEqual(['3', '0', 'read-only']);
  expect(Number(tokenBytes)).toBeGreaterThan(100);
});

test('a change is seen through the link, at once and whole; by a sub path never', async () => {
  await configMap('news', { data: { one: 'old', two: 'old' } });
  await configMap('final', { immutable: true, data: { it: 'stays' } });
  await node.run('reader', {
    containers: [shell('a', 'while true; do echo "$(cat /n/one) $(cat /n/two) $(cat /one) $(cat /f/it)"; sleep 0.1; done', {
      volumeMounts: [{ name: 'n', mountPath: '/n' }, { name: 'n', mountPath: '/one', subPath: 'one' }, { name: 'f', mountPath: '/f' }],
    })],
    volumes: [{ name: 'n', configMap: { name: 'news' } }, { name: 'f', configMap: { name: 'final' } }],
  });
  await node.until('reader', running);
  await eventually('the first content', async () => (await node.logs('reader', '?tailLines=1')) === 'old old old stays\n');
  await node.client.patch(ConfigMap, 'news', { type: 'merge', body: { data: { one: 'new', two: 'new' } } }, inDefault);
  await eventually('the second', async () => (await node.logs('reader', '?tailLines=1')) === 'new new old stays\n');
  await node.remove('reader');
});

test('what is missing is told with its name, and waited for', async () => {
  await node.client.delete(Secret, 'later', inDefault).catch(() => {});
  const volumes = [{ name: 'v', secret: { secretName: 'later', items: [{ key: 'k', path: 'k' }] } }];
  await node.run('waits', { containers: [shell('a', 'sleep 600', { volumeMounts: [{ name: 'v', mountPath: '/v' }] })], volumes });
  const told = (message: string) => eventually(message, async () => (await node.events('waits')).includes(`FailedMount: MountVolume.SetUp failed for volume "v" : ${message}`));
  await told('secret "later" not found');
  await secret('later', { other: base64('x') });
  await told('references non-existent secret key: k');
  await node.client.patch(Secret, 'later', { type: 'merge', body: { data: { k: base64('x') } } }, inDefault);
  await node.until('waits', running);
  await node.remove('waits');
});

test('a volume may be mounted inside one whose content is the kubelet\'s', async () => {
  await configMap('outer', { data: { a: 'outer' } });
  const text = await says('nested', 'cat /c/a; touch /c/in/side/x; ls /c/in/side', {
    mounts: [{ name: 'c', mountPath: '/c' }, { name: 'e', mountPath: '/c/in/side' }], volumes: [{ name: 'c', configMap: { name: 'outer' } }, { name: 'e', emptyDir: {} }],
  });
  expect(text).toBe('outerx\n');
});

test('hostPath: made or checked as its type says', async () => {
  const dir = join(node.dir, 'host');
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir);
  await writeFile(join(dir, 'file'), 'content');
  const volume = (name: string, path: string, type: string) => ({ name, hostPath: { path: join(dir, path), type } });
  const text = await says('host', 'cat /file; stat -c "%a %F" /made /new; stat -c %F /null', {
    mounts: [{ name: 'file', mountPath: '/file' }, { name: 'made', mountPath: '/made' }, { name: 'new', mountPath: '/new' }, { name: 'null', mountPath: '/null' }],
    volumes: [volume('file', 'file', 'File'), volume('made', 'a/b', 'DirectoryOrCreate'), volume('new', 'empty', 'FileOrCreate'), { name: 'null', hostPath: { path: '/dev/null', type: 'CharDevice' } }],
  });
  expect(text).toBe('content755 directory\n644 regular empty file\ncharacter special file\n');
  expect((await stat(join(dir, 'a', 'b'))).isDirectory()).toBe(true);
  await node.run('wrong', { containers: [shell('a', 'true', { volumeMounts: [{ name: 'v', mountPath: '/v' }] })], volumes: [volume('v', 'file', 'Socket')] });
  await eventually('the reason', async () => (await node.events('wrong')).includes(`FailedMount: MountVolume.SetUp failed for volume "v" : hostPath type check failed: ${dir}/file is not a socket file`));
  await node.remove('wrong');
});

test('sub paths are made in the volume and nowhere else; a link that leads out is refused', async () => {
  const text = await says('sub', 'echo $HOSTNAME > /log/x; ls /all; stat -c %a /all/sub /all/sub/logs', {
    mounts: [{ name: 'v', mountPath: '/all' }, { name: 'v', mountPath: '/log', subPathExpr: '$(POD)/logs' }], volumes: [{ name: 'v', emptyDir: {} }],
    container: { env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
  });
  expect(text).toBe('sub\n777\n777\n');
  await node.run('escape', {
    initContainers: [shell('i', 'ln -s / /v/out', { volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
    containers: [shell('a', 'sleep 600', { volumeMounts: [{ name: 'v', mountPath: '/host', subPath: 'out' }] })], volumes: [{ name: 'v', emptyDir: {} }],
  });
  const pod = await node.until('escape', ({ status }) => status.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError');
  expect(pod.status.containerStatuses![0]!.state.waiting!.message).toBe('failed to prepare subPath for volumeMount "v" of container "a"');
  await node.remove('escape');
});

test('mounts made in a volume reach others as far as each allows, and are gone with the pod', async () => {
  const look = (name: string, propagation?: string) => shell(name, `touch /v/here-${name}; until [ -e /v/ready ]; do sleep 0.1; done; ls /v/m > /v/part-${name}; mv /v/part-${name} /v/saw-${name}; sleep 600`, {
    volumeMounts: [{ name: 'v', mountPath: '/v', ...(propagation ? { mountPropagation: propagation } : {}) }],
  });
  const master = 'mkdir /v/m; until [ -e /v/here-slave ] && [ -e /v/here-apart ]; do sleep 0.1; done; mount -t tmpfs tmpfs /v/m && touch /v/m/seen /v/ready; sleep 600';
  await node.run('propagate', {
    containers: [
      look('slave', 'HostToContainer'), look('apart'),
      shell('master', master, { securityContext: { privileged: true }, volumeMounts: [{ name: 'v', mountPath: '/v', mountPropagation: 'Bidirectional' }] }),
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
  });
  const { metadata: { uid } } = await node.until('propagate', running);
  const dir = join(node.layout.kubelet, 'pods', uid, 'volumes', 'kubernetes.io~empty-dir', 'v');
  const saw = (name: string) => eventually(`what ${name} saw`, async () => ({ text: await readFile(join(dir, `saw-${name}`), 'utf8') })).then(({ text }) => text);
  expect([await saw('slave'), await saw('apart')]).toEqual(['seen\n', '']);
  expect(await podMounts()).toContain(join(dir, 'm'));
  await node.remove('propagate');
  expect((await podMounts()).filter((path) => path.includes(uid))).toEqual([]);
});

/** A claim and the volume it is bound to: no controller runs here. */
async function claim(name: string, spec: object): Promise<object> {
  // Of an earlier try, which nobody else would take the protection off.
  const unprotected = { type: 'merge', body: { metadata: { finalizers: null } } } as const;
  await node.client.patch(PersistentVolumeClaim, name, unprotected, inDefault).then(() => node.client.delete(PersistentVolumeClaim, name, inDefault)).catch(() => {});
  await node.client.patch(PersistentVolume, name, unprotected).then(() => node.client.delete(PersistentVolume, name)).catch(() => {});
  const common = { accessModes: ['ReadWriteOnce'], storageClassName: '' };
  const { volumeMode = 'Filesystem' } = spec as { volumeMode?: string };
  const made = await node.client.create(PersistentVolumeClaim, { metadata: { name, ...inDefault }, spec: { ...common, volumeMode, volumeName: name, resources: { requests: { storage: '1Mi' } } } });
  const claimRef = { kind: 'PersistentVolumeClaim', ...inDefault, name, uid: made.metadata.uid };
  await node.client.create(PersistentVolume, { metadata: { name }, spec: { ...common, capacity: { storage: '1Mi' }, persistentVolumeReclaimPolicy: 'Retain', claimRef, ...spec } });
  await node.client.updateStatus(PersistentVolumeClaim, { ...made, status: { phase: 'Bound' } });
  return { name: 'v', persistentVolumeClaim: { claimName: name } };
}
const onNode = (value = 'node-1') => ({ nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [value] }] }] } } });

test('claims: directories of the node, for the pod\'s group; their files outlive every pod', async () => {
  const dir = join(node.dir, 'disk');
  await mkdir(join(dir, 'sub'), { recursive: true });
  await writeFile(join(dir, 'sub', 'precious'), 'data');
  await chmod(join(dir, 'sub', 'precious'), 0o600);
  const local = await claim('local', { local: { path: dir }, ...onNode() });
  const text = await says('local', 'cat /v/sub/precious; stat -c "%a %g" /v /v/sub/precious', { mounts: [{ name: 'v', mountPath: '/v' }], volumes: [local], spec: { securityContext: { runAsUser: 1000, fsGroup: 2000 } } });
  expect(text).toBe('data2775 2000\n660 2000\n');
  const host = await claim('host-dir', { hostPath: { path: dir, type: 'Directory' } });
  expect(await says('host-dir', 'cat /v/sub/precious', { mounts: [{ name: 'v', mountPath: '/v' }], volumes: [host] })).toBe('data');
  expect(await readFile(join(dir, 'sub', 'precious'), 'utf8')).toBe('data');
});

test('a pod that is deleted by force as the kubelet restarts leaves nothing mounted and no file lost', async () => {
  const dir = join(node.dir, 'kept-disk');
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'precious'), 'data');
  const local = await claim('kept-disk', { local: { path: dir }, ...onNode() });
  await node.run('orphan', {
    containers: [shell('a', 'sleep 600', { volumeMounts: [{ name: 'v', mountPath: '/v' }, { name: 'v', mountPath: '/sub', subPath: 'made' }, { name: 'm', mountPath: '/m' }] })],
    volumes: [local, { name: 'm', emptyDir: { medium: 'Memory' } }],
  });
  const { metadata: { uid } } = await node.until('orphan', running);
  const own = async () => (await podMounts()).filter((path) => path.includes(uid));
  expect(await own()).toHaveLength(3);
  // As full as the file system that the claim is on.
  await eventually('what it uses is told', async () => {
    const { pods } = JSON.parse((await askKubelet(node.kubelet, '/stats/summary')).text) as { readonly pods: readonly { readonly volume?: readonly { readonly pvcRef?: { readonly name: string } }[] }[] };
    const { text } = await askKubelet(node.kubelet, '/metrics');
    return pods.some(({ volume = [] }) => volume.some(({ pvcRef }) => pvcRef?.name === 'kept-disk')) && /^kubelet_volume_stats_capacity_bytes\{namespace="default",persistentvolumeclaim="kept-disk"\} [1-9]/m.test(text) && text.includes('storage_operation_duration_seconds_count{');
  }, 60);
  const stopped = node.restart();
  await node.client.delete(Pod, 'orphan', { ...inDefault, gracePeriodSeconds: 0 });
  await stopped;
  await eventually('its directory is gone', async () => !(await readdir(join(node.layout.kubelet, 'pods'))).includes(uid), 120);
  expect(await own()).toEqual([]);
  expect((await readdir(dir)).toSorted()).toEqual(['made', 'precious']);
  expect(await readFile(join(dir, 'precious'), 'utf8')).toBe('data');
});

test('claims that cannot be used are told with the reason', async () => {
  await node.client.delete(PersistentVolumeClaim, 'unbound', inDefault).catch(() => {});
  await node.client.create(PersistentVolumeClaim, { metadata: { name: 'unbound', ...inDefault }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } } });
  const mounts = [{ name: 'v', mountPath: '/v' }];
  const refused = async (name: string, volume: object, event: string) => {
    await node.run(name, { containers: [shell('a', 'true', { volumeMounts: mounts })], volumes: [{ name: 'v', ...volume }] });
    await eventually(event, async () => (await node.events(name)).some((one) => one.startsWith(`FailedMount: ${event}`)));
    await node.remove(name);
  };
  const unable = (why: string) => `Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: ${why}`;
  await refused('unbound', { persistentVolumeClaim: { claimName: 'unbound' } }, unable('error processing PVC default/unbound: PVC is not bound'));
  await refused('no-claim', { persistentVolumeClaim: { claimName: 'nothing' } }, unable('error processing PVC default/nothing: failed to fetch PVC from API server: persistentvolumeclaims "nothing" not found'));
  await refused('no-plugin', { iscsi: { targetPortal: '127.0.0.1', iqn: 'iqn.2001-04.com.example:x', lun: 0 } }, unable('failed to get Plugin from volumeSpec for volume "v" err=no volume plugin matched'));
  await refused('no-driver', { csi: { driver: 'disk.example.com' } }, 'MountVolume.SetUp failed for volume "v" : kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name disk.example.com not found in the list of registered CSI drivers');
  await refused('no-server', { nfs: { server: '127.0.0.1', path: '/nowhere' } }, 'MountVolume.SetUp failed for volume "v" : mount failed: exit status 32');
  await refused('no-path', await claim('no-path', { local: { path: '/nowhere/at/all' }, ...onNode() }), 'MountVolume.NewMounter initialization failed for volume "no-path" : path "/nowhere/at/all" does not exist');
  await refused('elsewhere', await claim('elsewhere', { local: { path: '/tmp' }, ...onNode('another') }), 'MountVolume.NodeAffinity check failed for volume "elsewhere" : no matching NodeSelectorTerms');
});

test('a disk: raw for one pod, with a file system made on it for another', async ({ skip }) => {
  const file = join(node.dir, 'disk.img');
  await writeFile(file, '');
  execFileSync('truncate', ['-s', '16M', file]);
  let device: string;
  try {
    device = execFileSync('losetup', ['--find', '--show', file]).toString().trim();
  } catch {
    return skip('this machine has no loop devices');
  }
  try {
    const raw = await claim('raw', { local: { path: device }, volumeMode: 'Block', ...onNode() });
    await node.run('raw', { restartPolicy: 'Never', containers: [shell('a', 'stat -c %F /dev/xvda; echo hello | dd of=/dev/xvda conv=notrunc 2>/dev/null; dd if=/dev/xvda bs=5 count=1 2>/dev/null', { volumeDevices: [{ name: 'v', devicePath: '/dev/xvda' }] })], volumes: [raw] });
    await node.until('raw', done);
    expect(await node.logs('raw')).toBe('block special file\nhello');
    await node.remove('raw');
    execFileSync('dd', ['if=/dev/zero', `of=${device}`, 'bs=1M', 'count=1', 'conv=fsync'], { stdio: 'ignore' });
    const disk = await claim('disk', { local: { path: device, fsType: 'ext4' }, ...onNode() });
    const mounts = [{ name: 'v', mountPath: '/v' }];
    expect(await says('disk', 'mount | grep " /v " | cut -d" " -f5; echo kept > /v/f', { mounts, volumes: [disk] })).toBe('ext4\n');
    expect(await says('disk-again', 'cat /v/f', { mounts, volumes: [disk] })).toBe('kept\n');
    await eventually('the disk is unmounted', async () => !(await podMounts()).some((path) => path.includes('local-volume')));
  } finally {
    execFileSync('losetup', ['--detach', device]);
  }
});

test('an image\'s own volume starts with what the image has there, and what is written there is not the image\'s', async () => {
  const archive = join(node.dir, 'volume-image.tar');
  const name = 'knarr.local/test/with-volume:1';
  await buildImages(archive, [{ name, files: { '/data/seed': 'from the image' }, config: { Volumes: { '/data': {} } } }]);
  await importImages(node.layout, archive, machineExec);
  const script = 'cat /data/seed; echo changed > /data/seed; cat /data/seed; mount | grep -c " /data "';
  for (const round of ['first', 'second']) {
    await node.run(round, { restartPolicy: 'Never', containers: [{ ...shell('a', script), image: name }] });
    await node.until(round, done);
    expect(await node.logs(round)).toBe('from the imagechanged\n1\n');
    await node.remove(round);
  }
});

test('read-only all the way down: refused or left where the runtime cannot', async () => {
  const mounting = (recursiveReadOnly: string) => ({ containers: [shell('a', 'sleep 600', { volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true, recursiveReadOnly }] })], volumes: [{ name: 'v', emptyDir: {} }] });
  const can = (await node.cri.features()).handlers.some(({ name, recursiveReadOnlyMounts }) => name === '' && recursiveReadOnlyMounts);
  await node.run('possible', mounting('IfPossible'));
  const possible = await node.until('possible', running);
  expect(possible.status.containerStatuses![0]!.volumeMounts).toEqual([{ name: 'v', mountPath: '/v', readOnly: true, recursiveReadOnly: can ? 'Enabled' : 'Disabled' }]);
  await node.remove('possible');
  await node.run('enabled', mounting('Enabled'));
  const enabled = await node.until('enabled', ({ status }) => status.phase === 'Running' || status.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError');
  const message = 'failed to resolve recursive read-only mode: volume "v" requested recursive read-only mode, but it is not supported by the runtime';
  expect(enabled.status.containerStatuses![0]!.state.waiting?.message).toBe(can ? undefined : message);
  await node.remove('enabled');
});

test('an image as a volume is refused in the words of a runtime that knows none', async () => {
  await node.run('image', { containers: [shell('a', 'ls /i; sleep 600', { volumeMounts: [{ name: 'i', mountPath: '/i' }] })], volumes: [{ name: 'i', image: { reference: IMAGE, pullPolicy: 'IfNotPresent' } }] });
  const pod = await node.until('image', ({ status }) => status.phase === 'Running' || status.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerError');
  if (pod.status.phase !== 'Running') expect(pod.status.containerStatuses![0]!.state.waiting!.message).toContain('failed to');
  await node.remove('image');
});

test('a pod that is deleted while its volumes are waited for goes at once', async () => {
  await node.run('undecided', { containers: [shell('a', 'true', { volumeMounts: [{ name: 's', mountPath: '/s' }, { name: 'm', mountPath: '/m' }] })], volumes: [{ name: 's', secret: { secretName: 'never' } }, { name: 'm', emptyDir: { medium: 'Memory' } }] });
  await eventually('it waits', async () => (await node.events('undecided')).some((event) => event.includes('secret "never" not found')));
  await node.remove('undecided');
});

test('nothing is left: neither mounts nor directories', async () => {
  await eventually('all mounts are gone', async () => JSON.stringify(await podMounts()) === JSON.stringify(mountsBefore));
  await eventually('all directories are gone', async () => (await readdir(join(node.layout.kubelet, 'pods'))).length === 0);
});
