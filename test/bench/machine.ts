/** What processes cost this machine: proc(5). */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

/** USER_HZ, which Linux fixes at 100 for what it shows. */
const TICKS_PER_SECOND = 100;

/** Processor time used by the processes so far, in microseconds. */
export async function cpuMicros(pids: readonly number[]): Promise<number> {
  const ticks = await Promise.all(pids.map(async (pid) => {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  }));
  return (ticks.reduce((sum, one) => sum + one, 0) / TICKS_PER_SECOND) * 1e6;
}

/** Memory that the processes have for themselves plus their share of the rest (PSS), in bytes. */
export async function memoryBytes(pids: readonly number[]): Promise<number> {
  const sizes = await Promise.all(pids.map(async (pid) => {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  }));
  return sizes.reduce((sum, one) => sum + one, 0);
}

/** Memory that the processes have in RAM, shared or not (RSS), in bytes. */
export async function residentBytes(pids: readonly number[]): Promise<number> {
  const sizes = await Promise.all(pids.map(async (pid) => Number(/^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024));
  return sizes.reduce((sum, one) => sum + one, 0);
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
