/** Mounts of this machine, as an argument: tests and simulated nodes have none. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, readlink } from 'node:fs/promises';
import type { Millis } from '../../base/clock.ts';
import type { ProgramResult } from '../../base/program.ts';
import { isWithin, mountAt, mountsBelow, parseMountTable } from './mount-table.ts';
import type { MountPoint } from './mount-table.ts';

export interface MountRequest {
  readonly source: string;
  readonly target: string;
  /** '' for a bind mount. */
  readonly type?: string;
  readonly options?: readonly string[];
}

export interface Mounter {
  table(): Promise<readonly MountPoint[]>;
  /** @throws Error with upstream's text and the program's own words */
  mount(request: MountRequest, signal?: AbortSignal): Promise<void>;
  /** Binds what is open, so that nobody can put something else in its place meanwhile. @returns where containers find it */
  bind(fd: number, target: string): Promise<string>;
  /** The uppermost of what is mounted there; nothing happens where nothing is. */
  unmount(path: string): Promise<void>;
  /** Makes what is mounted below a directory from now on appear wherever that directory is mounted too. */
  share(path: string): Promise<void>;
  /** Runs another program of storage: blkid, mkfs, fsck. Code 127 where it is not there. */
  run(command: string, args: readonly string[], signal?: AbortSignal): Promise<ProgramResult>;
}

export const systemMounter: Mounter = {
  table: async () => parseMountTable(await readFile('/proc/self/mountinfo', 'utf8')),
  async mount({ source, target, type = '', options = [] }, signal) {
    await must('mount', [...(type === '' ? [] : ['-t', type]), ...(options.length === 0 ? [] : ['-o', options.join(',')]), source, target], { signal });
  },
  async bind(fd, target) {
    await must('mount', ['--no-canonicalize', '-o', 'bind', '/proc/self/fd/3', target], { fd });
    return target;
  },
  async unmount(path) {
    const { code } = await start('umount', [path], { patience: UNMOUNT_PATIENCE });
    // The table of a node with many pods is long: it is read only where there is doubt.
    if (code === 0 || !(await isMountPoint(systemMounter, path))) return;
    const { code: lazy, stderr } = await start('umount', ['--lazy', path]);
    if (lazy !== 0) throw new Error(`unmount failed: exit status ${lazy}\nUnmounting arguments: ${path}\nOutput: ${stderr.trim()}`);
  },
  async share(path) {
    await mkdir(path, { recursive: true });
    const home = (await systemMounter.table()).filter((point) => isWithin(path, point.path)).toSorted((a, b) => b.path.length - a.path.length)[0];
    if (home?.shared) return;
    if (home?.path !== path) await must('mount', ['--bind', path, path]);
    await must('mount', ['--make-rshared', path]);
  },
  run: (command, args, signal) => start(command, args, { signal }),
};

interface Starting {
  readonly signal?: AbortSignal | undefined;
  /** Open in the program as number 3. */
  readonly fd?: number;
  /** It is killed then. */
  readonly patience?: Millis;
}

/** A server that is gone keeps its directory busy; the mount can be taken out of sight all the same. */
const UNMOUNT_PATIENCE: Millis = 30_000;

async function must(command: string, args: readonly string[], starting?: Starting): Promise<void> {
  const { code, stdout, stderr } = await start(command, args, starting);
  if (code === 0) return;
  const why = code === 127 ? `exec: "${command}": executable file not found in $PATH` : `exit status ${code}`;
  throw new Error(`mount failed: ${why}\nMounting command: ${command}\nMounting arguments: ${args.join(' ')}\nOutput: ${`${stdout}${stderr}`.trim()}\n`);
}

/** Resolves when the program has ended, an aborted one too: what it did is known then. */
function start(command: string, args: readonly string[], { signal, fd, patience }: Starting = {}): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe', ...(fd === undefined ? [] : [fd])], killSignal: 'SIGKILL', ...(signal ? { signal } : {}), ...(patience === undefined ? {} : { timeout: patience }),
      env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout!.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr!.on('data', (chunk) => (stderr += String(chunk)));
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve({ code: 127, stdout, stderr: error.message });
      else if (child.pid === undefined) reject(error);
    });
    child.on('close', (code) => (signal?.aborted ? reject(signal.reason) : resolve({ code: code ?? 128, stdout, stderr })));
  });
}

/** Where nothing is ever mounted: directories stand for what would be. */
export const noMounter: Mounter = {
  table: async () => [],
  async mount() {},
  bind: (fd) => readlink(`/proc/self/fd/${fd}`),
  async unmount() {},
  async share() {},
  run: async (command) => ({ code: 127, stdout: '', stderr: `${command}: not found` }),
};

/** Whether something is mounted at a path. */
export const isMountPoint = async (mounter: Mounter, path: string): Promise<boolean> => mountAt(await mounter.table(), path) !== undefined;

/** Unmounts all at or below a directory. @throws Error where something stays: then nothing below may be removed */
export async function unmountBelow(mounter: Mounter, dir: string): Promise<void> {
  for (const { path } of mountsBelow(await mounter.table(), dir)) await mounter.unmount(path);
  const left = mountsBelow(await mounter.table(), dir);
  if (left.length > 0) throw new Error(`still mounted: ${left.map(({ path }) => path).join(', ')}`);
}
