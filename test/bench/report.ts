/** How a server's process fares, told by itself. */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '../../src/base/clock.ts';
import { type Turns, watchTurns } from './turns.ts';

export interface ServerReport {
  /** Of the event loop, since the last report, in milliseconds. */
  readonly delayP999: number;
  readonly delayMax: number;
  readonly turns: Turns;
  /** Bytes. */
  readonly memory: NodeJS.MemoryUsage;
}

/** From now on each SIGUSR2 writes a report to the file, of the time since the last one. */
export function reportAt(file: string): void {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const turns = watchTurns();
  process.on('SIGUSR2', () => {
    const [delayP999, delayMax] = [delays.percentile(99.9) / 1e6, delays.max / 1e6];
    globalThis.gc?.();
    const text = JSON.stringify({ delayP999, delayMax, turns: turns(), memory: process.memoryUsage() } satisfies ServerReport);
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
    delays.reset();
  });
}

/** A report of the process that writes to the file. */
export async function reportOf(pid: number, file: string): Promise<ServerReport> {
  await rm(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  while (!existsSync(file)) await systemClock.sleep(10);
  return JSON.parse(await readFile(file, 'utf8')) as ServerReport;
}
