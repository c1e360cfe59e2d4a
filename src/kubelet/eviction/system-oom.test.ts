import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ManualClock, settle } from '../../base/clock.ts';
import { openKernelLog, startOomWatcher, systemOomOf } from './system-oom.ts';

const GLOBAL = '6,900,33462652418,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/kubepods/burstable/pod1,task=stress, ng,pid=4242,uid=0\n SUBSYSTEM=x';
const OF_POD = '6,901,33462652426,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/kubepods/pod1,task_memcg=/kubepods/pod1/a,task=stress,pid=7,uid=0';

test('the machine\'s own want of memory is told from a pod\'s', () => {
  expect(systemOomOf(GLOBAL)).toBe('System OOM encountered, victim process: stress, ng, pid: 4242');
  expect([systemOomOf(OF_POD), systemOomOf('6,1,2,-;usb 1-1: new device'), systemOomOf('')]).toEqual([undefined, undefined, undefined]);
  expect(systemOomOf(OF_POD.replaceAll('/kubepods/pod1/a', '/'))).toBe('System OOM encountered, victim process: stress, pid: 7');
});

test('what the kernel logged before is not told, what comes later is', async () => {
  const clock = new ManualClock();
  const told: string[] = [];
  const queue = [[GLOBAL], [OF_POD, GLOBAL], []];
  const kernelLog = async () => ({ read: async () => queue.shift() ?? [], async [Symbol.asyncDispose]() {} });
  await using _ = await startOomWatcher({ clock, kernelLog, tell: ({ reason, message }) => told.push(`${reason}: ${message}`) });
  await settle(5);
  expect(told).toEqual([]);
  await clock.advance(5000);
  await settle(5);
  expect(told).toEqual(['SystemOOM: System OOM encountered, victim process: stress, ng, pid: 4242']);
});

test('a kernel log that may not be read is done without', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-kmsg-'));
  expect(await openKernelLog(join(dir, 'none'))).toBeUndefined();
  await writeFile(join(dir, 'log'), GLOBAL);
  const log = await openKernelLog(join(dir, 'log'));
  expect([await log!.read(), await log!.read()]).toEqual([[GLOBAL], []]);
  await log![Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
  await using _ = await startOomWatcher({ clock: new ManualClock(), kernelLog: async () => undefined, tell: () => {} });
});
