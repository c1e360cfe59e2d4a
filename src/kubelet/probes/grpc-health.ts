/** grpc.health.v1.Health/Check (https://github.com/grpc/grpc/blob/master/doc/health-checking.md), as upstream's probes ask it. */
import { Client, Metadata, credentials, status as codes } from '@grpc/grpc-js';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import type { Clock, Millis } from '../../base/clock.ts';
import { choice, describe, enumeration, message, string } from '../grpc/message.ts';

const ServingStatus = enumeration('ServingStatus', 'UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN');
const Health = {
  Check: { request: message('HealthCheckRequest', { service: string(1) }), response: message('HealthCheckResponse', { status: choice(1, ServingStatus) }) },
};

/** undefined: healthy; otherwise why not, in upstream's words. */
export function grpcHealth(
  { address, service }: { readonly address: string; readonly service: string },
  { timeout, clock }: { readonly timeout: Millis; readonly clock: Clock },
): Promise<string | undefined> {
  const definitions = fromJSON(describe('grpc.health.v1', { Health }) as Parameters<typeof fromJSON>[0], { enums: String, defaults: true });
  const { Check } = definitions['grpc.health.v1.Health'] as ServiceDefinition as unknown as Readonly<Record<string, ServiceDefinition[string]>>;
  const client = new Client(address, credentials.createInsecure(), { 'grpc.enable_http_proxy': 0 });
  const deadline = clock.now() + timeout;
  return new Promise((resolve) => {
    client.makeUnaryRequest(Check!.path, Check!.requestSerialize, Check!.responseDeserialize as (bytes: Buffer) => { status: string }, { service }, new Metadata(), { deadline }, (error, answer) => {
      client.close();
      if (!error) return resolve(answer?.status === 'SERVING' ? undefined : `service unhealthy (responded with "${answer?.status}")`);
      if (error.code === codes.UNIMPLEMENTED) return resolve(`this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.details}`);
      if (error.code === codes.DEADLINE_EXCEEDED) return resolve(`timeout: health rpc did not complete within ${timeout / 1000}s`);
      if (error.code === codes.UNAVAILABLE) return resolve(`timeout: failed to connect service "${address}" within ${timeout / 1000}s: context deadline exceeded`);
      resolve(`health rpc probe failed: ${error.message}`);
    });
  });
}
