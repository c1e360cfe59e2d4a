/**
 * Keeps container logs from filling the disk: a log over 10 MiB is put aside under a time stamp, the runtime opens a new one,
 * older ones are compressed, and five files are kept (upstream's defaults of containerLogMaxSize and containerLogMaxFiles).
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { containerLogPath, podLogDir } from '../containers/paths.ts';
import type { Directories } from '../containers/paths.ts';
import type { Cri } from '../cri/cri.ts';
import { CONTAINER_NAME, RESTART_COUNT } from '../cri/labels.ts';
import type { ContainerLogOptions } from '../options.ts';
import { ownerOf } from '../sync/pod-runtime.ts';

const PERIOD: Millis = 10_000;
const MOST_BYTES = 10 * 1024 * 1024;
const MOST_FILES = 5;

export interface Rotating extends Directories {
  readonly cri: Cri;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Looks again and again, until it is disposed of. */
export function startLogRotation(at: Rotating, { period = PERIOD, ...limits }: ContainerLogOptions = {}): AsyncDisposable {
  const stop = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await at.clock.sleep(period, stop.signal).catch(() => {});
      if (stop.signal.aborted) return;
      await rotateLogs(at, limits).catch((error: unknown) => at.log.warn('container logs are not looked after', { error: String(error) }));
    }
  };
  const running = loop();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

/** One round. A log that cannot be rotated is told of and does not keep others from it. */
export async function rotateLogs(at: Rotating, { maxBytes = MOST_BYTES, maxFiles = MOST_FILES, workers = 1 }: Omit<ContainerLogOptions, 'period'> = {}): Promise<void> {
  const containers = (await at.cri.listContainers()).filter(({ state }) => state === 'CONTAINER_RUNNING').values();
  const work = async (): Promise<void> => {
    for (const { id, labels, annotations } of containers) {
      const owner = ownerOf(labels);
      const name = labels[CONTAINER_NAME];
      if (!owner || name === undefined) continue;
      const path = join(podLogDir(at, owner), containerLogPath(name, Number(annotations[RESTART_COUNT] ?? 0)));
      await look(at, { id, path, maxBytes, maxFiles }).catch((error: unknown) => at.log.warn('a container log was not rotated', { path, error: String(error) }));
    }
  };
  // They draw from one list.
  await Promise.all(Array.from({ length: Math.max(1, workers) }, work));
}

interface OneLog {
  readonly id: string;
  readonly path: string;
  readonly maxBytes: number;
  readonly maxFiles: number;
}

async function look(at: Rotating, log: OneLog): Promise<void> {
  const size = await stat(log.path).then((found) => found.size, (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? undefined : Promise.reject(error)));
  // Left from a rotation that was cut short, or removed by somebody: the runtime writes to a file without a name.
  if (size === undefined) return at.cri.reopenContainerLog(log.id);
  if (size >= log.maxBytes) await rotate(at, log);
}

async function rotate({ cri, clock }: Rotating, { id, path, maxFiles }: OneLog): Promise<void> {
  const dir = dirname(path);
  for (const name of await leftovers(path)) await rm(join(dir, name), { force: true });
  // The one in use and the one put aside now count among the files.
  const old = await rotated(path);
  for (const name of old.slice(0, Math.max(0, old.length - (maxFiles - 2)))) await rm(join(dir, name), { force: true });
  await compressOlder(path);
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

const filesOf = async (path: string): Promise<readonly string[]> => (await readdir(dirname(path))).filter((name) => name.startsWith(`${basename(path)}.`));

/** Oldest first: names end in their times. */
const rotated = async (path: string): Promise<readonly string[]> => (await filesOf(path)).filter((name) => !name.endsWith('.tmp')).toSorted();

/** What was being compressed when a kubelet ended. */
const leftovers = async (path: string): Promise<readonly string[]> => (await filesOf(path)).filter((name) => name.endsWith('.tmp'));

async function compressOlder(path: string): Promise<void> {
  for (const name of await rotated(path)) {
    if (name.endsWith('.gz')) continue;
    const plain = join(dirname(path), name);
    try {
      await pipeline(createReadStream(plain), createGzip(), createWriteStream(`${plain}.tmp`));
      await rename(`${plain}.tmp`, `${plain}.gz`);
    } catch (error) {
      // On a full disk half a file is worse than none.
      await rm(`${plain}.tmp`, { force: true });
      throw error;
    }
    await rm(plain, { force: true });
  }
}
