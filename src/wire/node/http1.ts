import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex as NodeDuplex } from 'node:stream';
import type { Socket } from 'node:net';
import type { ApiRequest, ApiResponse, Headers } from '../api.ts';
import { pipeDuplex } from '../duplex.ts';
import { readBody, streamBody } from './body.ts';
import type { Exchange } from './exchange.ts';
import { headersTo, requestHeadersFrom } from './headers.ts';
import { peerOf } from './peer.ts';
import { outgoingOf } from './outgoing.ts';
import { failure, respond, type Responder } from './respond.ts';
import { duplexOf } from './socket.ts';

/** HTTP/1.1: one request and its response. */
export async function answerHttp1(exchange: Exchange, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = message.method ?? 'GET';
  const url = message.url ?? '/';
  using scope = exchange.beginWith(response);
  let answer: ApiResponse;
  try {
    const body = exchange.streamsBody(url) ? streamBody(message) : await bodyOf(exchange, message);
    const request: ApiRequest = { method, url, ...(body && { body }), headers: requestHeadersFrom(message), peer: peerOf(message.socket, exchange.signers), get signal() { return scope.signal; } };
    answer = await exchange.handle(request);
  } catch (error) {
    answer = failure(error);
  }
  // What was not read of the request would be taken for the next one.
  const close: Headers = message.readableEnded || message.complete ? {} : { connection: 'close' };
  const head: Responder['head'] = (status, headers, { end, length }) => {
    response.writeHead(status, headersTo({ ...headers, ...(length !== undefined && { 'content-length': length }), ...close }));
    if (end) response.end();
    else response.flushHeaders();
  };
  await respond({ to: outgoingOf(response), head }, answer, method);
}

function bodyOf(exchange: Exchange, message: IncomingMessage): ReturnType<typeof readBody> {
  const { 'content-length': length, 'transfer-encoding': encoding } = message.headers;
  if (length === undefined && encoding === undefined) return Promise.resolve(undefined);
  return readBody(message, length, exchange.limits);
}

/** An upgrade: the handler gets the connection, and its own end to be joined to it, or answers like any other. */
export async function answerUpgrade(exchange: Exchange, message: IncomingMessage, { socket, head }: { socket: NodeDuplex; head: Buffer }): Promise<void> {
  using scope = exchange.beginWith(socket);
  const client = duplexOf(socket, head);
  const request: ApiRequest = {
    method: message.method ?? 'GET', url: message.url ?? '/', headers: requestHeadersFrom(message),
    peer: peerOf(message.socket as Socket, exchange.signers), signal: scope.signal, upgrade: client,
  };
  const answer = await exchange.handle(request).catch(failure);
  if (answer.body?.type === 'upgrade') {
    await client.write(headBytes(answer.status, answer.headers)).catch(() => {});
    await pipeDuplex(client, answer.body.connection);
    // An orderly end too: whatever the handler keeps for this connection can go.
    scope.abort(new Error('the connection has ended'));
    return;
  }
  // Without a length the body ends with the connection (RFC 9112, 6.3).
  const sendHead: Responder['head'] = (status, headers, { end, length }) => {
    socket.write(headBytes(status, { ...headers, ...(length !== undefined && { 'content-length': length }), connection: 'close' }));
    if (end) socket.end();
  };
  const plain = { to: outgoingOf(socket), head: sendHead };
  await respond(plain, answer, request.method);
}

/** `HTTP/1.1 101 Switching Protocols` and the headers, as bytes. */
function headBytes(status: number, headers: Headers): Buffer {
  const lines = Object.entries(headersTo(headers)).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one.replaceAll(/[\r\n]/g, ' ')}\r\n`));
  return Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`, 'latin1');
}
