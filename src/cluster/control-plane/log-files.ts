import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogFiles } from '../../apiserver/index.ts';

/** The files of one directory. What stands in `name` was checked by who asks: it is a file's name and no path. */
export function logFilesIn(directory: string): LogFiles {
  return {
    list: async () => (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name),
    async read(name) {
      const file = await open(join(directory, name)).catch(() => undefined);
      if (!file) return undefined;
      if ((await file.stat()).isFile()) return batches(createReadStream('', { fd: file }));
      await file.close();
      return undefined;
    },
  };
}

async function* batches(chunks: AsyncIterable<Uint8Array>): AsyncIterable<readonly Uint8Array[]> {
  for await (const chunk of chunks) yield [chunk];
}
