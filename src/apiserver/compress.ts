import { joinBytes } from '../base/join-bytes.ts';
import type { ApiRequest, ApiResponse } from '../wire/api.ts';
import type { ApiServerConfig } from './config.ts';
import type { Core } from './core.ts';
import type { Stage } from './exchange.ts';

/** Upstream's: smaller answers are not worth the time. */
export const THRESHOLD_BYTES = 128 * 1024;
/** Stored objects are small; what compresses takes large pieces. */
const PIECE_BYTES = 256 * 1024;

/** Compresses large answers for those who take gzip; a list that is a stream is large. Watches, logs and what comes from elsewhere stay as they are. */
export function compressStage({ config: { gzip = packed } }: Core): Stage {
  return {
    name: 'compress',
    async handle(exchange, next) {
      const response = await next(exchange);
      if (!acceptsGzip(exchange.request) || exchange.info.subresource === 'proxy') return response;
      // What another server wrote has its length or form already.
      if (response.headers['content-length'] !== undefined || response.headers['content-encoding'] !== undefined) return response;
      if (exchange.info.verb === 'list' && response.body?.type === 'stream') return packedBy(response, gzip(flat(response.body.chunks)));
      return compressed(response, gzip);
    },
  };
}

/** `gzip` by itself, without a weight: as upstream reads it. */
export const acceptsGzip = ({ method, headers, wantsObjects }: ApiRequest): boolean =>
  !wantsObjects && method !== 'HEAD' && (headers['accept-encoding'] ?? '').split(',').some((token) => token.trim() === 'gzip');

function compressed(response: ApiResponse, gzip: NonNullable<ApiServerConfig['gzip']>): ApiResponse {
  const { headers, body } = response;
  if (body?.type !== 'bytes' || headers['content-encoding'] !== undefined) return response;
  if (body.chunks.reduce((sum, { length }) => sum + length, 0) <= THRESHOLD_BYTES) return response;
  return packedBy(response, gzip(pieces(body.chunks)));
}

/** A document compressed in one piece, to be kept. */
export async function whole(document: readonly Uint8Array[], { gzip = packed }: Pick<ApiServerConfig, 'gzip'>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const some of gzip(pieces(document))) chunks.push(...some);
  return joinBytes(chunks);
}

function packedBy(response: ApiResponse, chunks: AsyncIterable<readonly Uint8Array[]>): ApiResponse {
  const { headers } = response;
  const vary = headers['vary'] === undefined ? 'Accept-Encoding' : `${headers['vary']}, Accept-Encoding`;
  return { ...response, headers: { ...headers, 'content-encoding': 'gzip', vary }, body: { type: 'stream', chunks } };
}

async function* flat(batches: AsyncIterable<readonly Uint8Array[]>): AsyncGenerator<Uint8Array> {
  for await (const batch of batches) yield* batch;
}

type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** By what every runtime has; it compresses more tightly, and more slowly, than it need. */
async function* packed(chunks: Chunks): AsyncGenerator<readonly Uint8Array[]> {
  const { readable, writable } = new CompressionStream('gzip');
  const fed = feed(writable.getWriter(), chunks).catch(() => {}); // fails when the reader leaves, or with it
  const reader = readable.getReader();
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) yield [value as Uint8Array];
  } finally {
    await reader.cancel().catch(() => {});
    await fed;
  }
}

async function feed(writer: WritableStreamDefaultWriter<unknown>, chunks: Chunks): Promise<void> {
  for await (const chunk of chunks) await writer.write(chunk);
  await writer.close();
}

function* pieces(chunks: readonly Uint8Array[]): Generator<Uint8Array> {
  let piece = new Uint8Array(PIECE_BYTES);
  let filled = 0;
  for (const chunk of chunks) {
    if (filled + chunk.length > PIECE_BYTES) {
      yield piece.subarray(0, filled);
      piece = new Uint8Array(PIECE_BYTES);
      filled = 0;
    }
    if (chunk.length > PIECE_BYTES) yield chunk;
    else {
      piece.set(chunk, filled);
      filled += chunk.length;
    }
  }
  yield piece.subarray(0, filled);
}
