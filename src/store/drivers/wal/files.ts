import { close, fdatasync, ftruncate, open, read, write } from 'node:fs';
import type { PathLike } from 'node:fs';
import { link, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What the log asks of a file system; the seam where tests tear writes, fill the disk and cut the power. */
export interface Files {
  /** Makes the directory and its parents, readable by the owner alone. */
  makeDirectory(path: string): Promise<void>;
  /** Names in the directory. */
  list(path: string): Promise<readonly string[]>;
  /** `create` fails where the file exists. @throws an error with the system's `code` */
  open(path: string, mode: 'read' | 'update' | 'create'): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  /** Gives the file a second name; fails where that exists. */
  link(from: string, to: string): Promise<void>;
  /** Removes the file if it is there. */
  remove(path: string): Promise<void>;
  /** Makes creations, renames and removals in the directory durable. */
  syncDirectory(path: string): Promise<void>;
}

export interface OpenFile {
  /** Up to `length` bytes; fewer only at the end of the file. */
  read(at: number, length: number): Promise<Buffer>;
  /** All bytes or an error, after which any part of them may stand. */
  write(bytes: Uint8Array, at: number): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Makes what was written durable (fdatasync). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The system's error code, or ''. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const fd = {
  // The callback API costs half of what FileHandle does, on the path of every commit.
  open: promisify<PathLike, string, number, number>(open),
  read: promisify(read),
  write: promisify(write),
  sync: promisify(fdatasync),
  truncate: promisify<number, number>(ftruncate),
  close: promisify(close),
};

const FLAGS = { read: 'r', update: 'r+', create: 'wx+' } as const;

/** The machine's file system. */
export const nodeFiles: Files = {
  makeDirectory: async (path) => void (await mkdir(path, { recursive: true, mode: 0o700 })),
  list: (path) => readdir(path),
  open: async (path, mode) => openFile(await fd.open(path, FLAGS[mode], 0o600)),
  rename,
  link,
  remove: (path) => rm(path, { force: true }),
  async syncDirectory(path) {
    const directory = await fd.open(path, 'r', 0);
    try {
      await fd.sync(directory);
    } finally {
      await fd.close(directory);
    }
  },
};

function openFile(file: number): OpenFile {
  return {
    async read(at, length) {
      const bytes = Buffer.allocUnsafe(length);
      let got = 0;
      while (got < length) {
        const { bytesRead } = await fd.read(file, bytes, got, length - got, at + got);
        if (bytesRead === 0) break;
        got += bytesRead;
      }
      return bytes.subarray(0, got);
    },
    async write(bytes, at) {
      for (let done = 0; done < bytes.byteLength; ) {
        const { bytesWritten } = await fd.write(file, bytes, done, bytes.byteLength - done, at + done);
        done += bytesWritten;
      }
    },
    truncate: (length) => fd.truncate(file, length),
    sync: () => fd.sync(file),
    close: () => fd.close(file),
  };
}
