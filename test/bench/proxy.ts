/**
 * Services programmed into a kernel, in a network namespace of their own: 5,000 with 20 endpoints each in less than 5 s, one
 * endpoint's change in less than 100 ms; beside kube-proxy in its iptables mode where it is at hand.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { mustRun, type RunProgram } from '../../src/base/program.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { Resource } from '../../src/meta/resource.ts';
import { Node } from '../../src/kinds/core/node.ts';
import { Service } from '../../src/kinds/core/service.ts';
import { EndpointSlice } from '../../src/kinds/discovery/endpoint-slice.ts';
import { createClient, createInformers } from '../../src/client/index.ts';
import { machineExec } from '../../src/cluster/machine/exec.ts';
import { cleanProxy, startProxy, type ProxyMode } from '../../src/proxy/index.ts';
import type { Transport } from '../../src/wire/api.ts';
import { childOf } from './child.ts';
import { ask, drain, quantile, repeat } from './load.ts';
import { find } from './peer.ts';
import { ended, start, startKnarrControlPlane, type Target } from './target.ts';
import { namespace } from './workloads.ts';

const ENDPOINTS = 20;
const CHANGES = 20;
/** Programs that write the chains of iptables into nf_tables take ten times as long for three times as many: no more than these. */
const FEW = 300;
const METRICS = 'http://127.0.0.1:10249/metrics';

export async function measureProxy(services: number, peer: string | undefined): Promise<void> {
  const name = `knarr-bench-${process.pid}`;
  const { run } = machineExec;
  await mustRun(run, 'ip', ['netns', 'add', name]);
  try {
    await mustRun(run, 'ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    await mustRun(run, 'ip', ['-n', name, 'route', 'add', 'default', 'dev', 'lo']);
    await using child = childOf(['proxy-inside', String(services), peer ?? ''], ['ip', 'netns', 'exec', name]);
    for (let line = await child.line(); line !== 'done'; line = await child.line()) console.log(line);
  } finally {
    await run('ip', ['netns', 'delete', name]);
  }
}

/** `bench.js proxy-inside SERVICES PEER`: the control plane and both proxies, all in this namespace. */
export async function proxyInside(services: number, peer: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'knarr-bench-proxy-'));
  try {
    await using target = await startKnarrControlPlane(directory, 0, { legacyApis: true });
    await namespace(target.admin, 'bench');
    const few = Math.min(FEW, services);
    await repeat(few, 32, (n) => make(target.admin, n));
    console.log(`\n${few} Services with ${ENDPOINTS} endpoints each, from the start of a proxy, its lists included`);
    for (const mode of ['nftables', 'iptables'] as const) await ours(target, mode);
    if (peer !== '') await theirs(target, { directory, program: find('kube-proxy', peer) });
    if (services > few) await all(target, few, services);
  } finally {
    await rm(directory, { recursive: true, force: true });
    console.log('done');
  }
  process.exit(0);
}

async function all(target: Target, made: number, services: number): Promise<void> {
  await repeat(services - made, 32, (n) => make(target.admin, made + n));
  console.log(`${services} Services with ${ENDPOINTS} endpoints each`);
  await ours(target, 'nftables');
}

const address = (n: number): string => `10.${(n >> 16) + 128}.${(n >> 8) & 255}.${n & 255}`;
const endpointsOf = (service: number, first = 0) => Array.from({ length: ENDPOINTS }, (_, n) => ({ addresses: [address(service * ENDPOINTS + n + (n === 0 ? first : 0))], conditions: { ready: true } }));
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/bench/endpointslices';

async function make(admin: Transport, n: number): Promise<void> {
  const name = `svc-${n}`;
  await drain(await ask(admin, { method: 'POST', url: '/api/v1/namespaces/bench/services', body: { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }] } } }));
  await drain(await ask(admin, { method: 'POST', url: SLICES, body: {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4', ports: [{ name: '', port: 8080, protocol: 'TCP' }], endpoints: endpointsOf(n),
  } }));
}

/** So that no change repeats what the last said. */
let serial = 0;
/** One endpoint of a Service becomes another. */
const change = async (admin: Transport, round: number): Promise<unknown> => drain(await ask(admin, {
  method: 'PATCH', url: `${SLICES}/svc-${round * 7}`, headers: { 'content-type': 'application/merge-patch+json' }, body: { endpoints: endpointsOf(round * 7, 1_000_000 + serial++) },
}));

async function ours({ admin }: Target, mode: ProxyMode): Promise<void> {
  let [wrote, bytes] = [(): void => {}, 0];
  const run: RunProgram = async (command, args, options) => {
    const result = await machineExec.run(command, args, options);
    if (options?.input !== undefined) {
      bytes += options.input.length;
      wrote();
    }
    return result;
  };
  const around = { clock: systemClock, log: silent, random: systemRandom };
  await using informers = createInformers(createClient(admin), around);
  const began = performance.now();
  for (const resource of [Service, EndpointSlice, Node]) informers.for<Resource>(resource);
  await informers.untilSynced();
  const listed = (performance.now() - began) / 1000;
  const proxy = await startProxy({ ...around, informers, nodeName: 'bench', clusterCidrs: ['10.128.0.0/9'], mode, run });
  const seconds = (performance.now() - began) / 1000;
  const latencies: number[] = [];
  bytes = 0;
  for (let round = 0; round < CHANGES; round++) {
    const written = new Promise<void>((resolve) => (wrote = resolve));
    const changed = performance.now();
    await change(admin, round);
    await written;
    latencies.push(performance.now() - changed);
    await systemClock.sleep(200);
  }
  report(`knarr, ${mode} (lists: ${listed.toFixed(1)} s)`, seconds, `${latenciesOf(latencies)}, ${Math.round(bytes / CHANGES)} bytes of rules each`);
  await proxy[Symbol.asyncDispose]();
  await cleanProxy(machineExec.run);
}

const latenciesOf = (latencies: readonly number[]): string => {
  const sorted = latencies.toSorted((a, b) => a - b);
  return `p50 ${quantile(sorted, 0.5).toFixed(0)} ms, slowest ${sorted.at(-1)!.toFixed(0)} ms`;
};
const report = (who: string, seconds: number, changes: string): void => console.log(`${who.padEnd(32)} programmed after ${seconds.toFixed(1)} s; one endpoint's change: ${changes}`);

/** kube-proxy says in its metrics how often it has written. */
async function theirs(target: Target, { directory, program }: { readonly directory: string; readonly program: string }): Promise<void> {
  const kubeconfig = join(directory, 'kube-proxy.kubeconfig');
  const base64 = (pem: string) => Buffer.from(pem).toString('base64');
  await writeFile(kubeconfig, JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'bench',
    clusters: [{ name: 'bench', cluster: { server: target.root.url, 'certificate-authority-data': base64(target.root.ca) } }],
    users: [{ name: 'bench', user: { 'client-certificate-data': base64(target.root.cert), 'client-key-data': base64(target.root.key) } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
  }), { mode: 0o600 });
  const began = performance.now();
  const child = start(program, [
    `--kubeconfig=${kubeconfig}`, '--proxy-mode=iptables', '--cluster-cidr=10.128.0.0/9', '--hostname-override=bench', '--healthz-bind-address=127.0.0.1:10256',
    '--conntrack-max-per-core=0', '--conntrack-min=0', '--conntrack-tcp-timeout-established=0', '--conntrack-tcp-timeout-close-wait=0', '--iptables-min-sync-period=10ms',
  ], join(directory, 'kube-proxy.log'));
  try {
    // The first sync may come before all is listed: until it rests.
    let written = await restsAfter(1);
    const seconds = (performance.now() - began) / 1000 - 2;
    const latencies: number[] = [];
    for (let round = 0; round < 5; round++) {
      const changed = performance.now();
      await change(target.admin, round + CHANGES);
      while ((await syncs()) === written) await systemClock.sleep(5);
      latencies.push(performance.now() - changed);
      written = await restsAfter(written + 1);
    }
    report('kube-proxy, iptables', seconds, latenciesOf(latencies));
  } finally {
    await ended(child);
  }
}

async function syncs(): Promise<number> {
  const text = await fetch(METRICS).then((answer) => answer.text(), () => '');
  return Number(/^kubeproxy_sync_proxy_rules_duration_seconds_count (\S+)/m.exec(text)?.[1] ?? 0);
}

/** How often it has written once it has written so often and nothing for two seconds. */
async function restsAfter(least: number): Promise<number> {
  let [count, since] = [0, performance.now()];
  const queued = /^kubeproxy_sync_proxy_rules_endpoint_changes_pending (\S+)/m;
  for (;;) {
    const text = await fetch(METRICS).then((answer) => answer.text(), () => '');
    const now = Number(/^kubeproxy_sync_proxy_rules_duration_seconds_count (\S+)/m.exec(text)?.[1] ?? 0);
    if (now !== count || Number(queued.exec(text)?.[1] ?? 0) > 0) [count, since] = [now, performance.now()];
    if (count >= least && performance.now() - since > 2_000) return count;
    await systemClock.sleep(20);
  }
}
