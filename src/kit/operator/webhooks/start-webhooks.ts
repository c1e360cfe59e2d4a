import { isIP } from 'node:net';
import type { Clock, Millis } from '../../../base/clock.ts';
import type { Logger } from '../../../base/log.ts';
import type { Random } from '../../../base/random.ts';
import type { Client } from '../../../client/index.ts';
import type { Certificates, ServerNames } from './certificates.ts';
import { applyConfigurations, type ClientConfigOf } from './configurations.ts';
import type { Webhook } from './declare.ts';
import type { WebhookMetrics } from './metrics.ts';
import { sharedCertificates } from './secret.ts';
import { serveWebhooks, type WebhookServer } from './server.ts';

export interface WebhookOptions {
  readonly hooks: readonly Webhook[];
  /** Of the Service that leads here, of the Secret with the certificates (`NAME-webhook`) and of the webhook configurations. */
  readonly name: string;
  readonly namespace: string;
  /** 9443 unless said; 0 takes any port. The Service's port is 443. */
  readonly port?: number;
  /** Where the operator does not run in the cluster: the address by which the API server reaches it, in the Service's place. */
  readonly host?: string | undefined;
}

export interface Surroundings {
  readonly client: Client;
  readonly metrics: WebhookMetrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** How often certificates and configurations are looked at: renewed long before they end, mended when somebody overwrote them. */
const EVERY: Millis = 60_000;

/**
 * Serves webhooks and sees to it that the API server asks them: certificates are made, shared by all copies in a Secret, renewed,
 * and put into the webhook configurations and into the conversion of CustomResourceDefinitions.
 * @throws where the operator may not do that
 */
export async function startWebhooks(options: WebhookOptions, around: Surroundings): Promise<Pick<WebhookServer, 'port' | typeof Symbol.asyncDispose>> {
  const { client, clock, random, log } = around;
  const { hooks, name, namespace, port = 9443, host } = options;
  const names = namesOf(options);
  const certificates = () => sharedCertificates(client, { at: { namespace, name: `${name}-webhook` }, names, clock, random });
  let held = await certificates();
  const server = await serveWebhooks(hooks, { port, host, pair: held.serving, ...around });
  const ending = new AbortController();
  const apply = () => applyConfigurations(client, hooks, { name, clientConfigOf: clientConfigs(options, server.port, held) });
  try {
    await apply();
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  const look = async () => {
    const now = await certificates();
    if (now.serving.cert !== held.serving.cert) server.use(now.serving);
    held = now;
    await apply();
  };
  const watching = (async () => {
    for (;;) {
      await clock.sleep(EVERY, ending.signal);
      await look().catch((error: unknown) => {
        if (!ending.signal.aborted) log.warn('webhooks could not be looked after', { error: String(error) });
      });
    }
  })().catch(() => undefined); // ends by the signal alone
  return {
    port: server.port,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await watching;
      await server[Symbol.asyncDispose]();
    },
  };
}

function namesOf({ name, namespace, host }: WebhookOptions): ServerNames {
  if (host !== undefined) return isIP(host) ? { dnsNames: [], addresses: [host] } : { dnsNames: [host], addresses: [] };
  return { dnsNames: [`${name}.${namespace}.svc`, `${name}.${namespace}`], addresses: [] };
}

function clientConfigs({ name, namespace, host }: WebhookOptions, port: number, { bundle }: Certificates): ClientConfigOf {
  const caBundle = Buffer.from(bundle).toString('base64');
  if (host === undefined) return (path) => ({ caBundle, service: { name, namespace, path, port: 443 } });
  return (path) => ({ caBundle, url: `https://${host.includes(':') ? `[${host}]` : host}:${port}${path}` });
}
