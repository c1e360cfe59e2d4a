import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/log.ts';
import { messageOf } from '../../../base/message-of.ts';
import { isApiError } from '../../../meta/api-error.ts';
import type { KeyPair } from '../../../wire/node/issue.ts';
import { answerAdmission } from './admission.ts';
import { answerConversion } from './conversion.ts';
import { pathOf, type Webhook } from './declare.ts';
import type { WebhookMetrics } from './metrics.ts';

/** A review holds an object and what it was, each of at most 3 MB; a conversion holds a page of them. */
const MAX_BODY = 64 << 20;

export interface WebhookServer extends AsyncDisposable {
  readonly port: number;
  /** For connections from now on. */
  use(pair: KeyPair): void;
}

export interface ServerOptions {
  readonly port: number;
  readonly host: string | undefined;
  readonly pair: KeyPair;
  readonly metrics: WebhookMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Answers reviews over TLS, each webhook at its path. */
export async function serveWebhooks(hooks: readonly Webhook[], { port, host, pair, metrics, clock, log }: ServerOptions): Promise<WebhookServer> {
  const byPath = new Map(hooks.map((hook) => [pathOf(hook), hook]));
  const server = createServer({ ...pair, minVersion: 'TLSv1.2' }, (request, response) => {
    const path = (request.url ?? '').split('?')[0]!;
    const hook = byPath.get(path);
    if (!hook || request.method !== 'POST') return void send(response, 404, '404 page not found\n');
    const start = clock.monotonic();
    metrics.began(path);
    void answer(hook, request).catch((error: unknown) => {
      log.warn('a review could not be answered', { path, error: String(error) });
      return { status: isApiError(error) ? error.code : 500, body: messageOf(error) };
    }).then(({ status, body }) => {
      metrics.ended(path, status, clock.monotonic() - start);
      send(response, status, body);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    use: (next) => server.setSecureContext({ ...next, minVersion: 'TLSv1.2' }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(hook: Webhook, request: IncomingMessage): Promise<{ readonly status: number; readonly body: string }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) return { status: 413, body: `a review has at most ${MAX_BODY} bytes` };
    chunks.push(chunk);
  }
  let review: unknown;
  try {
    review = JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch {
    return { status: 400, body: 'the body is not JSON' };
  }
  return { status: 200, body: JSON.stringify(hook.type === 'conversion' ? answerConversion(hook, review) : await answerAdmission(hook, review)) };
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': status === 200 ? 'application/json' : 'text/plain; charset=utf-8' }).end(body);
}
