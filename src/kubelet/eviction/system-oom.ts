/**
 * The kernel killed something because the machine as a whole, not a pod, was out of memory: the node's events tell of it. Read from the
 * kernel's log (https://docs.kernel.org/admin-guide/abi-testing.html#abi-dev-kmsg), where this process may.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Clock, Millis } from '../../base/clock.ts';

export interface KernelLog extends AsyncDisposable {
  /** The records since the last call, each `priority,sequence,microseconds,flags;text`. */
  read(): Promise<readonly string[]>;
}

export interface OomWatcherOptions {
  readonly clock: Clock;
  /** undefined where there is none to read. */
  readonly kernelLog: () => Promise<KernelLog | undefined>;
  readonly tell: (event: { readonly type: 'Warning'; readonly reason: string; readonly message: string }) => void;
}

const PERIOD: Millis = 5000;

export async function startOomWatcher({ clock, kernelLog, tell }: OomWatcherOptions): Promise<AsyncDisposable> {
  const log = await kernelLog();
  const stop = new AbortController();
  const follow = async (): Promise<void> => {
    // What was before is not this kubelet's to tell.
    await log?.read();
    while (log && !stop.signal.aborted) {
      await clock.sleep(PERIOD, stop.signal).catch(() => {});
      for (const record of await log.read()) {
        const message = systemOomOf(record);
        if (message !== undefined) tell({ type: 'Warning', reason: 'SystemOOM', message });
      }
    }
  };
  const following = follow().catch(() => {});
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await following;
      await log?.[Symbol.asyncDispose]();
    },
  };
}

/** A cgroup that reached its own limit is its pod's affair; kernels since 5.0 say which it was. */
export function systemOomOf(record: string): string | undefined {
  const text = record.slice(record.indexOf(';') + 1);
  const [, about = '', victim, pid] = /^oom-kill:(.*),task=(.*),pid=(\d+),uid=\d+/.exec(text) ?? [];
  if (victim === undefined || !(about.includes(',global_oom') || about.endsWith(',task_memcg=/'))) return undefined;
  return `System OOM encountered, victim process: ${victim}, pid: ${pid}`;
}

/** @returns undefined where it is not there, or not for us */
export async function openKernelLog(path = '/dev/kmsg'): Promise<KernelLog | undefined> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  return handle && { read: () => readAll(handle), [Symbol.asyncDispose]: () => handle.close() };
}

/** The longest record the kernel gives. */
const RECORD_BYTES = 8192;

async function readAll(handle: FileHandle): Promise<readonly string[]> {
  const buffer = Buffer.alloc(RECORD_BYTES);
  const records: string[] = [];
  for (;;) {
    try {
      const { bytesRead } = await handle.read(buffer, 0, RECORD_BYTES, null);
      if (bytesRead === 0) return records;
      records.push(buffer.toString('utf8', 0, bytesRead));
    } catch (error) {
      // Records that were overwritten before they were read: the next read goes on behind them.
      if (error instanceof Error && 'code' in error && error.code === 'EPIPE') continue;
      return records;
    }
  }
}
