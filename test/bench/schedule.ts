/** knarr's scheduler and kube-scheduler, in turns, on the same control plane with the same simulated nodes: each takes the pods that name it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Transport } from '../../src/wire/api.ts';
import { ask, drain, repeat } from './load.ts';
import { cpuMicros, freePort } from './machine.ts';
import { find } from './peer.ts';
import { ended, start, startKnarrControlPlane, type Target } from './target.ts';
import { countOf, namespace, until } from './workloads.ts';

const AT_ONCE = 128;
const WARM_UP = 200;
const PEER = 'kube-scheduler';

export interface ScheduleOptions {
  readonly nodes: number;
  readonly pods: number;
  /** A directory that holds kube-scheduler; knarr's alone is measured without. */
  readonly peer: string | undefined;
}

/** Goal: 7 times the pods a second of kube-scheduler at 5,000 nodes, at least 1,000. */
export async function measureScheduling(directory: string, { nodes, pods, peer }: ScheduleOptions): Promise<void> {
  await using target = await startKnarrControlPlane(directory, nodes, { legacyApis: true });
  await until(async () => (await countOf(target.admin, '/api/v1/nodes')) === nodes);
  console.log(`\n${pods} pods onto ${nodes} simulated nodes, from the first POST to the last binding`);
  await namespace(target.admin, 'queue');
  const own = await rate(target, { scheduler: 'default-scheduler', pods, pids: target.pids });
  if (peer === undefined) return;
  const child = start(find(PEER, peer), ['--config', await writeConfig(join(directory, 'peer'), target)], join(directory, 'kube-scheduler.log'));
  try {
    const other = await rate(target, { scheduler: PEER, pods, pids: [...target.pids, child.pid!] });
    console.log(`ratio: ${(own.perSecond / other.perSecond).toFixed(1)} times the pods a second (goal: 7), ${(other.cpuPerPod / own.cpuPerPod).toFixed(1)} times less CPU a pod`);
  } finally {
    await ended(child);
  }
}

interface Rate {
  readonly perSecond: number;
  /** In microseconds, of scheduler and control plane together. */
  readonly cpuPerPod: number;
}

async function rate({ admin }: Target, { scheduler, pods, pids }: { readonly scheduler: string; readonly pods: number; readonly pids: readonly number[] }): Promise<Rate> {
  const bound = new Bound();
  const watch = await ask(admin, { method: 'GET', url: '/api/v1/namespaces/queue/pods?watch=true' });
  bound.follow(watch);
  const make = (name: string) => (n: number) => post(admin, `${name}-${n}`, scheduler);
  await repeat(WARM_UP, AT_ONCE, make(`${scheduler}-warm`));
  await bound.until(`${scheduler}-warm-`, WARM_UP);
  const [began, cpu] = [performance.now(), await cpuMicros(pids)];
  await repeat(pods, AT_ONCE, make(`${scheduler}-pod`));
  await bound.until(`${scheduler}-pod-`, pods);
  const seconds = (performance.now() - began) / 1000;
  const busy = (await cpuMicros(pids)) - cpu;
  const result = { perSecond: pods / seconds, cpuPerPod: busy / pods };
  console.log(`${scheduler.padEnd(20)} ${result.perSecond.toFixed(0)} pods a second, ${result.cpuPerPod.toFixed(0)} µs of CPU each, the control plane's included`);
  return result;
}

async function post(admin: Transport, name: string, schedulerName: string): Promise<void> {
  const containers = [{ name: 'main', image: 'v1', resources: { requests: { cpu: '100m', memory: '64Mi' } } }];
  await drain(await ask(admin, { method: 'POST', url: '/api/v1/namespaces/queue/pods', body: { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: 'queue' } }, spec: { schedulerName, containers } } }));
}

/** The names of pods that have a node, as a watch tells of them. */
class Bound {
  readonly #names = new Set<string>();
  #check = () => {};

  until(prefix: string, count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => [...this.#names].filter((name) => name.startsWith(prefix)).length >= count && resolve();
      this.#check();
    });
  }

  follow({ body }: Awaited<ReturnType<typeof ask>>): void {
    if (body?.type !== 'stream') throw new Error('a watch without a stream');
    void this.#read(body.chunks).catch(() => {}); // ends with its connection
  }

  async #read(batches: AsyncIterable<readonly Uint8Array[]>): Promise<void> {
    let rest = '';
    for await (const batch of batches) {
      const lines = (rest + Buffer.concat(batch).toString()).split('\n');
      rest = lines.pop() ?? '';
      const before = this.#names.size;
      for (const line of lines) {
        const name = line.includes('"nodeName":"') ? /"name":"([^"]+)"/.exec(line)?.[1] : undefined;
        if (name !== undefined) this.#names.add(name);
      }
      if (this.#names.size > before) this.#check();
    }
  }
}

/** As the default scheduler is by default, but for its name and without a limit of requests. */
async function writeConfig(directory: string, { root: user }: Target): Promise<string> {
  await mkdir(directory, { recursive: true });
  const [kubeconfig, config] = [join(directory, 'kubeconfig.json'), join(directory, 'config.json')];
  const port = await freePort();
  const base64 = (pem: string) => Buffer.from(pem).toString('base64');
  await writeFile(kubeconfig, JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'bench',
    clusters: [{ name: 'bench', cluster: { server: user.url, 'certificate-authority-data': base64(user.ca) } }],
    users: [{ name: 'bench', user: { 'client-certificate-data': base64(user.cert), 'client-key-data': base64(user.key) } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
  }), { mode: 0o600 });
  await writeFile(config, JSON.stringify({
    apiVersion: 'kubescheduler.config.k8s.io/v1beta1', kind: 'KubeSchedulerConfiguration',
    clientConnection: { kubeconfig, qps: 10_000, burst: 10_000 }, leaderElection: { leaderElect: false },
    healthzBindAddress: `127.0.0.1:${port}`, metricsBindAddress: `127.0.0.1:${port}`, profiles: [{ schedulerName: PEER }],
  }));
  return config;
}
