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
  await writeFile(join(at.dir, 'file'), '');
  await checkHostPath({ path: join(at.dir, 'nothing'), type: '' });
  await expect(checkHostPath({ path: join(at.dir, 'file'), type: 'Directory' })).rejects.toThrow(`hostPath type check failed: ${at.dir}/file is not a directory`);
  await expect(checkHostPath({ path: join(at.dir, 'nothing'), type: 'Socket' })).rejects.toThrow('is not a socket file');
  await checkHostPath({ path: join(at.dir, 'made'), type: 'DirectoryOrCreate' });
  expect((await stat(join(at.dir, 'made'))).isDirectory()).toBe(true);
});
