import { constants } from 'node:http2';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { ApiResponse, Headers, Peer } from '../api.ts';
import { readBody, streamBody } from './body.ts';
import type { Exchange } from './exchange.ts';
import { headersFrom, valueTo } from './headers.ts';
import { failure, respond } from './respond.ts';

/** Of one connection alone, and so not allowed in HTTP/2 (RFC 9113, 8.2.2). */
const CONNECTION_HEADERS = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);

/** HTTP/2 by Node's stream API: one stream is one request and its response. */
export async function answerHttp2(exchange: Exchange, stream: ServerHttp2Stream, request: { headers: IncomingHttpHeaders; peer: Peer }): Promise<void> {
  const method = String(request.headers[':method'] ?? 'GET');
  const url = String(request.headers[':path'] ?? '/');
  using scope = exchange.begin(stream);
  stream.on('error', ignore);
  let answer: ApiResponse;
  try {
    const body = await bodyOf(exchange, stream, { url, headers: request.headers });
    answer = await exchange.handle({
      method, url, headers: headersOf(request.headers), peer: request.peer, ...(body && { body }),
      get signal() { return scope.signal; },
    });
  } catch (error) {
    answer = failure(error);
  }
  const head = (status: number, headers: Headers, end: boolean) => stream.respond(outgoing(status, headers), { endStream: end });
  await respond({ stream, head }, answer, method);
  // A body that nobody will read: the sender may stop.
  if (!stream.endAfterHeaders && !stream.readableEnded && !stream.destroyed && stream.writableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
}

const ignore = () => {};

function bodyOf(exchange: Exchange, stream: ServerHttp2Stream, { url, headers }: { url: string; headers: IncomingHttpHeaders }) {
  if (stream.endAfterHeaders) return Promise.resolve(undefined);
  if (exchange.streamsBody(url)) return Promise.resolve(streamBody(stream));
  return readBody(stream, headers['content-length'], exchange.limits);
}

function headersOf(incoming: IncomingHttpHeaders): Headers {
  const headers = headersFrom(incoming);
  headers['host'] ??= incoming[':authority'];
  return headers;
}

function outgoing(status: number, headers: Headers): Record<string, string | string[] | number> {
  const out: Record<string, string | string[] | number> = { ':status': status };
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !CONNECTION_HEADERS.has(name)) out[name] = valueTo(name, value);
  }
  return out;
}
