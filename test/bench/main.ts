/**
 * npm run bench [-- --peer DIR] [--only TEXT] [--rounds N] [--scale N] [--idle SECONDS] [--pods N] [--nodes N] [--services N] [--definitions DIR] [--node FLAGS] [--keep]
 *
 * What CEL rules cost; authentication, RBAC and admission; names in the cluster's DNS; Services in a kernel, beside kube-proxy where DIR holds it; then what the API costs, in CPU of the server per request, over TLS by a user bound by RBAC, audit at Metadata; beside
 * kube-apiserver and etcd where DIR holds kube-apiserver, in turns. Then what others feel of large lists, what stored
 * pods take of memory, what custom resources cost beside built-in ones, large work on simulated nodes, a large cluster at rest,
 * pods scheduled beside kube-scheduler where DIR holds it, a node beside its containerd alone and upstream's kubelet where DIR
 * holds that, `knarr up`, and the control plane at rest. Figures are printed, never asserted.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureAuth } from './auth.ts';
import { compare } from './compare.ts';
import { cases } from './cases.ts';
import { measureCustom } from './custom.ts';
import { measureDelay } from './delay.ts';
import { measureDns, serveDnsAlone } from './dns.ts';
import { measureIdle } from './idle.ts';
import { measureIngress, serveIngressAlone } from './ingress.ts';
import { measureMemory } from './memory.ts';
import { probe } from './probe.ts';
import { measureNetwork, networkCases } from './network.ts';
import { measureNode, nodeCases } from './node.ts';
import { measureProxy, proxyInside } from './proxy.ts';
import { measureRules } from './rules.ts';
import { measureScheduling } from './schedule.ts';
import { serveApi } from './serve.ts';
import { serverFlags, startKnarrControlPlane } from './target.ts';
import { measureUp, printRest } from './up.ts';
import { measureWebhook } from './webhook.ts';
import { measureWorkloads } from './workloads.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peer: { type: 'string' }, definitions: { type: 'string' }, only: { type: 'string', default: '' }, rounds: { type: 'string', default: '5' }, scale: { type: 'string', default: '1' },
    nodes: { type: 'string', default: '5000' }, services: { type: 'string', default: '5000' }, idle: { type: 'string', default: '60' }, pods: { type: 'string', default: '50000' }, node: { type: 'string', default: '' }, keep: { type: 'boolean', default: false },
  },
});

const isRootOnLinux = process.platform === 'linux' && process.getuid?.() === 0;
/** Of `--pods`, for the schedulers: enough for a steady rate. */
const MOST_SCHEDULED = 5000;

if (positionals[0] === 'serve') await serveApi(positionals[1]!);
else if (positionals[0] === 'probe') await probe(positionals[1]!);
else if (positionals[0] === 'serve-ingress') await serveIngressAlone(Number(positionals[1]));
else if (positionals[0] === 'serve-dns') await serveDnsAlone();
else if (positionals[0] === 'proxy-inside') await proxyInside(Number(positionals[1]), positionals[2] ?? '');
else await main();

async function main(): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'knarr-bench-'));
  const wanted = (name: string): boolean => name.toLowerCase().includes(values.only.toLowerCase());
  const chosen = cases.filter(({ name }) => wanted(name));
  const pods = Number(values.pods);
  try {
    serverFlags.push(...values.node.split(' ').filter((flag) => flag !== ''));
    if (wanted('cel')) measureRules();
    if (wanted('auth')) await measureAuth();
    if (wanted('dns')) await measureDns();
    if (wanted('ingress')) await measureIngress(join(root, 'ingress'));
    if (wanted('proxy') && isRootOnLinux) await measureProxy(Number(values.services), values.peer);
    if (chosen.length > 0) await compare(chosen, { root, peer: values.peer, rounds: Number(values.rounds), scale: Number(values.scale) });
    if (wanted('cr custom resources')) await measureCustom(join(root, 'custom'), { rounds: Number(values.rounds), published: values.definitions });
    if (wanted('delay')) await measureDelay(join(root, 'delay'), pods);
    if (wanted('memory')) await measureMemory(join(root, 'memory'), pods);
    if (wanted('webhook')) await measureWebhook(join(root, 'webhook'));
    await measureWorkloads(join(root, 'workloads'), wanted);
    if (wanted('idle')) await measureIdle(join(root, 'idle'), { nodes: Number(values.nodes), pods, seconds: Number(values.idle) });
    if (wanted('schedule')) await measureScheduling(join(root, 'schedule'), { nodes: Number(values.nodes), pods: Math.min(pods, MOST_SCHEDULED), peer: values.peer });
    if (isRootOnLinux && nodeCases.some(wanted)) await measureNode(join(root, 'node'), { peer: holder('kubelet'), seconds: Number(values.idle), rounds: Number(values.rounds), wanted });
    if (isRootOnLinux && networkCases.some(wanted)) await measureNetwork(join(root, 'network'), { rounds: Number(values.rounds), wanted });
    if (wanted('up')) await atRest(join(root, 'control-plane'));
  } finally {
    if (values.keep) console.log(`kept ${root}`);
    else await rm(root, { recursive: true, force: true });
  }
}

/** The peer's directory, if it has that program. */
function holder(program: string): string | undefined {
  return values.peer !== undefined && existsSync(join(values.peer, program)) ? values.peer : undefined;
}

/** The control plane alone, where no node can be had; else a whole cluster with one node and one pod. */
async function atRest(directory: string): Promise<void> {
  const rest = (pids: readonly number[]) => printRest(pids, Number(values.idle));
  if (isRootOnLinux) {
    const { readyMillis, runningMillis } = await measureUp(directory, rest);
    console.log(`up: node Ready after ${readyMillis.toFixed(0)} ms, a container running after ${runningMillis.toFixed(0)} ms`);
    return;
  }
  await using target = await startKnarrControlPlane(directory);
  console.log(`control plane: ready after ${target.readyMillis.toFixed(0)} ms`);
  await rest(target.pids);
}
