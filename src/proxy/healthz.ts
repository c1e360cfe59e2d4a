import type { Clock, Millis } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { messageOf } from '../base/message-of.ts';
import type { Node } from '../kinds/core/node.ts';
import type { ApiHandler } from '../wire/api.ts';
import { serve, type HttpServer } from '../wire/node/http-server.ts';

/** kube-proxy's: load balancers ask it before they send a Service with the policy Cluster to a node. */
export const HEALTHZ_PORT = 10_256;
/** Set by the cluster autoscaler on a node about to go: nothing new should be sent to it (KEP-3836). */
const LEAVING = 'ToBeDeletedByClusterAutoscaler';
/** A change that waits longer than this is not going to be written: twice the sync period. */
const PATIENCE: Millis = 60_000;

/** Knows whether rules follow the objects. */
export class ProxyHealth {
  readonly #clock: Clock;
  #lastUpdated: Millis;
  #waitingSince: Millis | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastUpdated = clock.now();
  }

  /** Something is to be written. */
  queued(): void {
    this.#waitingSince ??= this.#clock.now();
  }

  written(): void {
    this.#waitingSince = undefined;
    this.#lastUpdated = this.#clock.now();
  }

  get healthy(): boolean {
    return this.#waitingSince === undefined || this.#clock.now() - this.#waitingSince < PATIENCE;
  }

  /** Of an idle proxy: now, for nothing is outdated. */
  get lastUpdated(): Millis {
    return this.#waitingSince === undefined && this.healthy ? this.#clock.now() : this.#lastUpdated;
  }
}

const isEligible = (node: Node | undefined): boolean =>
  node === undefined || (node.metadata.deletionTimestamp === undefined && !(node.spec.taints ?? []).some(({ key }) => key === LEAVING));

export interface HealthzOptions {
  readonly host: string;
  readonly port: number;
  readonly health: ProxyHealth;
  /** The node as the cluster knows it. */
  readonly node: () => Node | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** `/healthz`: whether to send traffic here; `/livez`: whether the proxy works, on a node that leaves as well. */
export async function serveHealthz({ host, port, log, ...facts }: HealthzOptions): Promise<HttpServer | undefined> {
  try {
    return await serve(healthzHandler(facts), { host, port, log });
  } catch (error) {
    log.warn('proxy: its health is not served', { port, error: messageOf(error) });
    return undefined;
  }
}

/** The answers, without a socket. */
export function healthzHandler({ health, node, clock }: Pick<HealthzOptions, 'health' | 'node' | 'clock'>): ApiHandler {
  return async ({ url }) => {
    const path = url.split('?')[0];
    if (path !== '/healthz' && path !== '/livez') return { status: 404, headers: {} };
    const nodeEligible = isEligible(node());
    const good = health.healthy && (path === '/livez' || nodeEligible);
    const text = (at: Millis): string => new Date(at).toISOString();
    const body = { lastUpdated: text(health.lastUpdated), currentTime: text(clock.now()), ...(path === '/healthz' ? { nodeEligible } : {}) };
    return {
      status: good ? 200 : 503,
      headers: { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' },
      body: { type: 'bytes', chunks: [Buffer.from(JSON.stringify(body))] },
    };
  };
}
