/** What of a request goes on to who is asked for it, what of the answer comes back, and how it is told that none came. */
import { ApiError } from '../../meta/api-error.ts';
import type { ApiRequest, ApiResponse, Headers } from '../../wire/api.ts';
import { listOf } from '../../wire/websocket-handshake.ts';

/** Who the caller is stays here: the far side must not see its credentials. */
const PRIVATE = new Set(['authorization', 'connection-token']);
const isPrivate = (name: string): boolean => PRIVATE.has(name) || name.startsWith(':') || name.startsWith('impersonate-') || name.startsWith('x-remote-');

/** Of one connection alone (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

function endToEnd(headers: Headers): Headers {
  const named = new Set(listOf(headers['connection']).map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name) && !named.has(name)));
}

/** For a kubelet: as the API server's own request. */
export function forwarded(request: ApiRequest, url: string): ApiRequest {
  return { ...onward(request, url), headers: without(onward(request, url).headers, ['host', 'cookie']) };
}

/** For a pod, a service or a port of a node: the caller's host and cookies are theirs to see, and whence it came. */
export function proxied(request: ApiRequest, url: string, uri: string): ApiRequest {
  const { peer, upgrade } = request;
  const sent = onward(request, url);
  const earlier = sent.headers['x-forwarded-for'];
  const from = peer.address.replace(/^::ffff:/, '');
  return {
    ...sent,
    headers: { ...sent.headers, 'x-forwarded-for': earlier === undefined ? from : `${earlier}, ${from}`, ...(upgrade ? {} : { 'x-forwarded-uri': uri }) },
  };
}

function onward(request: ApiRequest, url: string): ApiRequest {
  const { method, peer, signal, upgrade, body } = request;
  const kept = upgrade ? request.headers : endToEnd(request.headers);
  const headers = Object.fromEntries(Object.entries(kept).filter(([name]) => !isPrivate(name)));
  return { method, url, headers, peer, signal, ...(upgrade ? { upgrade } : {}), ...(body ? { body } : {}) };
}

function without(headers: Headers, names: readonly string[]): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}

/** An answer without what was said of the connection it came over. */
export const answered = (response: ApiResponse): ApiResponse => (response.body?.type === 'upgrade' ? response : { ...response, headers: endToEnd(response.headers) });

/** Asks a kubelet. @throws ApiError in the words of client-go */
export async function passThrough(ask: () => Promise<ApiResponse>, { method, url, upgrade }: { readonly method: string; readonly url: string; readonly upgrade: boolean }): Promise<ApiResponse> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiError) throw error;
    const words = failureWords(error);
    const verb = method.charAt(0) + method.slice(1).toLowerCase();
    throw new ApiError('', upgrade ? `error dialing backend: ${words}` : `${verb} ${JSON.stringify(url)}: ${words}`, { code: 500, cause: error });
  }
}

const CONNECT_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused', EHOSTUNREACH: 'connect: no route to host', ENETUNREACH: 'connect: network is unreachable', ETIMEDOUT: 'connect: connection timed out',
};

/** Before an answer, and in the middle of one. */
const CUT_OFF: Readonly<Record<string, string>> = { 'socket hang up': 'EOF', aborted: 'unexpected EOF' };

/** What Go says where Node says `connect ECONNREFUSED 192.0.2.1:80`: it is read by people and matched by programs. */
export function failureWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code = '', address = '', port } = error as { readonly code?: string; readonly address?: string; readonly port?: number };
  const words = CONNECT_WORDS[code];
  if (words !== undefined && port !== undefined) return `dial tcp ${address.includes(':') ? `[${address}]` : address}:${port}: ${words}`;
  const tls = tlsWords(error, code);
  if (tls !== undefined) return tls;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${(error as { readonly hostname?: string }).hostname ?? ''}: ${code === 'ENOTFOUND' ? 'no such host' : 'Temporary failure in name resolution'}`;
  if (code === 'ECONNRESET') return CUT_OFF[error.message] ?? 'read: connection reset by peer';
  return error.message;
}

const UNKNOWN_AUTHORITY = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

/** What Go says of a certificate or of a server that speaks no TLS. */
function tlsWords(error: Error, code: string): string | undefined {
  const verify = (why: string) => `tls: failed to verify certificate: x509: ${why}`;
  if (UNKNOWN_AUTHORITY.has(code)) return verify('certificate signed by unknown authority');
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return verify('certificate has expired or is not yet valid');
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return /wrong.version.number|packet.length.too.long|http.request/i.test(error.message) ? 'http: server gave HTTP response to HTTPS client' : undefined;
  }
  if (code !== 'ERR_TLS_CERT_ALTNAME_INVALID') return undefined;
  const { host = '', cert } = error as { readonly host?: string; readonly cert?: { readonly subjectaltname?: string } };
  const names = (cert?.subjectaltname ?? '').split(', ').map((name) => name.replace(/^[^:]*:/, '')).filter((name) => name !== '');
  if (names.length === 0) return verify('certificate relies on legacy Common Name field, use SANs instead');
  return verify(`certificate is valid for ${names.join(', ')}, not ${host}`);
}
