import type { ApiResponse, ResponseBody } from '../../wire/api.ts';

/** What is longer is passed on as it is from there on: nobody waits for all of an endless page. */
const MAX_HTML_BYTES = 4 * 1024 * 1024;
const encoder = new TextEncoder();

/** Attributes of HTML that hold a URL. A tag holds no `<`: to look for one beyond the next would take time in the square of a page full of them. */
const LINK = /(<[^<>]*?\b(?:href|src|action|background|cite|classid|codebase|data|formaction|icon|longdesc|manifest|poster|profile|usemap)\s*=\s*["'])([^"']+)(["'])/gi;

export interface Rewriting {
  /** The path that leads to the root of what is proxied. */
  readonly prefix: string;
  /** The far side's names, by its own address and as the caller knows it; URLs with another one lead elsewhere. */
  readonly hosts: readonly string[];
}

/** Makes URLs of the far side in a page and in redirects lead back through the proxy. */
export async function rewriteLinks(response: ApiResponse, rewriting: Rewriting): Promise<ApiResponse> {
  const { headers, body } = response;
  const { location } = headers;
  if (location) return { ...response, headers: { ...headers, location: rewriteUrl(location, rewriting) } };
  const isHtml = headers['content-type']?.split(';')[0]!.trim() === 'text/html' && !headers['content-encoding'];
  if (!isHtml || !body || (body.type !== 'bytes' && body.type !== 'stream')) return response;
  const { 'content-length': _, ...rest } = headers;
  return { ...response, headers: rest, body: { type: 'stream', chunks: rewritten(body, rewriting) } };
}

type Chunks = Extract<ResponseBody, { type: 'bytes' | 'stream' }>;

async function* rewritten(body: Chunks, rewriting: Rewriting): AsyncGenerator<readonly Uint8Array[]> {
  const decoder = new TextDecoder();
  let text = '';
  let isLong = false;
  const replaced = () => encoder.encode(text.replace(LINK, (_whole, open: string, url: string, close: string) => open + rewriteUrl(url, rewriting) + close));
  for await (const batch of body.type === 'bytes' ? [body.chunks] : body.chunks) {
    if (isLong) {
      yield batch;
      continue;
    }
    for (const chunk of batch) text += decoder.decode(chunk, { stream: true });
    isLong = text.length > MAX_HTML_BYTES;
    if (isLong) yield [replaced()];
  }
  text += decoder.decode();
  if (!isLong && text !== '') yield [replaced()];
}

/** As upstream decides: relative URLs, those of other hosts, and those that lead through the proxy already stay as they are. */
export function rewriteUrl(url: string, { prefix, hosts }: Rewriting): string {
  const parts = /^(?:(?:https?:)?\/\/([^/?#]*))?(\/[^?#]*)?(.*)$/is.exec(url);
  const [, host, path, rest = ''] = parts ?? [];
  if (path === undefined || (host !== undefined && host !== '' && !hosts.includes(host))) return url;
  if (path.startsWith(prefix)) return host === hosts[1] ? url : path + rest;
  const origin = host !== undefined && host !== '' && host === hosts[1] ? url.slice(0, url.length - path.length - rest.length) : '';
  return origin + prefix + path + rest;
}
