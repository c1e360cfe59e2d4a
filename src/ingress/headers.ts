import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Asker, HeaderChanges } from './action.ts';
import { mayChange, plainValue } from './http1/edits.ts';

/** Of one connection, not of the request (RFC 9110, section 7.6.1; RFC 9113, section 8.2.2). */
const PER_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings']);

/** The request's headers for the backend. What a client says of its own origin is not believed. */
export function requestHeaders(headers: IncomingHttpHeaders, asker: Asker): OutgoingHttpHeaders {
  const host = headers.host ?? String(headers[':authority'] ?? '');
  const passed = passedOn(headers);
  // Nobody behind us should believe this either.
  delete passed['forwarded'];
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

/** With what rules change. */
export function changed(headers: OutgoingHttpHeaders, changes: readonly (HeaderChanges | undefined)[]): OutgoingHttpHeaders {
  const now = { ...headers };
  for (const { remove = [], set = [], add = [] } of changes.filter((one) => one !== undefined)) {
    for (const name of remove.filter(mayChange)) delete now[name];
    for (const [name, value] of set) if (mayChange(name)) now[name] = plainValue(value);
    for (const [name, value] of add) if (mayChange(name)) now[name] = [now[name] ?? [], plainValue(value)].flat().map(String);
  }
  return now;
}

function passedOn(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = (headers.connection ?? '').toLowerCase().split(',').map((name) => name.trim());
  const passed: OutgoingHttpHeaders = {};
  for (const name in headers) {
    if (name.startsWith(':') || PER_HOP.has(name) || named.includes(name)) continue;
    passed[name] = headers[name];
  }
  return passed;
}
