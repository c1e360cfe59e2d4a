import type { Clock } from '../../base/clock.ts';
import type { ApiRequest, ApiResponse, Peer, RequestBody } from '../api.ts';
import type { Http2Stream } from '../http2/stream.ts';
import { bodyTimedOut, type BodyLimits, tooLarge } from './body.ts';
import type { Exchange, Scope } from './exchange.ts';
import { failure, respond, type Responder } from './respond.ts';

/** Who asks, and who is asked. */
export interface Http2Caller {
  readonly exchange: Exchange;
  readonly peer: Peer;
  readonly clock: Clock;
}

/** One stream is one request and its response. */
export async function answerHttp2(stream: Http2Stream, { exchange, peer, clock }: Http2Caller): Promise<void> {
  const scope = exchange.begin();
  stream.onGone = (reason) => scope.abort(reason);
  try {
    let answer: ApiResponse;
    try {
      const body = stream.hasEnded && stream.bodyLength === 0 ? undefined : await bodyOf(stream, exchange, clock);
      answer = await exchange.handle(requestOf(stream, { peer, body, scope }));
    } catch (error) {
      answer = failure(error);
    }
    const head: Responder['head'] = (status, headers, { end, length }) => stream.respond({ status, headers, end, length, date: dateAt(clock) });
    await respond({ to: stream, head }, answer, stream.head.method);
  } finally {
    scope[Symbol.dispose]();
  }
}

function requestOf({ head: { method, path: url, headers } }: Http2Stream, { peer, body, scope }: { peer: Peer; body: RequestBody | undefined; scope: Scope }): ApiRequest {
  return { method, url, headers, peer, ...(body && { body }), get signal() { return scope.signal; } };
}

/** @throws BodyRefused, or why the stream was lost */
async function bodyOf(stream: Http2Stream, { streamsBody, limits }: Exchange, clock: Clock): Promise<RequestBody | undefined> {
  if (streamsBody(stream.head.path)) return { type: 'stream', chunks: chunksOf(stream) };
  if (Math.max(stream.head.length ?? 0, stream.bodyLength) > limits.maxBytes) {
    stream.ignoreBody();
    throw tooLarge(limits);
  }
  if (!stream.hasEnded) await gathered(stream, limits, clock);
  const pieces = stream.takeBody();
  return pieces.length === 0 ? undefined : { type: 'bytes', bytes: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces) };
}

/** Resolves when the body has come whole. */
function gathered(stream: Http2Stream, limits: BodyLimits, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    let heard = clock.monotonic();
    let timer: Disposable;
    const finish = (error?: Error) => {
      timer[Symbol.dispose]();
      stream.onBody = () => {};
      if (!error) return resolve();
      stream.ignoreBody();
      reject(error);
    };
    const watch = (millis: number) => {
      timer = clock.after(millis, () => {
        const left = limits.idleMillis - (clock.monotonic() - heard);
        if (left > 0) watch(left);
        else finish(bodyTimedOut());
      });
    };
    watch(limits.idleMillis);
    stream.gatherBody();
    stream.onBody = () => {
      heard = clock.monotonic();
      if (stream.gone) finish(stream.gone);
      else if (stream.bodyLength > limits.maxBytes) finish(tooLarge(limits));
      else if (stream.hasEnded) finish();
    };
  });
}

/** The body as it comes. Throws where it breaks off. */
async function* chunksOf(stream: Http2Stream): AsyncGenerator<Uint8Array> {
  let wake = () => {};
  stream.onBody = () => wake();
  for (;;) {
    yield* stream.takeBody();
    if (stream.bodyLength > 0) continue;
    if (stream.gone) throw stream.gone;
    if (stream.hasEnded) return;
    await new Promise<void>((resolve) => (wake = resolve));
  }
}

let dated = { second: 0, text: '' };

/** The header `date` (RFC 9110, 6.6.1), made once a second. */
function dateAt(clock: Clock): string {
  const second = Math.floor(clock.now() / 1000);
  if (dated.second !== second) dated = { second, text: new Date(second * 1000).toUTCString() };
  return dated.text;
}
