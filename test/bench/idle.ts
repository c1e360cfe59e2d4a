/** What a large cluster costs while nothing happens in it: thousands of simulated nodes with their Leases, and their pods. */
import { systemClock } from '../../src/base/clock.ts';
import type { Transport } from '../../src/wire/api.ts';
import { ask, askText, drain, repeat } from './load.ts';
import { cpuMicros, memoryBytes } from './machine.ts';
import { startKnarrControlPlane } from './target.ts';
import { countOf, inNamespace, namespace, until } from './workloads.ts';

const DEPLOYMENTS = 100;
/** Caches fill, compiled code settles, and the first heartbeats of all nodes have been spread. */
const SETTLE_MILLIS = 20_000;

export interface IdleOptions {
  readonly nodes: number;
  readonly pods: number;
  readonly seconds: number;
}

/** Goal: less than 15 % of a core with 5,000 nodes and 50,000 pods, real Leases every 10 s. */
export async function measureIdle(directory: string, { nodes, pods, seconds }: IdleOptions): Promise<void> {
  await using target = await startKnarrControlPlane(directory, nodes);
  console.log(`\nat rest: ${nodes} simulated nodes, ${pods} pods`);
  const began = performance.now();
  const took = () => `${((performance.now() - began) / 1000).toFixed(0)} s`;
  await until(async () => (await countOf(target.admin, '/api/v1/nodes')) === nodes);
  console.log(`nodes registered after ${took()}; ${memory(await memoryBytes(target.pids))}`);
  await namespace(target.admin, 'rest');
  await repeat(DEPLOYMENTS, 16, (n) => deploy(target.admin, `web-${n}`, Math.floor(((n + 1) * pods) / DEPLOYMENTS) - Math.floor((n * pods) / DEPLOYMENTS)));
  await until(async () => (await availableIn(target.admin)) === pods);
  console.log(`pods available after ${took()}`);
  await systemClock.sleep(SETTLE_MILLIS);
  const [writes, cpu, start] = [await writesOf(target.admin), await cpuMicros(target.pids), performance.now()];
  await systemClock.sleep(seconds * 1000);
  const span = (performance.now() - start) / 1000;
  const busy = ((await cpuMicros(target.pids)) - cpu) / 1e6 / span;
  const written = (await writesOf(target.admin)) - writes;
  console.log(`idle for ${span.toFixed(0)} s: ${(busy * 100).toFixed(1)} % of a core (goal: 15), ${(written / span).toFixed(0)} writes a second; ${memory(await memoryBytes(target.pids))}`);
}

const memory = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB (PSS)`;

async function deploy(admin: Transport, name: string, replicas: number): Promise<void> {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'v1', resources: { requests: { cpu: '100m', memory: '64Mi' } } }] } };
  const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { replicas, selector: { matchLabels: labels }, template } };
  await drain(await ask(admin, { method: 'POST', url: inNamespace('rest', '/apis/apps/v1/namespaces/-/deployments'), body }));
}

async function availableIn(admin: Transport): Promise<number> {
  const text = await askText(admin, { method: 'GET', url: '/apis/apps/v1/namespaces/rest/deployments' });
  const { items } = JSON.parse(text) as { readonly items: readonly { readonly status?: { readonly availableReplicas?: number } }[] };
  return items.reduce((sum, { status }) => sum + (status?.availableReplicas ?? 0), 0);
}

/** Of all clients, since the server began. */
async function writesOf(admin: Transport): Promise<number> {
  const text = await askText(admin, { method: 'GET', url: '/metrics' });
  return [...text.matchAll(/^apiserver_request_total\{[^}]*verb="(?:POST|PUT|PATCH|DELETE)"[^}]*\} (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}
