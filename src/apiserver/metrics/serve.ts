import type { ApiResponse } from '../../wire/api.ts';
import type { Core } from '../core.ts';
import type { Exchange } from '../exchange.ts';
import { answerText } from '../respond.ts';
import { expose, OPEN_METRICS, PROMETHEUS } from '../../base/metrics/exposition.ts';
import type { Family } from '../../base/metrics/family.ts';
import { serverMetrics } from './server.ts';

/** `/metrics`, and `/metrics/slis` with the health checks alone; as OpenMetrics to those who prefer it. */
export function serveMetrics(core: Core, { info, request }: Exchange): ApiResponse {
  const open = /application\/openmetrics-text/.test(request.headers['accept'] ?? '');
  const families = info.path === '/metrics/slis' ? core.metrics.serviceLevels() : all(core);
  return answerText(200, expose(families, open ? 'openmetrics' : 'prometheus'), open ? OPEN_METRICS : PROMETHEUS);
}

function* all(core: Core): Iterable<Family> {
  yield* core.metrics.families();
  yield* serverMetrics(core);
}
