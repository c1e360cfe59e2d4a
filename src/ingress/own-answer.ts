import type { HeaderChanges } from './action.ts';
import { editsOf } from './http1/edits.ts';

export interface OwnAnswer {
  readonly status: number;
  /** What goes without saying where it is not said. */
  readonly text?: string | undefined;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly changes?: HeaderChanges | undefined;
  readonly isForHead: boolean;
  readonly connection: 'as-usual' | 'close' | 'keep-alive';
}

export const SAID: Readonly<Record<number, string>> = {
  301: 'Moved Permanently', 302: 'Found', 303: 'See Other', 307: 'Temporary Redirect', 308: 'Permanent Redirect',
  400: 'Bad Request', 404: 'Not Found', 405: 'Method Not Allowed', 408: 'Request Timeout', 417: 'Expectation Failed', 431: 'Request Header Fields Too Large',
  500: 'Internal Server Error', 501: 'Not Implemented', 502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout', 505: 'HTTP Version Not Supported',
};

/** An answer of ours, whole. */
export function ownAnswer({ status, text, headers = [], changes, isForHead, connection }: OwnAnswer): Buffer {
  const body = Buffer.from(`${text ?? SAID[status] ?? status}\n`);
  const lines = [
    `HTTP/1.1 ${status} ${SAID[status] ?? ''}`, 'content-type: text/plain; charset=utf-8', `content-length: ${body.length}`,
    ...headers.map(([name, value]) => `${name}: ${value}`), ...(connection === 'as-usual' ? [] : [`connection: ${connection}`]),
  ];
  const edits = editsOf([changes]).map(({ lines: more }) => more);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1'), ...edits, Buffer.from('\r\n'), ...(isForHead ? [] : [body])]);
}
