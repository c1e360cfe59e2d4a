import { nextTurn } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { ApiResponse, Headers } from '../api.ts';
import { BodyRefused } from './body.ts';
import type { Outgoing } from './outgoing.ts';

/** Small buffers leave together: a LIST is thousands of them, and each write costs more than its copy. */
const SLAB = 256 << 10;

/** Smaller chunks are not worth the way back. */
const LARGE = 32 << 10;

/** How one protocol sends what a handler answered. */
export interface Responder {
  readonly to: Outgoing;
  /** Sends status and headers, and the body's length where it is known; `end` where no body follows. */
  head(status: number, headers: Headers, body: { readonly end: boolean; readonly length?: string }): void;
}

/** Sends a whole response. Resolves when it was handed to the connection; never rejects for a caller that has gone. */
export async function respond(responder: Responder, response: ApiResponse, method: string): Promise<void> {
  const { to, head } = responder;
  const { status, headers, body } = response;
  if (to.isGone) return dropBody(response);
  if (body?.type === 'bytes') {
    const length = lengthOf(body.chunks);
    const empty = method === 'HEAD' || length === 0;
    head(status, headers, { end: empty, length: String(length) });
    if (empty) return;
    if (body.chunks.length === 1) to.end(body.chunks[0]);
    else await writeSlabs(to, body.chunks);
  } else if (body?.type === 'stream') {
    head(status, headers, { end: false });
    await writeStream(to, body);
  } else if (body === undefined) {
    // HEAD tells the length of what GET would bring, where who was asked said it.
    const isKnown = status === 204 || status === 304 || (method === 'HEAD' && headers['content-length'] !== undefined);
    head(status, headers, isKnown ? { end: true } : { end: true, length: '0' });
  } else {
    await respond(responder, failure(new Error(`a body of type ${body.type} cannot be sent`)), method);
  }
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  let length = 0;
  for (const chunk of chunks) length += chunk.byteLength;
  return length;
}

/** Lets a streaming handler's iterator clean up where nobody listens any more. */
async function dropBody({ body }: ApiResponse): Promise<void> {
  if (body?.type === 'stream') await body.chunks[Symbol.asyncIterator]().return?.();
}

async function writeSlabs(to: Outgoing, chunks: readonly Uint8Array[]): Promise<void> {
  try {
    for (const slab of slabs(chunks)) {
      if (!to.write(slab)) await to.drained();
      if (slab.byteLength >= SLAB) await nextTurn(); // encryption takes its time: others come between
    }
    to.end();
  } catch {
    // the caller has gone
  }
}

async function writeStream(to: Outgoing, { chunks, recycle }: StreamBody): Promise<void> {
  let sending = false;
  try {
    for await (const batch of chunks) {
      sending = true;
      if (batch.length !== 1) await writeAll(to, batch);
      else if (recycle && batch[0]!.byteLength >= LARGE) {
        await to.deliver(batch[0]!);
        recycle(batch[0]!);
      } else if (!to.write(batch[0]!)) await to.drained();
      sending = false;
    }
    to.end();
  } catch (error) {
    // Gone callers end the iteration; a handler that fails in the middle can only cut the connection.
    if (!sending) to.cut(error instanceof Error ? error : undefined);
  }
}

async function writeAll(to: Outgoing, batch: readonly Uint8Array[]): Promise<void> {
  for (const slab of slabs(batch)) if (!to.write(slab)) await to.drained();
}

type StreamBody = Extract<NonNullable<ApiResponse['body']>, { readonly type: 'stream' }>;

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
  const message = refused ? error.message : `Internal error occurred: ${messageOf(error)}`;
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: refused ? error.reason : 'InternalError', code };
  return {
    status: code,
    headers: { 'content-type': 'application/json' },
    body: { type: 'bytes', chunks: [Buffer.from(`${JSON.stringify(status)}\n`)] },
  };
}
