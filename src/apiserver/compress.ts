import type { ApiRequest, ApiResponse } from '../wire/api.ts';
import type { Stage } from './exchange.ts';

/** Upstream's: smaller answers are not worth the time. */
const THRESHOLD_BYTES = 128 * 1024;
/** Stored objects are small; what compresses takes large pieces. */
const PIECE_BYTES = 256 * 1024;

/** Compresses large answers for those who take gzip. Watches, logs and what comes from elsewhere stay as they are. */
export const compressStage: Stage = {
  name: 'compress',
  async handle(exchange, next) {
    const response = await next(exchange);
    return acceptsGzip(exchange.request) && exchange.info.subresource !== 'proxy' ? compressed(response) : response;
  },
};

/** `gzip` by itself, without a weight: as upstream reads it. */
const acceptsGzip = ({ method, headers, wantsObjects }: ApiRequest): boolean =>
  !wantsObjects && method !== 'HEAD' && (headers['accept-encoding'] ?? '').split(',').some((token) => token.trim() === 'gzip');

function compressed(response: ApiResponse): ApiResponse {
  const { headers, body } = response;
  if (body?.type !== 'bytes' || headers['content-encoding'] !== undefined) return response;
  if (body.chunks.reduce((sum, { length }) => sum + length, 0) <= THRESHOLD_BYTES) return response;
  const vary = headers['vary'] === undefined ? 'Accept-Encoding' : `${headers['vary']}, Accept-Encoding`;
  return { ...response, headers: { ...headers, 'content-encoding': 'gzip', vary }, body: { type: 'stream', chunks: gzip(body.chunks) } };
}

async function* gzip(chunks: readonly Uint8Array[]): AsyncGenerator<readonly Uint8Array[]> {
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

async function feed(writer: WritableStreamDefaultWriter<unknown>, chunks: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces(chunks)) await writer.write(piece);
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
