import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expose, OPEN_METRICS, PROMETHEUS } from '../../base/metrics/exposition.ts';
import type { Collector } from '../../base/metrics/family.ts';

export interface HealthOptions {
  readonly port: number;
  /** All addresses unless said: kubelets and Prometheus ask from outside the pod. */
  readonly host?: string;
  /** Why this process is not ready, or undefined when it is. */
  readonly ready: () => string | undefined;
  readonly metrics: Collector;
}

export interface Health extends AsyncDisposable {
  readonly port: number;
}

/** Answers a kubelet's probes, `/healthz` while the process turns and `/readyz` while it does its work, and shows `/metrics`. */
export async function startHealth({ port, host, ready, metrics }: HealthOptions): Promise<Health> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8') => response.writeHead(status, { 'content-type': type }).end(text);
    if (path === '/healthz' || path === '/livez') return answer(200, 'ok');
    if (path === '/metrics') {
      const open = request.headers.accept?.includes('application/openmetrics-text') ?? false;
      return answer(200, expose(metrics(), open ? 'openmetrics' : 'prometheus'), open ? OPEN_METRICS : PROMETHEUS);
    }
    if (path !== '/readyz') return answer(404, '404 page not found\n');
    const reason = ready();
    return reason === undefined ? answer(200, 'ok') : answer(500, `${reason}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
