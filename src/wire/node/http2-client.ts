import type { IncomingHttpHeaders } from 'node:http2';
import type { ApiRequest, ApiResponse, Headers } from '../api.ts';
import { headersFrom, requestHeaders } from './headers.ts';
import { bodyOf, sendBody } from './http-body.ts';
import type { CountedSession } from './http2-session.ts';

/** One request and its response over a connection that is there. */
export async function exchangeHttp2(session: CountedSession, request: ApiRequest, to: { path: string; headers: Headers }): Promise<ApiResponse> {
  request.signal.throwIfAborted();
  const { host, ...rest } = to.headers;
  const headers = { ...requestHeaders(defined(rest)), ':method': request.method, ':path': to.path, ':authority': host ?? '' };
  const stream = session.request(headers, { endStream: request.body === undefined });
  const onAbort = () => stream.destroy(reasonOf(request.signal));
  request.signal.addEventListener('abort', onAbort, { once: true });
  stream.once('close', () => request.signal.removeEventListener('abort', onAbort));
  const incoming = new Promise<IncomingHttpHeaders>((resolve, reject) => {
    stream.once('response', resolve);
    stream.once('error', reject);
    stream.once('close', () => reject(new Error('the connection was closed before the answer')));
  });
  if (request.body !== undefined) sendBody(stream, request.body);
  const answered = headersOf(await incoming);
  stream.on('error', () => {}); // told to the body's reader
  const body = await bodyOf(stream, answered.headers);
  return { ...answered, ...(body ? { body } : {}) };
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason });
}

function defined(headers: Headers): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && name !== 'connection' && name !== 'upgrade') out[name] = value;
  }
  return out;
}

function headersOf(incoming: IncomingHttpHeaders): { readonly status: number; readonly headers: Headers } {
  return { status: Number(incoming[':status']), headers: headersFrom(incoming) };
}
