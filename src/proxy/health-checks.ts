import type { Logger } from '../base/log.ts';
import { messageOf } from '../base/message-of.ts';
import type { ApiHandler } from '../wire/api.ts';
import { serve, type HttpServer } from '../wire/node/http-server.ts';
import type { Ruleset } from './ruleset.ts';

/** What a load balancer asks before it sends a Service's traffic to this node. */
export interface HealthCheck {
  readonly port: number;
  readonly namespace: string;
  readonly name: string;
  /** Distinct endpoints on this node; not those that only end what they began, lest a load balancer send more (KEP-1669). */
  readonly localEndpoints: number;
}

/** The checks that a ruleset asks for: Services whose external traffic stays on the node. Pure. */
export function planHealthChecks(ruleset: Ruleset): readonly HealthCheck[] {
  const checks = new Map<number, { readonly service: string; readonly addresses: Set<string> }>();
  for (const { id, healthCheckPort, local } of ruleset) {
    if (healthCheckPort === undefined) continue;
    const check = checks.get(healthCheckPort) ?? { service: id.split(':')[0]!, addresses: new Set<string>() };
    for (const { address, ending } of local) if (!ending) check.addresses.add(address);
    checks.set(healthCheckPort, check);
  }
  return [...checks].map(([port, { service, addresses }]) => {
    const [namespace = '', name = ''] = service.split('/');
    return { port, namespace, name, localEndpoints: addresses.size };
  });
}

/** Answers on every check's port, for as long as it is planned. */
export class HealthCheckServers implements AsyncDisposable {
  readonly #log: Logger;
  readonly #servers = new Map<number, HttpServer>();
  /** Whether the proxy itself keeps up. */
  readonly #healthy: () => boolean;
  #checks: ReadonlyMap<number, HealthCheck> = new Map();

  constructor(log: Logger, healthy: () => boolean = () => true) {
    this.#log = log;
    this.#healthy = healthy;
  }

  /** Opens and closes ports. A port that is taken is told to the log and tried again with the next change. */
  async become(checks: readonly HealthCheck[]): Promise<void> {
    this.#checks = new Map(checks.map((check) => [check.port, check]));
    for (const [port, server] of this.#servers) {
      if (this.#checks.has(port)) continue;
      this.#servers.delete(port);
      await server.close();
    }
    for (const { port } of checks) if (!this.#servers.has(port)) await this.#open(port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.become([]);
  }

  async #open(port: number): Promise<void> {
    try {
      this.#servers.set(port, await serve(this.#answer(port), { host: '0.0.0.0', port, log: this.#log }));
    } catch (error) {
      this.#log.error('proxy: a health check port cannot be opened', { port, error: messageOf(error) });
    }
  }

  #answer(port: number): ApiHandler {
    return async () => {
      const check = this.#checks.get(port);
      const localEndpoints = check?.localEndpoints ?? 0;
      const body = { service: { namespace: check?.namespace, name: check?.name }, localEndpoints, serviceProxyHealthy: this.#healthy() };
      return {
        status: localEndpoints > 0 && body.serviceProxyHealthy ? 200 : 503,
        headers: { 'content-type': 'application/json', 'x-content-type-options': 'nosniff', 'x-load-balancing-endpoint-weight': String(localEndpoints) },
        body: { type: 'bytes', chunks: [Buffer.from(JSON.stringify(body))] },
      };
    };
  }
}
