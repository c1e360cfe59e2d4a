/**
 * A directory of files that change all at once or not at all: readers see either the old content or the new. Upstream's
 * layout, which programs in containers know:
 *
 *     key      → ..data/key                 links for users, one for each first path element
 *     ..data   → ..2026_01_01_00_00_00.123  replaced by rename: the moment of change
 *     ..2026…/ key                          the content itself
 */
import { chmod, chown, lstat, mkdir, readFile, readdir, readlink, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { giveToGroup } from './ownership.ts';

export interface VolumeFile {
  readonly bytes: Uint8Array;
  readonly mode: number;
  /** The owner; root unless said. */
  readonly uid?: number | undefined;
}

/** By path relative to the directory; `/` separates. */
export type Payload = ReadonlyMap<string, VolumeFile>;

export interface Ownership {
  readonly fsGroup?: number | undefined;
}

const DATA = '..data';

/** @param stamp makes the name of the new content's directory unique in `dir` */
export async function writeAtomically(dir: string, payload: Payload, { stamp, fsGroup }: Ownership & { readonly stamp: string }): Promise<boolean> {
  await mkdir(dir, { recursive: true, mode: 0o755 });
  for (const path of payload.keys()) checkPath(path);
  const current = await readlink(join(dir, DATA)).catch(() => undefined);
  if (current !== undefined && (await holds(join(dir, current), payload, fsGroup))) return false;
  const fresh = `..${stamp}`;
  await rm(join(dir, fresh), { recursive: true, force: true });
  await mkdir(join(dir, fresh), { mode: 0o755 });
  await chmod(join(dir, fresh), 0o755);
  for (const [path, file] of payload) await writeOne(join(dir, fresh, path), file);
  if (fsGroup !== undefined) await giveAll(dir, fresh, fsGroup);
  await rm(join(dir, `${DATA}_tmp`), { force: true });
  await symlink(fresh, join(dir, `${DATA}_tmp`));
  await rename(join(dir, `${DATA}_tmp`), join(dir, DATA));
  await link(dir, payload);
  if (current !== undefined && current !== fresh) await rm(join(dir, current), { recursive: true, force: true });
  return true;
}

/** With a group, its members may read what the mode forbids others. */
const modeOf = (mode: number, fsGroup: number | undefined): number => (fsGroup === undefined ? mode : mode | 0o440);

async function writeOne(path: string, { bytes, mode, uid }: VolumeFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFile(path, bytes);
  if (uid !== undefined) await chown(path, uid, 0);
  // chown clears setuid bits, and umask had its say at creation.
  await chmod(path, mode);
}

/** Before the link is turned: nobody sees files that are not yet theirs to read. */
async function giveAll(dir: string, fresh: string, group: number): Promise<void> {
  await giveToGroup(join(dir, fresh), { group, readOnly: true });
  const { uid, gid, mode } = await lstat(dir);
  if (gid === group && (mode & 0o2550) === 0o2550) return;
  await chown(dir, uid, group);
  await chmod(dir, (mode & 0o7777) | 0o2550);
}

const MOST_PATH = 4096;
const MOST_NAME = 255;

/** @throws Error with upstream's text for a path that would leave the directory or take the writer's own names */
function checkPath(path: string): void {
  if (path === '') throw new Error('invalid path: must not be empty: ""');
  if (path.startsWith('/')) throw new Error(`invalid path: must be relative path: ${path}`);
  if (path.length > MOST_PATH) throw new Error(`invalid path: must be less than or equal to ${MOST_PATH} characters`);
  const names = path.split('/');
  if (names.includes('..')) throw new Error(`invalid path: must not contain '..': ${path}`);
  if (names.some((name) => name.length > MOST_NAME)) throw new Error(`invalid path: filenames must be less than or equal to ${MOST_NAME} characters`);
  if (names[0]!.startsWith('..')) throw new Error(`invalid path: must not start with '..': ${path}`);
}

async function holds(dir: string, payload: Payload, fsGroup: number | undefined): Promise<boolean> {
  const there = await filesBelow(dir).catch(() => undefined);
  if (there?.length !== payload.size) return false;
  for (const [path, { bytes, mode }] of payload) {
    const stat = await lstat(join(dir, path)).catch(() => undefined);
    if (!stat?.isFile() || (stat.mode & 0o7777) !== modeOf(mode, fsGroup) || !(await readFile(join(dir, path))).equals(bytes)) return false;
  }
  return true;
}

async function filesBelow(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const nested = await Promise.all(entries.map(async (entry) => {
    const path = join(dir, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  }));
  return nested.flat();
}

/** User-visible links for what is there, none for what is not. Directories are places for other mounts. */
async function link(dir: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split('/')[0]!));
  const present = (await readdir(dir, { withFileTypes: true })).filter(({ name }) => !name.startsWith('..'));
  for (const entry of present) if (!wanted.has(entry.name) && entry.isSymbolicLink()) await unlink(join(dir, entry.name));
  for (const name of wanted) if (!present.some((entry) => entry.name === name)) await symlink(join(DATA, name), join(dir, name));
}
