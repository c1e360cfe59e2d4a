import { crc32 } from 'node:zlib';
import type { Random } from '../../../base/random.ts';
import type { Revision } from '../../driver.ts';
import type { OpenFile } from './files.ts';

/** Both kinds of file start with one: `name` 8 bytes | version u32 | seed u32 | revision u64 | crc u32 | zeros up to 32. */
export const HEADER_BYTES = 32;
const VERSION = 1;
const NAMES = { log: 'knarrlog', snapshot: 'knarrsnp' } as const;
export type FileKind = keyof typeof NAMES;

export interface FileHeader {
  /** Where the CRCs of the file's frames start. */
  readonly seed: number;
  /** Of a log: the first revision it may hold. Of a snapshot: the one it shows. */
  readonly revision: Revision;
}

/** The store's files are not what they should be; no guess is made. */
export class CorruptStore extends Error {
  constructor(path: string, what: string) {
    super(`store: ${path} is corrupt: ${what}`);
    this.name = 'CorruptStore';
  }
}

export function newHeader(revision: Revision, random: Random): FileHeader {
  return { seed: Buffer.from(random.bytes(4)).readUInt32LE(0), revision };
}

export function encodeHeader(kind: FileKind, { seed, revision }: FileHeader): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(NAMES[kind], 0, 'latin1');
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(seed, 12);
  bytes.writeBigUInt64LE(revision, 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 24)), 24);
  return bytes;
}

/** The file's header, or undefined where the file was cut off before one was written. @throws CorruptStore */
export async function readHeader(kind: FileKind, path: string, file: OpenFile): Promise<FileHeader | undefined> {
  const bytes = await file.read(0, HEADER_BYTES);
  if (bytes.byteLength < HEADER_BYTES || bytes.every((byte) => byte === 0)) return undefined;
  if (bytes.toString('latin1', 0, 8) !== NAMES[kind] || bytes.readUInt32LE(24) !== crc32(bytes.subarray(0, 24))) {
    throw new CorruptStore(path, 'its header is damaged');
  }
  const version = bytes.readUInt32LE(8);
  if (version !== VERSION) throw new CorruptStore(path, `its format is version ${version}, this program knows version ${VERSION}`);
  return { seed: bytes.readUInt32LE(12), revision: bytes.readBigUInt64LE(16) };
}

const PREFIX = { log: 'log-', snapshot: 'snapshot-' } as const;

/** `log-000000000000002a`: sorts by revision. */
export function fileName(kind: FileKind, revision: Revision): string {
  return PREFIX[kind] + revision.toString(16).padStart(16, '0');
}

/** The files of a kind in the directory's listing, by revision. */
export function filesOf(kind: FileKind, names: readonly string[]): { readonly name: string; readonly revision: Revision }[] {
  return names
    .filter((name) => name.startsWith(PREFIX[kind]) && /^[0-9a-f]{16}$/.test(name.slice(PREFIX[kind].length)))
    .toSorted()
    .map((name) => ({ name, revision: BigInt(`0x${name.slice(PREFIX[kind].length)}`) }));
}
