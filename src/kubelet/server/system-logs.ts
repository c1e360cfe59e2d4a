/** `/logs/`: what is in /var/log, as a file server shows it; nothing outside of it, wherever links may lead. */
import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import { plain } from './plain.ts';

const NOT_FOUND = '404 page not found\n';

/** @param path the segments below `/logs/` */
export async function systemLogs(root: string, request: ApiRequest, path: readonly string[]): Promise<ApiResponse> {
  if (path.some((segment) => segment === '..' || segment.includes('/') || segment.includes('\0'))) return plain(400, 'invalid URL path\n');
  const base = await realpath(root).catch(() => root);
  const file = await realpath(join(root, ...path)).catch(() => undefined);
  if (file === undefined || (file !== base && !file.startsWith(`${base}${sep}`))) return plain(404, NOT_FOUND);
  const found = await stat(file).catch(() => undefined);
  if (!found) return plain(404, NOT_FOUND);
  const { pathname } = new URL(request.url, 'http://kubelet');
  if (found.isDirectory()) return pathname.endsWith('/') ? listing(file) : { ...plain(301, ''), headers: { location: `${pathname.split('/').at(-1)}/` } };
  // Pipes and devices would never end.
  if (!found.isFile()) return plain(404, NOT_FOUND);
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'last-modified': found.mtime.toUTCString() };
  return request.method === 'HEAD' ? { status: 200, headers } : { status: 200, headers, body: { type: 'stream', chunks: inTurns(file, request.signal) } };
}

async function listing(dir: string): Promise<ApiResponse> {
  const entries = await readdir(dir, { withFileTypes: true });
  const lines = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).toSorted().map((name) => `<a href="${encodeURI(name).replaceAll('"', '%22').replace(/^([^/]*:)/, './$1')}">${escaped(name)}</a>\n`);
  return { ...plain(200, `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${lines.join('')}</pre>\n`), headers: { 'content-type': 'text/html; charset=utf-8' } };
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;').replaceAll('\'', '&#39;');

async function* inTurns(file: string, signal: AbortSignal): AsyncGenerator<readonly Uint8Array[]> {
  for await (const chunk of createReadStream(file, { signal })) yield [chunk as Buffer];
}
