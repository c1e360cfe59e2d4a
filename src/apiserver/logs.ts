import type { ApiResponse } from '../wire/api.ts';
import type { Core } from './core.ts';
import type { Exchange } from './exchange.ts';
import { answerText, pageNotFound } from './respond.ts';

/** The log files of the cluster's own programs. */
export interface LogFiles {
  list(): Promise<readonly string[]>;
  /** Undefined where there is no such file. */
  read(name: string): Promise<AsyncIterable<readonly Uint8Array[]> | undefined>;
}

/** `/logs/` lists the files, `/logs/NAME` reads one; for cluster admins, as every path that names no resource. */
export async function serveLogs({ config: { logs } }: Core, { info: { path } }: Exchange): Promise<ApiResponse> {
  const name = decodeURIComponent(path.slice('/logs/'.length));
  if (name === '') {
    const links = ((await logs?.list()) ?? []).toSorted().map((file) => `<a href="${encodeURIComponent(file)}">${escaped(file)}</a>\n`);
    return answerText(200, `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${links.join('')}</pre>\n`, 'text/html; charset=utf-8');
  }
  const chunks = name.includes('/') || name.startsWith('.') ? undefined : await logs?.read(name);
  return chunks ? { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: { type: 'stream', chunks } } : pageNotFound();
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&#34;');
