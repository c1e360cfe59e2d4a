import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { terminationMessages } from '../status/termination-message.ts';
import { podOf, runtimeOf } from '../testing/pods.ts';
import { parseLogLine } from './log-line.ts';
import { readLogs } from './read-logs.ts';
import type { LogOptions } from './read-logs.ts';

const at = (second: number) => `2026-01-01T00:00:0${second}.000000001Z`;
const LOG = [`${at(1)} stdout F one`, `${at(2)} stderr F two`, `${at(3)} stdout P thr`, `${at(3)} stdout F ee`, 'garbage', `${at(4)} stdout F four`].map((line) => `${line}\n`).join('');

async function logFile() {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-logs-'));
  const path = join(dir, '0.log');
  await writeFile(path, LOG);
  return { path, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

async function read(path: string, options: LogOptions): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readLogs({ path, clock: new ManualClock(), isRunning: async () => false }, options, new AbortController().signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('a record is a time, a stream, a tag and the text, which may hold anything', () => {
  expect(parseLogLine(Buffer.from(`${at(1)} stdout F a b  c`))).toEqual({ time: at(1), stream: 'stdout', content: Buffer.from('a b  c\n') });
  expect(parseLogLine(Buffer.from(`${at(1)} stderr P:x part`))).toMatchObject({ stream: 'stderr', content: Buffer.from('part') });
  expect(parseLogLine(Buffer.from(`${at(1)} stdout F `))).toMatchObject({ content: Buffer.from('\n') });
  expect(['', 'x', 'a b c', `${at(1)} elsewhere F x`].map((text) => parseLogLine(Buffer.from(text)))).toEqual([undefined, undefined, undefined, undefined]);
});

test('all of a log, its end, one stream, since a time, cut off, with times', async () => {
  await using log = await logFile();
  expect(await read(log.path, {})).toBe('one\ntwo\nthree\nfour\n');
  expect(await read(log.path, { tailLines: 1 })).toBe('four\n');
  expect(await read(log.path, { tailLines: 0 })).toBe('');
  expect(await read(log.path, { tailLines: 100 })).toBe('one\ntwo\nthree\nfour\n');
  expect(await read(log.path, { stream: 'stderr' })).toBe('two\n');
  expect(await read(log.path, { since: Date.parse(at(3)) })).toBe('three\nfour\n');
  expect(await read(log.path, { limitBytes: 6 })).toBe('one\ntw');
  expect(await read(log.path, { timestamps: true, since: Date.parse(at(3)) })).toBe(`${at(3)} three\n${at(4)} four\n`);
});

test('a followed log goes on until its container has ended, and not a record is lost', async () => {
  await using log = await logFile();
  let asked = 0;
  const clock = new ManualClock();
  const isRunning = async () => {
    asked++;
    if (asked === 1) await appendFile(log.path, `${at(5)} stdout F five\n`);
    if (asked === 2) await appendFile(log.path, `${at(6)} stdout F six\n`);
    return asked < 2;
  };
  const chunks: string[] = [];
  const reading = (async () => {
    for await (const chunk of readLogs({ path: log.path, clock, isRunning }, { follow: true, tailLines: 1 }, new AbortController().signal)) chunks.push(chunk.toString());
  })();
  let over = false;
  void reading.finally(() => (over = true));
  while (!over) await clock.advance(100);
  expect(chunks.join('')).toBe('four\nfive\nsix\n');
});

test('a followed log is followed through its rotation', async () => {
  await using log = await logFile();
  let asked = 0;
  const clock = new ManualClock();
  const isRunning = async () => {
    if (++asked === 1) {
      await appendFile(log.path, `${at(5)} stdout F five\n`);
      await rename(log.path, `${log.path}.old`);
      await writeFile(log.path, `${at(6)} stdout F six\n`);
    }
    return asked < 3;
  };
  const text = (async () => {
    let all = '';
    for await (const chunk of readLogs({ path: log.path, clock, isRunning }, { follow: true, tailLines: 1 }, new AbortController().signal)) all += chunk.toString();
    return all;
  })();
  let over = false;
  void text.finally(() => (over = true));
  while (!over) await clock.advance(100);
  expect(await text).toBe('four\nfive\nsix\n');
});

test('a reader that was slow through two rotations misses nothing', async () => {
  await using log = await logFile();
  let asked = 0;
  const clock = new ManualClock();
  const isRunning = async () => {
    if (++asked === 1) {
      await rename(log.path, `${log.path}.20260101-000001`);
      await writeFile(log.path, `${at(5)} stdout F five\n`);
      await rename(log.path, `${log.path}.20260101-000002`);
      await writeFile(log.path, `${at(6)} stdout F six\n`);
    }
    return asked < 4;
  };
  const text = (async () => {
    let all = '';
    for await (const chunk of readLogs({ path: log.path, clock, isRunning }, { follow: true, tailLines: 1 }, new AbortController().signal)) all += chunk.toString();
    return all;
  })();
  let over = false;
  void text.finally(() => (over = true));
  while (!over) await clock.advance(100);
  expect(await text).toBe('four\nfive\nsix\n');
});

test('parts of a line come as one, and bytes as they are', async () => {
  await using log = await logFile();
  const binary = Buffer.from([0, 255, 13, 200, 1]);
  await writeFile(log.path, Buffer.concat([Buffer.from(`${at(1)} stdout P ${'x'.repeat(16_384)}\n${at(2)} stdout F end\n${at(3)} stderr F `), binary, Buffer.from('\n')]));
  const parts: Buffer[] = [];
  for await (const chunk of readLogs({ path: log.path, clock: new ManualClock(), isRunning: async () => false }, { timestamps: true }, new AbortController().signal)) parts.push(chunk);
  expect(Buffer.concat(parts)).toEqual(Buffer.concat([Buffer.from(`${at(1)} ${'x'.repeat(16_384)}end\n${at(3)} `), binary, Buffer.from('\n')]));
});

test('last words: what was written for it, else the end of the log of a container that failed', async () => {
  await using log = await logFile();
  const words = join(dirname(log.path), 'words');
  const pod = podOf({ containers: [{ name: 'a' }] });
  const of = async (policy: string, exitCode: number) => {
    const runtime = runtimeOf(pod, { sandbox: {}, containers: [{ name: 'a', state: 'exited', exitCode, logPath: log.path, terminationMessage: { hostPath: words, policy } }] });
    return (await terminationMessages(runtime, new Map())).get('a-0');
  };
  expect(await of('File', 1)).toBe('');
  expect(await of('FallbackToLogsOnError', 0)).toBe('');
  expect(await of('FallbackToLogsOnError', 1)).toBe('one\ntwo\nthree\nfour\n');
  await appendFile(log.path, `${at(5)} stdout P DONE\n`);
  expect(await of('FallbackToLogsOnError', 1)).toBe('one\ntwo\nthree\nfour\nDONE');
  await writeFile(words, 'w'.repeat(5000));
  expect(await of('FallbackToLogsOnError', 1)).toBe('w'.repeat(4096));
});
