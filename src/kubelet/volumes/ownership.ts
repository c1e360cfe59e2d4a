/** Files of a volume given to the pod's group (fsGroup), so that whoever its containers run as may use them. */
import { chmod, lchown, lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../../kinds/core/pod.ts';

export interface GroupRequest {
  readonly group: number;
  /** Members may read, not write. */
  readonly readOnly: boolean;
  /** Leaves all as it is where the directory itself is right. */
  readonly onRootMismatch?: boolean;
}

const READ = 0o440;
const WRITE = 0o220;
const SEARCH = 0o110;
const SET_GROUP = 0o2000;

const maskOf = (readOnly: boolean, isDirectory: boolean): number => (readOnly ? READ : READ | WRITE) | (isDirectory ? SEARCH | SET_GROUP : 0);

/** What a pod asks of volumes that it alone decides about; undefined: nothing. */
export function groupOf({ spec: { securityContext } }: Pod): Omit<GroupRequest, 'readOnly'> | undefined {
  const { fsGroup, fsGroupChangePolicy } = securityContext ?? {};
  return fsGroup === undefined ? undefined : { group: fsGroup, onRootMismatch: fsGroupChangePolicy === 'OnRootMismatch' };
}

/** The directory itself comes last: were it cut short, the next try would see that it is not done. */
export async function giveToGroup(dir: string, request: GroupRequest, signal?: AbortSignal): Promise<void> {
  if (request.onRootMismatch && (await isGiven(dir, request))) return;
  await give(dir, request, signal);
}

async function isGiven(dir: string, { group, readOnly }: GroupRequest): Promise<boolean> {
  const found = await lstat(dir);
  const mask = maskOf(readOnly, true);
  return found.isDirectory() && found.gid === group && (found.mode & mask) === mask;
}

async function give(path: string, request: GroupRequest, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const found = await lstat(path).catch(() => undefined);
  // A link's own mode means nothing, and to follow it would change something else.
  if (!found || found.isSymbolicLink()) return;
  if (found.isDirectory()) for await (const { name } of await opendir(path)) await give(join(path, name), request, signal);
  await lchown(path, found.uid, request.group);
  await chmod(path, (found.mode & 0o7777) | maskOf(request.readOnly, found.isDirectory()));
}
