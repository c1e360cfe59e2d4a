/** Container logs on a real containerd: rotated, compressed, followed through it all, of former instances and of pods that have ended. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './testing/cluster.ts';
import { shell, startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

const MOST = 32 * 1024;
const FILES = 4;

let node: KubeletNode;
beforeAll(async () => {
  node = await startKubeletNode();
  await node.restart({ containerLogs: { maxBytes: MOST, maxFiles: FILES, workers: 2, period: 700 } });
});
afterAll(() => node?.[Symbol.asyncDispose]());

/** The directory of a container's logs. */
async function logsOf(name: string): Promise<string> {
  const pods = join(node.dir, 'logs', 'pods');
  const dir = (await readdir(pods)).find((entry) => entry.startsWith(`default_${name}_`));
  return join(pods, dir!, 'a');
}

const BURSTS = 30;
const LINES = 400;

test('a fast writer\'s log is followed through its rotations, no line lost, none twice', async () => {
  // Each line has some 60 bytes in the log: a burst is more than a file holds half of.
  await node.run('fast', { restartPolicy: 'Never', containers: [shell('a', `b=0; while [ $b -lt ${BURSTS} ]; do i=0; while [ $i -lt ${LINES} ]; do echo "burst $b line $i"; i=$((i+1)); done; b=$((b+1)); sleep 0.3; done`)] });
  await node.until('fast', (pod) => pod.status.phase === 'Running');
  const text = await node.logs('fast', '?follow=true');
  const expected = Array.from({ length: BURSTS }, (_, burst) => Array.from({ length: LINES }, (_unused, line) => `burst ${burst} line ${line}\n`).join('')).join('');
  expect(text === expected ? 'all of it' : `${text.length} of ${expected.length} bytes`).toBe('all of it');
  const dir = await logsOf('fast');
  const files = (await readdir(dir)).toSorted();
  expect(files.length).toBeLessThanOrEqual(FILES);
  expect(files.filter((file) => file.endsWith('.gz')).length).toBeGreaterThan(0);
  const [first] = files.filter((file) => file.endsWith('.gz'));
  expect(gunzipSync(await readFile(join(dir, first!))).toString()).toMatch(/^\d{4}-\d\d-\d\dT\S+ stdout F burst \d+ line \d+\n/);
});

test('the log of a pod that has ended is still there', async () => {
  await node.until('fast', (pod) => pod.status.phase === 'Succeeded');
  await node.remove('fast');
  await node.run('ended', { restartPolicy: 'Never', containers: [shell('a', 'echo one; echo two')] });
  await node.until('ended', (pod) => pod.status.phase === 'Succeeded');
  expect(await node.logs('ended', '?tailLines=1')).toBe('two\n');
  await node.remove('ended');
});

test('the former instance\'s words are its own', async () => {
  await node.run('twice', { containers: [{ ...shell('a', 'if [ -e /flag/seen ]; then echo second; sleep 600; else touch /flag/seen; echo first; exit 3; fi'), volumeMounts: [{ name: 'flag', mountPath: '/flag' }] }], volumes: [{ name: 'flag', emptyDir: {} }] });
  await node.until('twice', (pod) => pod.status.containerStatuses?.[0]?.restartCount === 1 && pod.status.containerStatuses[0].state.running);
  await eventually('the second instance has spoken', async () => (await node.logs('twice')) === 'second\n');
  expect(await node.logs('twice', '?previous=true')).toBe('first\n');
  await node.remove('twice');
});

test('a line longer than the runtime\'s 16 KiB comes as one, and bytes as they are', async () => {
  await node.run('long', { restartPolicy: 'Never', containers: [shell('a', 'head -c 40000 /dev/zero | tr "\\0" x; echo; printf "\\001\\033[1m\\n"; printf "no end"')] });
  await node.until('long', (pod) => pod.status.phase === 'Succeeded');
  await eventually('all of it is there', async () => (await node.logs('long')).endsWith('no end'));
  expect(await node.logs('long')).toBe(`${'x'.repeat(40_000)}\n\u0001\u001b[1m\nno end`);
  expect((await node.logs('long', '?timestamps=true')).split('\n').map((line) => /^\d{4}-\d\d-\d\dT\S+ /.test(line))).toEqual([true, true, true]);
  await node.remove('long');
});
