import { readFileSync } from 'node:fs';
import { codeOf } from './files.ts';
import type { Files } from './files.ts';

/** What the lock asks of the machine: who we are, and who lives. */
export interface Processes {
  readonly self: number;
  /** Something that differs for a later process with the same id; undefined when none lives. */
  startOf(pid: number): string | undefined;
}

export const nodeProcesses: Processes = {
  self: process.pid,
  startOf(pid) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // Field 22, counted after the command, which may itself hold spaces and brackets (proc(5)); 'Z' is dead already.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    } catch (error) {
      if (codeOf(error) === 'ENOENT' && process.platform === 'linux') return undefined;
      return signalZero(pid) ? 'alive' : undefined;
    }
  },
};

function signalZero(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** The directory belongs to a living process. */
export class DirectoryInUse extends Error {
  constructor(directory: string, pid: number) {
    super(`data directory ${directory} is in use by process ${pid}`);
    this.name = 'DirectoryInUse';
  }
}

const NAME = 'lock';

/**
 * Takes the directory for this process, also from one that died without giving it back.
 * @throws DirectoryInUse
 */
export async function lockDirectory(files: Files, directory: string, processes: Processes): Promise<AsyncDisposable> {
  const path = `${directory}/${NAME}`;
  const mine = `${path}.${processes.self}`;
  const text = `${processes.self} ${processes.startOf(processes.self) ?? ''}\n`;
  await files.remove(mine);
  const file = await files.open(mine, 'create');
  await file.write(Buffer.from(text), 0);
  await file.close();
  try {
    await take(files, { path, mine, directory, processes });
  } finally {
    await files.remove(mine);
  }
  return { [Symbol.asyncDispose]: () => files.remove(path) };
}

async function take(files: Files, at: { path: string; mine: string; directory: string; processes: Processes }): Promise<void> {
  for (;;) {
    try {
      return await files.link(at.mine, at.path); // the lock appears with its content, or fails where one is
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const held = await holder(files, at.path);
    if (held && at.processes.startOf(held.pid) === held.start) throw new DirectoryInUse(at.directory, held.pid);
    const stale = `${at.mine}.stale`;
    try {
      await files.rename(at.path, stale); // of two that find it stale, one moves it
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      continue;
    }
    const moved = await holder(files, stale);
    if (moved?.pid !== held?.pid || moved?.start !== held?.start) await files.rename(stale, at.path);
    await files.remove(stale);
  }
}

async function holder(files: Files, path: string): Promise<{ readonly pid: number; readonly start: string } | undefined> {
  try {
    const file = await files.open(path, 'read');
    const text = (await file.read(0, 100)).toString();
    await file.close();
    const [pid, start] = text.trim().split(' ');
    return pid && start ? { pid: Number(pid), start } : undefined;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
