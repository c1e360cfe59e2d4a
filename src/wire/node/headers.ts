import type { IncomingMessage } from 'node:http';
import type { Headers } from '../api.ts';

/** Headers as Node gives them, as the rooms know them; HTTP/2's own are left out. */
export function headersFrom(incoming: Readonly<Record<string, string | string[] | undefined>>): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = {};
  for (const name in incoming) {
    const value = incoming[name];
    if (name.charCodeAt(0) !== 58) headers[name] = Array.isArray(value) ? value.join(name === 'set-cookie' ? '\n' : ', ') : value;
  }
  return headers;
}

/** Headers of a request over HTTP/1.1. Node joins what is repeated by commas; of who asks, each line is a value. */
export function requestHeadersFrom({ headers: joined, rawHeaders }: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): Record<string, string | undefined> {
  const headers = headersFrom(joined);
  for (const name in headers) {
    if (name.startsWith(REMOTE)) headers[name] = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]!.toLowerCase() === name).join('\n');
  }
  return headers;
}

const REMOTE = 'x-remote-';

/** Headers of an answer as Node takes them: each cookie is a header of its own (RFC 6265, 3). */
export const headersTo = (headers: Headers) => inLines(headers, (name) => name === 'set-cookie');

/** Headers of a request as Node takes them: one that a caller says several times (Impersonate-Group) has its values on lines of their own. */
export const requestHeaders = (headers: Headers) => inLines(headers, () => true);

function inLines(headers: Headers, mayHaveSeveral: (name: string) => boolean): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) out[name] = mayHaveSeveral(name) && value.includes('\n') ? value.split('\n') : value;
  }
  return out;
}
