import type { ApiResponse } from '../../wire/api.ts';

/** Pages beyond this are passed on as they are. */
const MAX_HTML_BYTES = 4 * 1024 * 1024;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Attributes of HTML that hold a URL. */
const LINK = /(<[^>]*?\b(?:href|src|action|background|cite|classid|codebase|data|formaction|icon|longdesc|manifest|poster|profile|usemap)\s*=\s*["'])(\/(?!\/)[^"']*)(["'])/gi;

/** Makes absolute paths in a proxied page, and in its redirects, lead back through the proxy. */
export async function rewriteLinks(response: ApiResponse, prefix: string): Promise<ApiResponse> {
  const { headers, body } = response;
  const location = headers['location'];
  const moved = location?.startsWith('/') && !location.startsWith('//') ? { ...headers, location: prefix + location } : headers;
  const isHtml = headers['content-type']?.startsWith('text/html') && !headers['content-encoding'];
  if (!isHtml || !body || (body.type !== 'bytes' && body.type !== 'stream')) return { ...response, headers: moved };
  if (Number(headers['content-length'] ?? 0) > MAX_HTML_BYTES) return { ...response, headers: moved };
  const chunks: Uint8Array[] = [];
  if (body.type === 'bytes') chunks.push(...body.chunks);
  else for await (const batch of body.chunks) chunks.push(...batch);
  const text = chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode();
  const rewritten = encoder.encode(text.replace(LINK, (_whole, open: string, path: string, close: string) => open + prefix + path + close));
  return { ...response, headers: { ...moved, 'content-length': String(rewritten.length) }, body: { type: 'bytes', chunks: [rewritten] } };
}
