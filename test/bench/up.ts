/** From `knarr up` to a node that is Ready, and on to a container that runs; needs root on Linux and installed packages. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { systemClock } from '../../src/base/clock.ts';
import type { Transport } from '../../src/wire/api.ts';
import { connect, type HttpTransport } from '../../src/wire/node/http-client.ts';
import { ask, askJson } from './load.ts';
import { cpuMicros, freePort, memoryBytes } from './machine.ts';

const KNARR = join(import.meta.dirname, '..', 'bin', 'knarr.js');

export interface UpTimes {
  /** Until `up` returned: the API is ready and every node is. */
  readonly readyMillis: number;
  readonly runningMillis: number;
}

export async function measureUp(directory: string, keepFor: (pids: readonly number[]) => Promise<void>): Promise<UpTimes> {
  const started = performance.now();
  await knarr(['up', '--data-dir', directory, '--port', String(await freePort()), '--no-install']);
  try {
    const readyMillis = performance.now() - started;
    await using transport = await connectAdmin(directory);
    await ask(transport, { method: 'POST', url: '/api/v1/namespaces/default/pods', body: {
      apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bench' },
      spec: { containers: [{ name: 'sleep', image: 'knarr.local/busybox:1', command: ['sleep', '3600'] }], terminationGracePeriodSeconds: 0 },
    } });
    while ((await phaseOf(transport)) !== 'Running') await systemClock.sleep(20);
    const runningMillis = performance.now() - started;
    await keepFor([await controlPlanePid(directory)]);
    return { readyMillis, runningMillis };
  } finally {
    await knarr(['down', '--data-dir', directory, '--purge']);
  }
}

/** As the admin of the cluster in that directory. */
export async function connectAdmin(directory: string): Promise<HttpTransport> {
  const text = await readFile(join(directory, 'admin.kubeconfig'), 'utf8');
  const { clusters: [{ cluster }], users: [{ user }] } = parse(text) as {
    clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
    users: [{ user: { 'client-certificate-data': string; 'client-key-data': string } }];
  };
  const pem = (base64: string): string => Buffer.from(base64, 'base64').toString();
  return connect({ url: cluster.server, ca: pem(cluster['certificate-authority-data']), cert: pem(user['client-certificate-data']), key: pem(user['client-key-data']) });
}

async function phaseOf(transport: Transport): Promise<string> {
  const { status } = await askJson<{ status?: { phase?: string } }>(transport, { method: 'GET', url: '/api/v1/namespaces/default/pods/bench' });
  return status?.phase ?? '';
}

/** The process that holds the store's lock. */
async function controlPlanePid(directory: string): Promise<number> {
  return Number((await readFile(join(directory, 'store', 'lock'), 'utf8')).split(' ')[0]);
}

/** Runs the program to its end. */
export function knarr(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [KNARR, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`knarr ${args.join(' ')}: exit code ${code}`))));
  });
}

/** Memory a while after, and the CPU meanwhile. */
export async function printRest(pids: readonly number[], seconds: number): Promise<void> {
  await systemClock.sleep(5000); // caches fill, controllers make what a new cluster has
  const before = await cpuMicros(pids);
  await systemClock.sleep(Math.max(1, seconds - 5) * 1000);
  const cpu = ((await cpuMicros(pids)) - before) / 1e6 / Math.max(1, seconds - 5);
  console.log(`control plane at rest: ${((await memoryBytes(pids)) / 2 ** 20).toFixed(0)} MB (PSS), ${(cpu * 100).toFixed(2)} % of a core`);
}
