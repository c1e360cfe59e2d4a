import type { OutgoingHttpHeaders } from 'node:http';
import type { Writable } from 'node:stream';
import type { Speech } from './endpoints.ts';
import type { Request } from './forward.ts';
import type { Upstreams } from './upstreams.ts';

/** Who gets a copy of a request. */
export interface Mirror {
  readonly endpoint: string;
  readonly speech: Speech;
  readonly upstreams: Upstreams;
}

export interface Copied {
  readonly request: Request;
  readonly target: string;
  readonly headers: OutgoingHttpHeaders;
  readonly hasBody: boolean;
}

/** A mirror that lags so far behind is given up: the request waits for none. */
const MAX_BEHIND = 1 << 20;

/** Sends a copy of a request, of which nothing comes here. @returns what is called once the body begins to be read */
export function mirrorTo({ endpoint, speech, upstreams }: Mirror, { request, target, headers, hasBody }: Copied): () => void {
  const method = request.method ?? 'GET';
  const overHttp1 = (): Writable => upstreams.open(endpoint, speech === 'https', { method, path: target, headers }).on('response', (answer) => answer.resume());
  const overHttp2 = (): Writable => {
    const { host, ...fields } = headers;
    return upstreams.session(endpoint).request({ ...fields, ':method': method, ':path': target, ':authority': String(host) }).resume();
  };
  const copy = speech === 'h2c' ? overHttp2() : overHttp1();
  copy.on('error', () => {});
  if (!hasBody) copy.end();
  const give = (bytes: Buffer): void => {
    if (copy.destroyed) return;
    copy.write(bytes);
    if (copy.writableLength > MAX_BEHIND) copy.destroy();
  };
  return () => void (hasBody && request.on('data', give).on('end', () => copy.end()).on('close', () => request.complete || copy.destroy()));
}
