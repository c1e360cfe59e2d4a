import { ApiError } from '../meta/api-error.ts';
import type { Core } from './core.ts';
import type { Stage } from './exchange.ts';

const DEFAULT = 600;
const LONG_RUNNING = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

/** Refuses what is beyond the number of requests served at once. Watches, tunnels and the system's own requests do not count. */
export function maxInFlightStage({ config }: Core): Stage {
  const limit = config.maxInFlight ?? DEFAULT;
  let running = 0;
  return {
    name: 'max-in-flight',
    async handle(exchange, next) {
      const { info, request, user } = exchange;
      if (info.verb === 'watch' || LONG_RUNNING.has(info.subresource) || request.peer.user || user.groups.includes('system:masters')) return next(exchange);
      if (running >= limit) {
        throw new ApiError('TooManyRequests', 'too many requests, please try again later', { details: { retryAfterSeconds: 1 } });
      }
      running++;
      try {
        return await next(exchange);
      } finally {
        running--;
      }
    },
  };
}
