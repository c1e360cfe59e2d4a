import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { podOf, runtimeOf } from '../testing/pods.ts';
import { terminationMessages } from './termination-message.ts';

interface Left {
  readonly file?: string;
  readonly log?: string;
  readonly policy?: string;
  readonly exitCode?: number;
  readonly reason?: string;
}

async function messageOf({ file, log, policy = 'File', exitCode = 1, reason = 'Error' }: Left): Promise<string | undefined> {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-words-'));
  try {
    const [hostPath, logPath] = [join(dir, 'message'), join(dir, 'log')];
    if (file !== undefined) await writeFile(hostPath, file);
    if (log !== undefined) await writeFile(logPath, log);
    const pod = podOf({ containers: [{ name: 'a' }] });
    const runtime = runtimeOf(pod, { containers: [{ name: 'a', state: 'exited', exitCode, reason, logPath, terminationMessage: { hostPath, policy } }] });
    return (await terminationMessages(runtime, new Map())).get('a-0');
  } finally {
    await rm(dir, { recursive: true });
  }
}

const line = (text: string) => `2026-01-01T00:00:00Z stdout F ${text}\n`;
const FALLBACK = 'FallbackToLogsOnError';

test('what the container wrote, of much the end', async () => {
  expect(await messageOf({ file: 'bye' })).toBe('bye');
  expect(await messageOf({})).toBe('');
  const long = await messageOf({ file: 'x'.repeat(100) + 'y'.repeat(4096) });
  expect(long).toBe('y'.repeat(4096));
});

test('the end of its log, where it wrote nothing, failed and asked for that', async () => {
  const log = line('one') + line('two');
  expect(await messageOf({ log, policy: FALLBACK, file: '' })).toBe('one\ntwo\n');
  expect(await messageOf({ log, policy: FALLBACK })).toBe('one\ntwo\n');
  expect(await messageOf({ log, policy: FALLBACK, file: 'bye' })).toBe('bye');
  expect(await messageOf({ log })).toBe('');
  expect(await messageOf({ log, policy: FALLBACK, exitCode: 0, reason: 'Completed' })).toBe('');
  expect(await messageOf({ log, policy: FALLBACK, exitCode: 128, reason: 'ContainerCannotRun' })).toBe('');
  expect(await messageOf({ log, policy: FALLBACK, exitCode: 137, reason: 'OOMKilled' })).toBe('one\ntwo\n');
});

test('at most eighty lines and two kilobytes of it', async () => {
  const many = Array.from({ length: 100 }, (_, index) => line(`${index}`)).join('');
  expect((await messageOf({ log: many, policy: FALLBACK }))!.split('\n').slice(0, 2)).toEqual(['20', '21']);
  const wide = Array.from({ length: 4 }, (_, index) => line(String(index).repeat(1000))).join('');
  const message = await messageOf({ log: wide, policy: FALLBACK });
  expect([message!.length, message!.slice(-3)]).toEqual([2048, '33\n']);
});
