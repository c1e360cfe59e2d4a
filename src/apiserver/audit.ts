import { ApiError } from '../meta/api-error.ts';
import { formatMicroTime } from '../meta/time.ts';
import type { Core } from './core.ts';
import type { Stage } from './exchange.ts';

/** Tells the sink of every request at level Metadata (audit.k8s.io/v1), when there is a sink. */
export function auditStage({ config, clock, random }: Core): Stage {
  const { audit } = config;
  return {
    name: 'audit',
    async handle(exchange, next) {
      if (!audit) return next(exchange);
      const auditID = random.uuid();
      const received = clock.now();
      const { request, info } = exchange;
      const caller = exchange.user;
      const event = (stage: string, code: number) => ({
        kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'Metadata', auditID, stage,
        requestURI: request.url, verb: info.verb, user: caller,
        ...(exchange.user === caller ? {} : { impersonatedUser: exchange.user }),
        sourceIPs: [request.peer.address], userAgent: request.headers['user-agent'] ?? '',
        ...(info.isResource ? { objectRef: refOf(info) } : {}),
        responseStatus: { metadata: {}, code },
        requestReceivedTimestamp: formatMicroTime(received), stageTimestamp: formatMicroTime(clock.now()),
      });
      const response = await next(exchange).catch((error: unknown) => {
        audit(event('ResponseComplete', error instanceof ApiError ? error.code : 500));
        throw error;
      });
      audit(event(info.verb === 'watch' && response.status === 200 ? 'ResponseStarted' : 'ResponseComplete', response.status));
      return { ...response, headers: { ...response.headers, 'audit-id': auditID } };
    },
  };
}

function refOf({ group, version, resource, subresource, namespace, name }: {
  readonly group: string; readonly version: string; readonly resource: string; readonly subresource: string; readonly namespace: string; readonly name: string;
}) {
  return {
    resource, ...(namespace ? { namespace } : {}), ...(name ? { name } : {}), ...(group ? { apiGroup: group } : {}), apiVersion: version,
    ...(subresource ? { subresource } : {}),
  };
}
