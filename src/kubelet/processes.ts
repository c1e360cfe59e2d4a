/** Processes of this machine, as /proc tells of them (proc(5)). */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** At once, and whatever it is about to do. Nothing happens where it has ended meanwhile. */
export function endProcess(pid: number): void {
  if (pid <= 1 || pid === process.pid) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

const numbers = async (dir: string): Promise<readonly number[]> => (await readdir(dir).catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
const text = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

export interface Process {
  readonly pid: number;
  readonly args: readonly string[];
}

/** @param name the first fifteen characters of a program's */
export async function processesNamed(name: string, proc = '/proc'): Promise<readonly Process[]> {
  const found = await Promise.all((await numbers(proc)).map(async (pid): Promise<readonly Process[]> => {
    if ((await text(join(proc, String(pid), 'comm'))).trim() !== name) return [];
    return [{ pid, args: (await text(join(proc, String(pid), 'cmdline'))).split('\0') }];
  }));
  return found.flat();
}

export async function childrenOf(pid: number, proc = '/proc'): Promise<readonly number[]> {
  const threads = await numbers(join(proc, String(pid), 'task'));
  const lists = await Promise.all(threads.map((thread) => text(join(proc, String(pid), 'task', String(thread), 'children'))));
  return lists.join(' ').split(/\s+/).filter((word) => word !== '').map(Number);
}
