import { lstat, mkdir, mkdtemp, readFile, readdir, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import type { Client } from '../../client/index.ts';
import type { ObjectSource } from '../containers/env.ts';
import type { Volume } from '../../kinds/core/volume.ts';
import { podOf } from '../testing/pods.ts';
import { writeAtomically } from './atomic-writer.ts';
import type { Payload } from './atomic-writer.ts';
import { errorText } from './file-error.ts';
import { nestedMounts } from './plugins/content.ts';
import { checkHostPath } from './plugins/host-path.ts';
import { payloadOf } from './payload.ts';
import type { PayloadInput } from './payload.ts';
import { createTokens } from './tokens.ts';

async function temporary() {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-volumes-'));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

const files = (content: Readonly<Record<string, string>>, mode = 0o644): Payload => new Map(Object.entries(content).map(([path, text]) => [path, { bytes: Buffer.from(text), mode }]));

test('content changes at once: a link is turned from the old to the new', async () => {
  await using at = await temporary();
  const dir = join(at.dir, 'v');
  expect(await writeAtomically(dir, files({ a: '1', 'sub/b': '2' }), { stamp: 'one' })).toBe(true);
  expect(await readFile(join(dir, 'sub', 'b'), 'utf8')).toBe('2');
  expect(await readlink(join(dir, 'a'))).toBe('..data/a');
  expect(await writeAtomically(dir, files({ a: '1', 'sub/b': '2' }), { stamp: 'two' })).toBe(false);
  expect(await readlink(join(dir, '..data'))).toBe('..one');
  expect(await writeAtomically(dir, files({ a: '3', c: '4' }, 0o400), { stamp: 'three' })).toBe(true);
  expect((await readdir(dir)).toSorted()).toEqual(['..data', '..three', 'a', 'c']);
  expect(await readFile(join(dir, 'a'), 'utf8')).toBe('3');
  expect((await lstat(join(dir, '..data', 'c'))).mode & 0o777).toBe(0o400);
});

test('a write that was cut short is made good', async () => {
  await using at = await temporary();
  const dir = join(at.dir, 'v');
  await mkdir(join(dir, '..half'), { recursive: true });
  await symlink('..half', join(dir, '..data_tmp'));
  await writeAtomically(dir, files({ a: '1' }), { stamp: 'half' });
  expect(await readFile(join(dir, 'a'), 'utf8')).toBe('1');
});

test('paths that leave the directory, or take the writer\'s own names, are refused', async () => {
  await using at = await temporary();
  const refused = (path: string) => writeAtomically(join(at.dir, 'v'), files({ [path]: 'x' }), { stamp: 'one' }).then(() => 'written', (error: Error) => error.message);
  expect(await refused('')).toBe('invalid path: must not be empty: ""');
  expect(await refused('/etc/passwd')).toBe('invalid path: must be relative path: /etc/passwd');
  expect(await refused('a/../../b')).toBe("invalid path: must not contain '..': a/../../b");
  expect(await refused('..data/x')).toBe("invalid path: must not start with '..': ..data/x");
  expect(await refused('n'.repeat(256))).toBe('invalid path: filenames must be less than or equal to 255 characters');
  expect(await refused('d/'.repeat(2049))).toBe('invalid path: must be less than or equal to 4096 characters');
  expect(await refused('a..b/..c')).toBe('written');
});

test('places for other mounts in the directory outlive its content', async () => {
  await using at = await temporary();
  const dir = join(at.dir, 'v');
  await mkdir(join(dir, 'inner'), { recursive: true });
  await writeAtomically(dir, files({ a: '1' }), { stamp: 'one' });
  await writeAtomically(dir, files({ b: '1' }), { stamp: 'two' });
  expect((await readdir(dir)).toSorted()).toEqual(['..data', '..two', 'b', 'inner']);
});

test('the pod\'s group may read all of it, and owns the directories', async () => {
  await using at = await temporary();
  const dir = join(at.dir, 'v');
  const mode = async (path: string) => ((await stat(join(dir, path))).mode & 0o7777).toString(8);
  await writeAtomically(dir, files({ a: '1', 'sub/b': '2' }, 0o400), { stamp: 'one', fsGroup: process.getgid!() });
  expect([await mode('a'), await mode('sub/b'), await mode('sub'), await mode('..data')]).toEqual(['440', '440', '2755', '2755']);
  expect(await writeAtomically(dir, files({ a: '1', 'sub/b': '2' }, 0o400), { stamp: 'two', fsGroup: process.getgid!() })).toBe(false);
});

test('what is mounted inside a volume, by any container, needs a place there', () => {
  const mount = (name: string, mountPath: string, more = {}) => ({ name, mountPath, ...more });
  const pod = podOf({
    initContainers: [{ name: 'i', volumeMounts: [mount('v', '/other'), mount('w', '/other/x/y')] }],
    containers: [{ name: 'c', volumeMounts: [mount('v', '/v'), mount('w', '/v/a'), mount('x', '/vvv'), mount('y', '/'), mount('v', '/sub', { subPath: 's' }), mount('z', '/sub/in')] }],
  });
  expect(nestedMounts(pod, 'v').toSorted()).toEqual(['a', 'x/y']);
});

const objects: ObjectSource = {
  configMap: async (name) => (name === 'cm' ? ({ data: { a: '1' }, binaryData: { b: Buffer.from('2').toString('base64') } } as never) : undefined),
  secret: async (name) => (name === 's' ? ({ data: { k: Buffer.from('hush').toString('base64') } } as never) : undefined),
};
const input = (pod = podOf({ containers: [{ name: 'c', resources: { limits: { cpu: '2' } } }] }, { labels: { app: 'x' } })): PayloadInput => ({
  pod, objects, node: { hostIps: [], allocatable: {} }, podIps: [], token: async ({ audience }) => `token for ${audience}`,
});
const volumeOf = (fields: object): Volume => ({ name: 'v', ...fields }) as Volume;
const content = (payload: Payload | undefined) => Object.fromEntries([...payload!].map(([path, { bytes, mode }]) => [path, [Buffer.from(bytes).toString(), mode]]));

test('a volume of keys, chosen and renamed, or all', async () => {
  expect(content(await payloadOf(volumeOf({ name: 'v', configMap: { name: 'cm', defaultMode: 0o600 } }), input()))).toEqual({ a: ['1', 0o600], b: ['2', 0o600] });
  expect(content(await payloadOf(volumeOf({ name: 'v', secret: { secretName: 's', items: [{ key: 'k', path: 'd/x', mode: 0o400 }] } }), input()))).toEqual({ 'd/x': ['hush', 0o400] });
});

test('what is missing is named, unless it is optional', async () => {
  await expect(payloadOf(volumeOf({ name: 'v', configMap: { name: 'no' } }), input())).rejects.toThrow('configmap "no" not found');
  await expect(payloadOf(volumeOf({ name: 'v', configMap: { name: 'cm', items: [{ key: 'z', path: 'z' }] } }), input())).rejects.toThrow('configmap references non-existent config key: z');
  await expect(payloadOf(volumeOf({ name: 'v', secret: { secretName: 's', items: [{ key: 'z', path: 'z' }] } }), input())).rejects.toThrow('references non-existent secret key: z');
  expect(content(await payloadOf(volumeOf({ name: 'v', secret: { secretName: 'no', optional: true } }), input()))).toEqual({});
});

test('a projected volume joins its sources; a token is for the containers\' user alone', async () => {
  const volume = {
    name: 'v', projected: {
      defaultMode: 0o644, sources: [
        { configMap: { name: 'cm', items: [{ key: 'a', path: 'a' }] } }, { serviceAccountToken: { path: 'token', audience: 'vault', expirationSeconds: 600 } },
        { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }, { path: 'cpu', resourceFieldRef: { containerName: 'c', resource: 'limits.cpu' } }] } },
      ],
    },
  } as never;
  expect(content(await payloadOf(volume, input()))).toEqual({ a: ['1', 0o644], token: ['token for vault', 0o644], labels: ['app="x"', 0o644], cpu: ['2', 0o644] });
  const asUser = podOf({ containers: [{ name: 'c' }], securityContext: { runAsUser: 7 } });
  expect((await payloadOf(volume, input(asUser)))!.get('token')).toMatchObject({ mode: 0o600, uid: 7 });
});

test('all that a projected volume lacks is told, each once', async () => {
  const volume = (...sources: object[]) => volumeOf({ projected: { sources } });
  await expect(payloadOf(volume({ configMap: { name: 'x' } }, { secret: { name: 'y' } }, { secret: { name: 'y' } }), input())).rejects.toThrow('[configmap "x" not found, secret "y" not found]');
  await expect(payloadOf(volume({ configMap: { name: 'x' } }), input())).rejects.toThrow(/^configmap "x" not found$/);
  await expect(payloadOf(volume({ downwardAPI: { items: [{ path: 'p', resourceFieldRef: { containerName: 'none', resource: 'limits.cpu' } }] } }), input())).rejects.toThrow('container none not found');
});

test('fields of the pod and resources of its containers, in the units asked for', async () => {
  const pod = podOf({ containers: [{ name: 'c', resources: { limits: { memory: '100Mi' }, requests: { cpu: '250m', 'ephemeral-storage': '1Gi' } } }] }, { labels: { b: '2', a: 'x"y' }, annotations: { note: 'n' } });
  const field = (path: string, fieldPath: string) => ({ path, fieldRef: { fieldPath } });
  const resource = (path: string, name: string, divisor?: string) => ({ path, resourceFieldRef: { containerName: 'c', resource: name, ...(divisor ? { divisor } : {}) } });
  const items = [
    field('name', 'metadata.name'), field('namespace', 'metadata.namespace'), field('uid', 'metadata.uid'), field('labels', 'metadata.labels'), field('one', "metadata.labels['a']"), field('note', "metadata.annotations['note']"),
    resource('cpu', 'requests.cpu', '1m'), resource('whole', 'requests.cpu'), resource('memory', 'limits.memory', '1Mi'), resource('bytes', 'limits.memory'), resource('disk', 'requests.ephemeral-storage', '1Mi'), resource('node', 'limits.cpu'),
  ];
  const found = content(await payloadOf(volumeOf({ downwardAPI: { items } }), { ...input(pod), node: { hostIps: [], allocatable: { cpu: '2' } } }));
  expect(Object.fromEntries(Object.entries(found).map(([path, [text]]) => [path, text]))).toEqual({
    name: 'web', namespace: 'default', uid: pod.metadata.uid, labels: 'a="x\\"y"\nb="2"', one: 'x"y', note: 'n',
    cpu: '250', whole: '1', memory: '100', bytes: '104857600', disk: '1024', node: '2',
  });
});

test('tokens are asked for once, again at four fifths of their life, and kept while the server is silent', async () => {
  const clock = new ManualClock();
  let asked = 0;
  let fails = false;
  const client = {
    async createSubresource() {
      if (fails) throw new Error('no server');
      asked++;
      return { status: { token: `t${asked}`, expirationTimestamp: new Date(clock.now() + 1_000_000).toISOString() } };
    },
  } as unknown as Client;
  const tokens = createTokens(client, clock);
  const pod = podOf({ containers: [{ name: 'c' }] });
  const get = () => tokens.get(pod, { audience: '', expirationSeconds: 1000 });
  expect([await get(), await get()]).toEqual(['t1', 't1']);
  expect(tokens.renewalOf(pod.metadata.uid)).toBe(clock.now() + 800_000);
  await clock.advance(800_000);
  fails = true;
  expect(await get()).toBe('t1');
  fails = false;
  expect(await get()).toBe('t2');
  fails = true;
  await clock.advance(1_000_001);
  await expect(get()).rejects.toThrow('failed to fetch token: no server');
});

test('host paths are checked for what they are, or made', async () => {
  await using at = await temporary();
  const [file, dir, nothing] = ['file', 'dir', 'nothing'].map((name) => join(at.dir, name));
  await writeFile(file!, '');
  await mkdir(dir!);
  const check = (path: string, type: string) => checkHostPath({ path, type: type as never }).then(() => 'right', (error: Error) => error.message.replace('hostPath type check failed: ', '').replace(path, 'it'));
  expect([await check(nothing!, ''), await check(dir!, 'Directory'), await check(file!, 'File'), await check('/dev/null', 'CharDevice')]).toEqual(['right', 'right', 'right', 'right']);
  expect(await check(file!, 'Directory')).toBe('it is not a directory');
  expect(await check(file!, 'DirectoryOrCreate')).toBe('it is not a directory');
  expect(await check(dir!, 'FileOrCreate')).toBe('it is not a file');
  expect(await check(nothing!, 'File')).toBe('it is not a file');
  expect(await check(nothing!, 'Socket')).toBe('it is not a socket file');
  expect(await check('/dev/null', 'BlockDevice')).toBe('it is not a block device');
  expect(await check(file!, 'CharDevice')).toBe('it is not a character device');
  expect(await check(file!, 'Tape')).toBe('Tape is an invalid volume type');
  expect([await check(join(at.dir, 'made', 'deep'), 'DirectoryOrCreate'), await check(join(at.dir, 'new'), 'FileOrCreate')]).toEqual(['right', 'right']);
  expect((await stat(join(at.dir, 'made', 'deep'))).isDirectory()).toBe(true);
  expect((await stat(join(at.dir, 'new'))).isFile()).toBe(true);
  const error = await checkHostPath({ path: join(at.dir, 'no', 'parent'), type: 'FileOrCreate' }).catch((cause: unknown) => errorText(cause));
  expect(error).toBe(`open ${at.dir}/no/parent: no such file or directory`);
});
