import type { Writable } from 'node:stream';
import { nextTurn } from '../../base/clock.ts';
import type { ApiResponse, Headers } from '../api.ts';
import { BodyRefused } from './body.ts';
import { drained, writeTo } from './socket.ts';

/** Small buffers leave together: a LIST is thousands of them, and each write costs more than its copy. */
const SLAB = 256 << 10;

/** Smaller chunks are not worth the way back. */
const LARGE = 32 << 10;

/** How one protocol sends what a handler answered. */
export interface Responder {
  readonly stream: Writable;
  /** Sends status and headers; `end` where no body follows. */
  head(status: number, headers: Headers, end: boolean): void;
}

/** Sends a whole response. Resolves when it was handed to the connection; never rejects for a caller that has gone. */
export async function respond(responder: Responder, response: ApiResponse, method: string): Promise<void> {
  const { stream, head } = responder;
  const { status, headers, body } = response;
  if (stream.destroyed) return dropBody(response);
  if (body?.type === 'bytes') {
    const length = body.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    const empty = method === 'HEAD' || length === 0;
    head(status, { ...headers, 'content-length': String(length) }, empty);
    if (!empty) await writeSlabs(stream, body.chunks);
  } else if (body?.type === 'stream') {
    head(status, headers, false);
    await writeStream(stream, body);
  } else if (body === undefined) {
    // HEAD tells the length of what GET would bring, where who was asked said it.
    const isKnown = status === 204 || status === 304 || (method === 'HEAD' && headers['content-length'] !== undefined);
    head(status, isKnown ? headers : { ...headers, 'content-length': '0' }, true);
  } else {
    await respond(responder, failure(new Error(`a body of type ${body.type} cannot be sent`)), method);
  }
}

/** Lets a streaming handler's iterator clean up where nobody listens any more. */
async function dropBody({ body }: ApiResponse): Promise<void> {
  if (body?.type === 'stream') await body.chunks[Symbol.asyncIterator]().return?.();
}

async function writeSlabs(stream: Writable, chunks: readonly Uint8Array[]): Promise<void> {
  try {
    for (const slab of slabs(chunks)) {
      await writeTo(stream, slab);
      if (slab.byteLength >= SLAB) await nextTurn(); // encryption takes its time: others come between
    }
    stream.end();
  } catch {
    // the caller has gone
  }
}

async function writeStream(stream: Writable, { chunks, recycle }: StreamBody): Promise<void> {
  let sending = false;
  try {
    for await (const batch of chunks) {
      sending = true;
      if (batch.length !== 1) for (const slab of slabs(batch)) await writeTo(stream, slab);
      else if (recycle && batch[0]!.byteLength >= LARGE) await writeAndReturn(stream, batch[0]!, recycle);
      // Nearly every event of a watch: it fits, and there is nothing to wait for.
      else if (stream.destroyed || !stream.write(bufferOf(batch[0]!))) await drained(stream);
      sending = false;
    }
    stream.end();
  } catch (error) {
    // Gone callers end the iteration; a handler that fails in the middle can only cut the connection.
    if (!sending) stream.destroy(error instanceof Error ? error : undefined);
  }
}

let lastViewed: { readonly bytes: Uint8Array; readonly view: Buffer } | undefined;

/** A stream would make a Buffer of its own of each Uint8Array; what is sent to a thousand watchers in turn needs one. */
function bufferOf(bytes: Uint8Array): Buffer {
  if (lastViewed?.bytes !== bytes) lastViewed = { bytes, view: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  return lastViewed.view;
}

type StreamBody = Extract<NonNullable<ApiResponse['body']>, { readonly type: 'stream' }>;

/** Resolves once the bytes have left this process, encrypted or not: then they may change. */
function writeAndReturn(stream: Writable, bytes: Uint8Array, recycle: (chunk: Uint8Array) => void): Promise<void> {
  if (stream.destroyed) return Promise.reject(stream.errored ?? new Error('the connection is closed'));
  return new Promise((resolve, reject) => {
    const onClose = () => reject(stream.errored ?? new Error('the connection is closed'));
    stream.once('close', onClose);
    stream.write(bytes, (error) => {
      stream.off('close', onClose);
      if (error) return reject(error);
      recycle(bytes);
      resolve();
    });
  });
}

function* slabs(chunks: readonly Uint8Array[]): Generator<Uint8Array> {
  if (chunks.length === 1) {
    if (chunks[0]!.byteLength > 0) yield chunks[0]!;
    return;
  }
  let from = 0;
  let size = 0;
  for (const [at, chunk] of chunks.entries()) {
    size += chunk.byteLength;
    if (size < SLAB && at < chunks.length - 1) continue;
    if (size > 0) yield from === at ? chunk : joined(chunks.slice(from, at + 1), size);
    from = at + 1;
    size = 0;
  }
}

/** The slab made last: within a tick, hundreds of watchers are sent the same few events. */
let latest: { readonly parts: readonly Uint8Array[]; readonly slab: Uint8Array } | undefined;

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  if (latest?.parts.length === parts.length && parts.every((part, at) => part === latest?.parts[at])) return latest.slab;
  const slab = Buffer.concat(parts, size);
  latest = { parts, slab };
  return slab;
}

/** The answer for a request that no handler could take, or that one failed on: a metav1.Status. */
export function failure(error: unknown): ApiResponse {
  const refused = error instanceof BodyRefused;
  const code = refused ? error.status : 500;
  const message = refused ? error.message : `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`;
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: refused ? error.reason : 'InternalError', code };
  return {
    status: code,
    headers: { 'content-type': 'application/json' },
    body: { type: 'bytes', chunks: [Buffer.from(`${JSON.stringify(status)}\n`)] },
  };
}
