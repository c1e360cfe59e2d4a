import { messageOf } from '../../../base/message-of.ts';
import type { Random } from '../../../base/random.ts';
import { StoreFull } from '../../driver.ts';
import type { Change, Del, Put, Revision } from '../../driver.ts';
import { codeOf } from './files.ts';
import type { Files, OpenFile } from './files.ts';
import { FrameReader, FrameWriter, PayloadReader } from './frame.ts';
import { CorruptStore, HEADER_BYTES, encodeHeader, fileName, newHeader, readHeader } from './header.ts';

/** Space taken ahead of small writes: overwriting zeros spares the file system a change of size at every commit. */
const AHEAD = 1 << 20;
/** Larger writes append: they do not care, and zeros before them would double what is written. */
const SMALL = 1 << 16;
const ZEROS = Buffer.alloc(AHEAD);
/** Failures of a write that leave the file as good as it was, once what was written is cut off again. */
const NO_ROOM = ['ENOSPC', 'EDQUOT', 'EFBIG'];
const PUT = 1;
const DEL = 2;

/** After this nobody knows what the disk holds: the process must end, and the next one reads what is there. */
export class LogFailed extends Error {
  constructor(path: string, cause: unknown) {
    super(`store: ${path} cannot be written: ${messageOf(cause)}`, { cause });
    this.name = 'LogFailed';
  }
}

/** One file of the log, open for appending: a header, then one frame for each group of commits. */
export class Segment {
  readonly path: string;
  /** The first revision it may hold. */
  readonly first: Revision;
  readonly #file: OpenFile;
  readonly #writer: FrameWriter;
  /** Where the next frame goes. */
  #offset: number;
  /** The file's size: zeros from `#offset` to here. */
  #taken: number;

  private constructor(path: string, file: OpenFile, state: { first: Revision; seed: number; offset: number }) {
    this.path = path;
    this.first = state.first;
    this.#file = file;
    this.#writer = new FrameWriter(state.seed);
    this.#offset = state.offset;
    this.#taken = state.offset;
  }

  /** Bytes in use. */
  get size(): number {
    return this.#offset;
  }

  /** A new one, durable itself before anything is written to it. */
  static async create(files: Files, directory: string, { first, random }: { first: Revision; random: Random }): Promise<Segment> {
    const path = `${directory}/${fileName('log', first)}`;
    const header = newHeader(first, random);
    const file = await files.open(path, 'create');
    try {
      await file.write(encodeHeader('log', header), 0);
      await file.sync();
      await files.syncDirectory(directory);
    } catch (error) {
      await file.close();
      await files.remove(path);
      throw error;
    }
    return new Segment(path, file, { first, seed: header.seed, offset: HEADER_BYTES });
  }

  /** Goes on where `offset` says the good frames end, and cuts off what follows. */
  static async reopen(files: Files, path: string, state: { first: Revision; seed: number; offset: number }): Promise<Segment> {
    const file = await files.open(path, 'update');
    await file.truncate(state.offset);
    await file.sync();
    return new Segment(path, file, state);
  }

  /**
   * Durable when it resolves. Where the disk is full nothing of it stays, and later calls may work.
   * @throws StoreFull, LogFailed when the state of the file is unknown
   */
  async append(changes: readonly Change[]): Promise<void> {
    const frame = encodeChanges(this.#writer, changes);
    try {
      await this.#takeAhead(frame.byteLength);
      await this.#file.write(frame, this.#offset);
    } catch (error) {
      if (!NO_ROOM.includes(codeOf(error))) throw new LogFailed(this.path, error);
      await this.#cut();
      throw new StoreFull(error);
    }
    await this.#sync();
    this.#offset += frame.byteLength;
    this.#taken = Math.max(this.#taken, this.#offset);
  }

  /** Gives back the space taken ahead. */
  async close(): Promise<void> {
    try {
      await this.#cut();
    } finally {
      await this.#file.close();
    }
  }

  /** Closes the file as it is: after a failure. */
  async abandon(): Promise<void> {
    await this.#file.close();
  }

  async #takeAhead(bytes: number): Promise<void> {
    if (bytes > SMALL || this.#offset + bytes <= this.#taken) return;
    try {
      await this.#file.write(ZEROS, this.#taken);
      this.#taken += AHEAD;
    } catch (error) {
      if (!NO_ROOM.includes(codeOf(error))) throw error;
      await this.#cut(); // there may still be room for what is to be written
    }
  }

  async #cut(): Promise<void> {
    try {
      await this.#file.truncate(this.#offset);
    } catch (error) {
      throw new LogFailed(this.path, error);
    }
    this.#taken = this.#offset;
    await this.#sync();
  }

  async #sync(): Promise<void> {
    try {
      await this.#file.sync();
    } catch (error) {
      // The kernel may have dropped the dirty pages: a second fdatasync would succeed and lie.
      throw new LogFailed(this.path, error);
    }
  }
}

/** What reading a segment found. */
export interface SegmentEnd {
  readonly first: Revision;
  readonly seed: number;
  /** Where the good frames end. */
  readonly offset: number;
  readonly torn: boolean;
}

/**
 * Hands each change to `take`, oldest first. Undefined where the file was cut off before its header was written.
 * @throws CorruptStore where something was damaged that had been written whole
 */
export async function readSegment(files: Files, path: string, take: (change: Change) => void): Promise<SegmentEnd | undefined> {
  const file = await files.open(path, 'read');
  try {
    const header = await readHeader('log', path, file);
    const reader = new FrameReader(file, header?.seed ?? 0, HEADER_BYTES);
    if (!header) {
      if ((await reader.rest()).type === 'nothing') return undefined;
      throw new CorruptStore(path, 'its header is missing');
    }
    for (let payload = await reader.next(); payload; payload = await reader.next()) {
      for (const change of decodeChanges(payload)) take(change);
    }
    const rest = await reader.rest();
    if (rest.type === 'damaged') {
      throw new CorruptStore(path, `the record at byte ${reader.offset} is damaged, and records follow it (the next at byte ${rest.whole})`);
    }
    return { first: header.revision, seed: header.seed, offset: reader.offset, torn: rest.type === 'torn' };
  } finally {
    await file.close();
  }
}

/** `first` u64 | count u32 | for each commit: count u32, then operations: type u8, key, and for a put the value. */
function encodeChanges(writer: FrameWriter, changes: readonly Change[]): Buffer {
  writer.uint64(changes[0]!.revision);
  writer.uint32(changes.length);
  for (const { ops } of changes) {
    writer.uint32(ops.length);
    for (const op of ops) {
      writer.byte(op.type === 'put' ? PUT : DEL);
      writer.text(op.key);
      if (op.type === 'put') writer.bytes(op.value);
    }
  }
  return writer.finish();
}

function* decodeChanges(payload: Buffer): Generator<Change> {
  const reader = new PayloadReader(payload);
  const first = reader.uint64();
  const count = reader.uint32();
  for (let n = 0; n < count; n++) {
    const ops = Array.from({ length: reader.uint32() }, (): Put | Del => {
      const type = reader.byte();
      const key = reader.text();
      return type === PUT ? { type: 'put', key, value: reader.bytes() } : { type: 'del', key };
    });
    yield { revision: first + BigInt(n), ops };
  }
}
