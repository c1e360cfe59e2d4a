import type { Readable, Writable } from 'node:stream';
import type { Headers, RequestBody, ResponseBody } from '../api.ts';
import { writeTo } from './socket.ts';

/** Answers that say they are no longer than this are read whole. */
const WHOLE_BYTES = 64 << 20;

/** Sends a request's body and ends the stream. A failure destroys it, which its owner is told. */
export function sendBody(stream: Writable, body: RequestBody | undefined): void {
  if (body === undefined) stream.end();
  else if (body.type === 'bytes') stream.end(body.bytes);
  else if (body.type === 'object') stream.end(JSON.stringify(body.object));
  else void sendStream(stream, body.chunks);
}

async function sendStream(stream: Writable, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of chunks) await writeTo(stream, chunk);
    stream.end();
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** A body of known length is read whole; one without comes as a stream, a watch above all. */
export async function bodyOf(stream: Readable, headers: Headers): Promise<ResponseBody | undefined> {
  const length = headers['content-length'];
  if (length === undefined || Number(length) > WHOLE_BYTES) return { type: 'stream', chunks: batches(stream) };
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk as Uint8Array);
  return chunks.length === 0 ? undefined : { type: 'bytes', chunks };
}

/** What has arrived since the last look, as one batch. Ends with the stream, throws where it was cut off. */
export async function* batches(stream: Readable): AsyncGenerator<readonly Uint8Array[]> {
  for await (const first of stream) {
    const batch: Uint8Array[] = [first as Uint8Array];
    for (let more: unknown = stream.read(); more !== null; more = stream.read()) batch.push(more as Uint8Array);
    yield batch;
  }
}
