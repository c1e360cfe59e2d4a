import type { ApiResponse } from '../wire/api.ts';
import type { Core } from './core.ts';
import type { Exchange } from './exchange.ts';
import { serveHealth } from './health.ts';
import { isDump, serveDumps } from './flow-control/index.ts';
import { serveLogs } from './logs.ts';
import { serveMetrics } from './metrics/index.ts';
import { answer, answerText, pageNotFound } from './respond.ts';
import { methodNotAllowed } from './verbs.ts';

/** Serves a path that names no resource; undefined: not mine. */
type PathHandler = (core: Core, exchange: Exchange) => ApiResponse | Promise<ApiResponse> | undefined;

/** Asked in this order. */
const HANDLERS: readonly PathHandler[] = [
  (core, exchange) => (/^\/(healthz|livez|readyz)(\/|$)/.test(exchange.info.path) ? serveHealth(core, exchange) : undefined),
  (core, exchange) => (/^\/logs(\/|$)/.test(exchange.info.path) ? serveLogs(core, exchange) : undefined),
  (core, exchange) => (exchange.info.path === '/metrics' || exchange.info.path === '/metrics/slis' ? serveMetrics(core, exchange) : undefined),
  (core, exchange) => (isDump(exchange.info.path) ? serveDumps(core, exchange) : undefined),
  (core, exchange) => (exchange.info.path.startsWith('/.well-known/') || exchange.info.path.startsWith('/openid/') ? serveOpenId(core, exchange) : undefined),
];

export async function servePath(core: Core, exchange: Exchange): Promise<ApiResponse> {
  for (const handler of HANDLERS) {
    const response = handler(core, exchange);
    if (response === undefined) continue;
    if (exchange.request.method !== 'GET' && exchange.request.method !== 'HEAD') throw methodNotAllowed();
    return response;
  }
  return pageNotFound();
}

/** How others verify service account tokens without asking us (KEP-1393). */
function serveOpenId({ tokens, config }: Core, { info, request }: Exchange): ApiResponse {
  const path = info.path.replace(/\/$/, '');
  const { issuer } = config.serviceAccounts;
  if (path === '/openid/v1/jwks') return answerText(200, JSON.stringify({ keys: tokens.publicKeys() }), 'application/jwk-set+json');
  if (path !== '/.well-known/openid-configuration') return pageNotFound();
  return answer(request, 200, {
    issuer,
    jwks_uri: `${issuer}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(tokens.publicKeys().map(({ alg }) => alg))],
  });
}
