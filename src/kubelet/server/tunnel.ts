/**
 * Exec, attach and port-forward: the runtime's streaming server speaks the protocols (SPDY/3.1, websocket); the kubelet
 * replays the upgrade to it and then carries bytes. What the streaming server refuses is passed on as it is.
 */
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { ApiRequest, ApiResponse, Headers } from '../../wire/api.ts';
import { duplexOf } from '../../wire/node/socket.ts';

/** Meant for the connection to the kubelet, or identify the API server to it. */
const NOT_FORWARDED = new Set(['host', 'authorization', 'content-length', 'transfer-encoding']);

export function tunnel(url: string, { method, headers, signal }: ApiRequest): Promise<ApiResponse> {
  const forwarded = Object.fromEntries(Object.entries(headers).filter(([name, value]) => value !== undefined && !NOT_FORWARDED.has(name) && !name.startsWith(':')));
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers: forwarded as Record<string, string>, agent: false });
    const abort = () => request.destroy();
    signal.addEventListener('abort', abort, { once: true });
    request.on('upgrade', (response, socket, head) => {
      // From here the connection lives as long as its two ends do.
      signal.removeEventListener('abort', abort);
      resolve({ status: 101, headers: headersOf(response), body: { type: 'upgrade', connection: duplexOf(socket, head) } });
    });
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 502, headers: withoutLength(headersOf(response)), body: { type: 'bytes', chunks } }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end();
  });
}

/** Repeated headers are joined, as the room's own type has them. */
function headersOf(response: IncomingMessage): Headers {
  return Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]));
}

/** The body is whole by now. */
const FRAMING = new Set(['content-length', 'transfer-encoding', 'connection']);
const withoutLength = (headers: Headers): Headers => Object.fromEntries(Object.entries(headers).filter(([name]) => !FRAMING.has(name)));
