import type { Random } from '../../../base/random.ts';
import type { Entry, Revision } from '../../driver.ts';
import type { Files, OpenFile } from './files.ts';
import { FrameReader, FrameWriter, PayloadReader } from './frame.ts';
import { CorruptStore, HEADER_BYTES, encodeHeader, fileName, newHeader, readHeader } from './header.ts';

/** A frame is closed when it has grown past this; other work runs between two. */
const FRAME_BYTES = 1 << 20;

export interface Snapshot {
  readonly revision: Revision;
  readonly entries: readonly Entry[];
}

/** Files that are not finished; whatever has this ending at start is what a crash left. */
export const UNFINISHED = '.tmp';

/** Writes `snapshot` beside the others; there under its name only when whole and durable. */
export async function writeSnapshot(files: Files, directory: string, { snapshot, random }: { snapshot: Snapshot; random: Random }): Promise<void> {
  const path = `${directory}/${fileName('snapshot', snapshot.revision)}`;
  const unfinished = path + UNFINISHED;
  await files.remove(unfinished);
  try {
    const file = await files.open(unfinished, 'create');
    try {
      await writeEntries(file, snapshot, random);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(unfinished, path);
    await files.syncDirectory(directory);
  } catch (error) {
    await files.remove(unfinished);
    throw error;
  }
}

/** Frames: first the number of entries, then the entries in key order. */
async function writeEntries(file: OpenFile, { revision, entries }: Snapshot, random: Random): Promise<void> {
  const header = newHeader(revision, random);
  const writer = new FrameWriter(header.seed);
  let offset = HEADER_BYTES;
  const flush = async () => {
    const frame = writer.finish();
    await file.write(frame, offset);
    offset += frame.byteLength;
  };
  await file.write(encodeHeader('snapshot', header), 0);
  writer.uint64(BigInt(entries.length));
  await flush();
  const empty = writer.length;
  for (const { key, value, createRevision, modRevision } of entries) {
    writer.text(key);
    writer.uint64(createRevision);
    writer.uint64(modRevision);
    writer.bytes(value);
    if (writer.length > FRAME_BYTES) await flush();
  }
  if (writer.length > empty) await flush();
}

/** @throws CorruptStore: a snapshot has its name only since it was whole */
export async function readSnapshot(files: Files, path: string): Promise<Snapshot> {
  const file = await files.open(path, 'read');
  try {
    const header = await readHeader('snapshot', path, file);
    if (!header) throw new CorruptStore(path, 'its header is missing');
    const reader = new FrameReader(file, header.seed, HEADER_BYTES);
    const head = await reader.next();
    if (!head) throw new CorruptStore(path, `the record at byte ${reader.offset} is damaged`);
    const count = Number(new PayloadReader(head).uint64());
    const entries: Entry[] = [];
    for (let payload = await reader.next(); payload; payload = await reader.next()) {
      const fields = new PayloadReader(payload);
      while (!fields.done) {
        const key = fields.text();
        const createRevision = fields.uint64();
        const modRevision = fields.uint64();
        entries.push({ key, value: fields.bytes(), createRevision, modRevision });
      }
    }
    if (entries.length !== count) {
      throw new CorruptStore(path, `it holds ${entries.length} of ${count} entries; the record at byte ${reader.offset} is damaged`);
    }
    return { revision: header.revision, entries };
  } finally {
    await file.close();
  }
}
