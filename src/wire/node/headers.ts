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

/** What is sent of a header: each cookie is a header of its own (RFC 6265, 3). */
export const valueTo = (name: string, value: string): string | string[] => (name === 'set-cookie' ? value.split('\n') : value);

/** Headers as Node takes them. */
export function headersTo(headers: Headers): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) out[name] = valueTo(name, value);
  return out;
}

/** Headers of a request as Node takes them: one that a caller says several times (Impersonate-Group) has its values on lines of their own. */
export function requestHeaders(headers: Headers): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) out[name] = value.includes('\n') ? value.split('\n') : value;
  return out;
}
