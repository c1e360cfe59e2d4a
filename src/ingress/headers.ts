import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Asker } from './action.ts';

/** Of one connection, not of the request (RFC 9110, section 7.6.1; RFC 9113, section 8.2.2). */
const PER_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings']);

/** The request's headers for the backend. What a client says of its own origin is not believed. */
export function requestHeaders(headers: IncomingHttpHeaders, asker: Asker): OutgoingHttpHeaders {
  const host = headers.host ?? String(headers[':authority'] ?? '');
  const passed = passedOn(headers);
  // A gRPC backend insists on it, and only this value may cross a hop.
  if (String(headers.te).toLowerCase() === 'trailers') passed['te'] = 'trailers';
  return {
    ...passed, host,
    'x-forwarded-for': asker.address, 'x-real-ip': asker.address,
    'x-forwarded-proto': asker.proto, 'x-forwarded-host': host, 'x-forwarded-port': String(asker.port),
  };
}

/** The answer's headers for the client. */
export const responseHeaders = (headers: IncomingHttpHeaders): OutgoingHttpHeaders => passedOn(headers);

function passedOn(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = (headers.connection ?? '').toLowerCase().split(',').map((name) => name.trim());
  const passed: OutgoingHttpHeaders = {};
  for (const name in headers) {
    if (name.startsWith(':') || PER_HOP.has(name) || named.includes(name)) continue;
    passed[name] = headers[name];
  }
  return passed;
}
