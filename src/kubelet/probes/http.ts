/** HTTP requests to containers, for probes and lifecycle hooks, with Go's words for what goes wrong. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { messageOf } from '../../base/message-of.ts';
import type { Clock, Millis } from '../../base/clock.ts';

export interface HttpTarget {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** With its query. */
  readonly path: string;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

const MOST_BODY_BYTES = 10 * 1024;
const joined = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
export const urlOf = ({ scheme, host, port, path }: HttpTarget): string => `${scheme}://${joined(host, port)}${path.startsWith('/') ? '' : '/'}${path}`;

export interface Patience {
  readonly clock: Clock;
  /** None: as long as it takes. */
  readonly timeout?: Millis;
  readonly signal?: AbortSignal;
}

/** Redirects are followed only within the same host; one that leads elsewhere is the answer. @throws Error with Go's text */
export async function httpGet(target: HttpTarget, { timeout, clock, signal }: Patience): Promise<HttpAnswer> {
  const url = urlOf(target);
  const abort = new AbortController();
  using _alarm = timeout === undefined ? undefined : clock.after(timeout, () => abort.abort());
  try {
    return await get(url, target.headers, signal ? AbortSignal.any([signal, abort.signal]) : abort.signal);
  } catch (error) {
    signal?.throwIfAborted();
    const why = abort.signal.aborted ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)' : dialMessage(error, joined(target.host, target.port));
    throw new Error(`Get "${url}": ${why}`, { cause: error });
  }
}

const MOST_REDIRECTS = 10;

async function get(url: string, headers: HttpTarget['headers'], signal: AbortSignal): Promise<HttpAnswer> {
  const first = new URL(url);
  let at = first;
  for (let redirects = 0; ; redirects++) {
    const answer = await getOnce(at, headers, signal);
    const next = answer.location === undefined ? undefined : new URL(answer.location, at);
    if (next === undefined || answer.status < 300 || answer.status >= 400) return answer;
    if (next.hostname !== first.hostname) return answer;
    if (redirects + 1 >= MOST_REDIRECTS) throw new Error(`stopped after ${MOST_REDIRECTS} redirects`);
    at = next;
  }
}

function getOnce(url: URL, headers: HttpTarget['headers'], signal: AbortSignal): Promise<HttpAnswer & { readonly location: string | undefined }> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    // Certificates are not checked, as upstream's probes do not. No agent: a probe's connection is its own.
    const request = send(url, { headers: { connection: 'close', ...headers }, signal, agent: false, ...(url.protocol === 'https:' ? { rejectUnauthorized: false } : {}) }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        if (size < MOST_BODY_BYTES) chunks.push(chunk);
        size += chunk.length;
      });
      response.on('end', () => resolve({
        status: response.statusCode ?? 0, location: response.headers.location, body: Buffer.concat(chunks).subarray(0, MOST_BODY_BYTES).toString('utf8'),
      }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end();
  });
}

/** @throws Error with Go's text */
export function tcpConnect({ host, port }: { readonly host: string; readonly port: number }, { timeout, clock }: { readonly timeout: Millis; readonly clock: Clock }): Promise<void> {
  const address = joined(host, port);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const alarm = clock.after(timeout, () => socket.destroy(new Error(`dial tcp ${address}: i/o timeout`)));
    const end = (settle: () => void) => {
      alarm[Symbol.dispose]();
      socket.destroy();
      settle();
    };
    socket.once('connect', () => end(resolve));
    socket.once('error', (error) => end(() => reject(error.message.startsWith('dial ') ? error : new Error(dialMessage(error, address), { cause: error }))));
  });
}

/** What came back was no TLS. */
export const HTTP_ANSWER = 'http: server gave HTTP response to HTTPS client';

/** Node's error codes in the words of Go's net package. */
const CONNECT_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused', EHOSTUNREACH: 'no route to host', ENETUNREACH: 'network is unreachable', ETIMEDOUT: 'connection timed out',
};

function dialMessage(error: unknown, address: string): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const words = CONNECT_WORDS[code];
  if (words) return `dial tcp ${address}: connect: ${words}`;
  if (code === 'ECONNRESET') return 'EOF';
  if (code === 'EPROTO' && error instanceof Error && error.message.includes('wrong version number')) return HTTP_ANSWER;
  return messageOf(error);
}
