import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';

/** Quickly rather than tightly: a caller nearby waits for the processor, not for the wire. Upstream's level too. */
const LEVEL = 1;
const CHUNK_BYTES = 64 * 1024;

/** The chunks as one gzip stream (RFC 1952). */
export async function* gzip(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<readonly Uint8Array[]> {
  const packed = createGzip({ level: LEVEL, chunkSize: CHUNK_BYTES });
  pipeline(Readable.from(chunks), packed, () => {}); // failures reach the reader
  for await (const bytes of packed) yield [bytes as Uint8Array];
}
