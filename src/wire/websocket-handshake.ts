import type { ApiResponse, Headers } from './api.ts';

/** RFC 6455, 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Whether a request asks to go on as a WebSocket. */
export function isWebSocketRequest({ headers }: { readonly headers: Headers }): boolean {
  return headers['upgrade']?.trim().toLowerCase() === 'websocket' && listOf(headers['connection']).some((token) => token.toLowerCase() === 'upgrade');
}

export type Handshake =
  | { readonly agreed: true; readonly protocol: string; readonly headers: Headers }
  | { readonly agreed: false; readonly status: 400 | 403 | 405; readonly message: string; readonly headers: Headers };

/** The first of the subprotocols asked for that `offers` knows; asking for none is asking for `''`. */
export async function shakeHands(request: { readonly method: string; readonly headers: Headers }, offers: (protocol: string) => boolean): Promise<Handshake> {
  const { method, headers } = request;
  if (method !== 'GET') return refused(405, 'bad method');
  const key = headers['sec-websocket-key']?.trim() ?? '';
  if (key === '') return refused(400, 'mismatch challenge/response');
  if (headers['sec-websocket-version']?.trim() !== '13') return refused(400, 'missing or bad WebSocket Version', { 'sec-websocket-version': '13' });
  const asked = listOf(headers['sec-websocket-protocol']);
  const protocol = (asked.length === 0 ? [''] : asked).find(offers);
  if (protocol === undefined) return refused(403, `requested protocol(s) are not supported: [${asked.join(' ')}]`);
  return {
    agreed: true, protocol,
    headers: {
      upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-accept': await acceptKey(key),
      ...(protocol === '' ? {} : { 'sec-websocket-protocol': protocol }),
    },
  };
}

/** What a caller is told with whom hands were not shaken. */
export function refusal({ status, message, headers }: Extract<Handshake, { agreed: false }>): ApiResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: { type: 'bytes', chunks: [new TextEncoder().encode(message)] } };
}

const refused = (status: 400 | 403 | 405, message: string, headers: Headers = {}): Handshake => ({ agreed: false, status, message, headers });

/** The items of a header that is a list. */
export const listOf = (header: string | undefined): readonly string[] => (header ?? '').split(',').map((one) => one.trim()).filter((one) => one !== '');

/** Proof that the server read the request as what it is. */
async function acceptKey(key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(key + GUID));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
