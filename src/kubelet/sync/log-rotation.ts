/**
 * Keeps container logs from filling the disk: a log over 10 MiB is put aside under a time stamp, the runtime opens a new one,
 * older ones are compressed, and five files are kept (upstream's defaults of containerLogMaxSize and containerLogMaxFiles).
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock } from '../../base/clock.ts';
import { containerLogPath, podLogDir } from '../containers/paths.ts';
import type { Directories } from '../containers/paths.ts';
import type { Cri } from '../cri/cri.ts';
import { CONTAINER_NAME, RESTART_COUNT } from '../cri/labels.ts';
import { ownerOf } from './pod-runtime.ts';

const MOST_BYTES = 10 * 1024 * 1024;
const MOST_FILES = 5;

export interface Rotating extends Directories {
  readonly cri: Cri;
  readonly clock: Clock;
}

export async function rotateLogs(at: Rotating, limits: { readonly bytes: number; readonly files: number } = { bytes: MOST_BYTES, files: MOST_FILES }): Promise<void> {
  for (const { id, state, labels, annotations } of await at.cri.listContainers()) {
    const owner = ownerOf(labels);
    const name = labels[CONTAINER_NAME];
    if (!owner || name === undefined || state !== 'CONTAINER_RUNNING') continue;
    const path = join(podLogDir(at, owner), containerLogPath(name, Number(annotations[RESTART_COUNT] ?? 0)));
    const size = await stat(path).then((found) => found.size, () => 0);
    if (size > limits.bytes) await rotate(at, { id, path, files: limits.files });
  }
}

async function rotate({ cri, clock }: Rotating, { id, path, files }: { readonly id: string; readonly path: string; readonly files: number }): Promise<void> {
  await compressOlder(path);
  // The one in use and the one put aside now count among the files.
  const old = await rotated(path);
  for (const name of old.slice(0, Math.max(0, old.length - (files - 2)))) await rm(join(dirname(path), name), { force: true });
  const aside = `${path}.${new Date(clock.now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`;
  await rename(path, aside);
  try {
    await cri.reopenContainerLog(id);
  } catch (error) {
    // The runtime still writes to it: under its old name it is found again.
    await rename(aside, path);
    throw error;
  }
}

/** Oldest first: names end in their times. */
async function rotated(path: string): Promise<readonly string[]> {
  return (await readdir(dirname(path))).filter((name) => name.startsWith(`${basename(path)}.`) && !name.endsWith('.tmp')).toSorted();
}

async function compressOlder(path: string): Promise<void> {
  for (const name of await rotated(path)) {
    if (name.endsWith('.gz')) continue;
    const plain = join(dirname(path), name);
    await pipeline(createReadStream(plain), createGzip(), createWriteStream(`${plain}.tmp`));
    await rename(`${plain}.tmp`, `${plain}.gz`);
    await rm(plain, { force: true });
  }
}
