/** What /proc says of the machine and of processes' networks (proc(5)). */
import { readFile } from 'node:fs/promises';
import type { InterfaceSample, NodeSample } from './samples.ts';

const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** Lines below the two headings: `eth0: rxBytes packets errs … txBytes packets errs …`. */
export function parseNetDev(text: string): readonly InterfaceSample[] {
  return text.split('\n').slice(2).flatMap((line) => {
    const [name = '', numbers] = line.split(':');
    if (numbers === undefined) return [];
    const columns = numbers.trim().split(/\s+/).map(Number);
    return [{ name: name.trim(), rxBytes: columns[0] ?? 0, rxErrors: columns[2] ?? 0, txBytes: columns[8] ?? 0, txErrors: columns[10] ?? 0 }];
  }).filter(({ name }) => name !== 'lo');
}

export const networkOf = async (pid: number | 'self'): Promise<readonly InterfaceSample[]> => parseNetDev(await read(`/proc/${pid}/net/dev`));

/** loadavg's fourth field is `runnable/all` of what the kernel schedules. */
export async function processesOfMachine(): Promise<NodeSample['processes']> {
  const [loadavg, pidMax, threadsMax] = await Promise.all([read('/proc/loadavg'), read('/proc/sys/kernel/pid_max'), read('/proc/sys/kernel/threads-max')]);
  const running = Number(/\d+\/(\d+)/.exec(loadavg)?.[1] ?? Number.NaN);
  const most = Math.min(...[pidMax, threadsMax].map((text) => Number(text.trim() || Infinity)));
  return Number.isFinite(running) && Number.isFinite(most) ? { running, most } : undefined;
}

export async function swapOfMachine(): Promise<NodeSample['swap']> {
  const text = await read('/proc/meminfo');
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN) * 1024;
  const [totalBytes, freeBytes] = [bytes('SwapTotal'), bytes('SwapFree')];
  return Number.isFinite(totalBytes) && Number.isFinite(freeBytes) ? { totalBytes, freeBytes } : undefined;
}
