/**
 * npm run bench [-- --peer DIR] [--only TEXT] [--scale N] [--idle SECONDS] [--keep]
 *
 * What the API costs, in CPU of the server per request, over TLS by a user bound by RBAC; beside kube-apiserver and etcd
 * where DIR holds their programs. Then `knarr up` and the control plane at rest. Figures are printed, never asserted.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cases, prepare, type Case } from './cases.ts';
import { cpuMicros, memoryBytes } from './machine.ts';
import { serveApi } from './serve.ts';
import { startKnarrApi, startKnarrControlPlane, startPeer, type Target } from './target.ts';
import { measureUp, printRest } from './up.ts';

interface Measured {
  readonly perSecond: number;
  /** Microseconds of the server's CPU for one unit. */
  readonly cpu: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { peer: { type: 'string' }, only: { type: 'string', default: '' }, scale: { type: 'string', default: '1' }, idle: { type: 'string', default: '60' }, keep: { type: 'boolean', default: false } },
});

if (positionals[0] === 'serve') await serveApi(positionals[1]!);
else await main();

async function main(): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'knarr-bench-'));
  const chosen = cases.filter(({ name }) => name.toLowerCase().includes(values.only.toLowerCase()));
  try {
    if (chosen.length > 0) await beside(root, chosen);
    if ('up'.includes(values.only)) await atRest(join(root, 'control-plane'));
  } finally {
    if (values.keep) console.log(`kept ${root}`);
    else await rm(root, { recursive: true, force: true });
  }
}

async function beside(root: string, chosen: readonly Case[]): Promise<void> {
  const ours = await measureAll(await startKnarrApi(join(root, 'knarr')), chosen);
  const theirs = values.peer === undefined ? undefined : await measureAll(await startPeer(join(root, 'peer'), values.peer), chosen);
  printCases(chosen, ours, theirs);
}

async function measureAll(target: Target, chosen: readonly Case[]): Promise<ReadonlyMap<string, Measured>> {
  await using it = target;
  console.log(`${it.name}: ready after ${it.readyMillis.toFixed(0)} ms`);
  await prepare(it);
  const results = new Map<string, Measured>();
  for (const one of chosen) results.set(one.name, await measure(it, one));
  console.log(`${it.name}: ${megabytes(await memoryBytes(it.pids))} MB after the work\n`);
  return results;
}

async function measure(target: Target, { warmUp, run }: Case): Promise<Measured> {
  const user = target.connectUser();
  await warmUp(user);
  const [cpu, began] = [await cpuMicros(target.pids), performance.now()];
  const units = await run(user, Number(values.scale));
  const seconds = (performance.now() - began) / 1000;
  return { perSecond: units / seconds, cpu: ((await cpuMicros(target.pids)) - cpu) / units };
}

function printCases(chosen: readonly Case[], ours: ReadonlyMap<string, Measured>, theirs: ReadonlyMap<string, Measured> | undefined): void {
  const row = (...cells: readonly string[]) => console.log(cells.map((cell, n) => (n === 0 ? cell.padEnd(18) : cell.padStart(16))).join(''));
  row('', 'per second', 'CPU µs each', ...(theirs ? ['peer per second', 'peer CPU µs', 'CPU ratio'] : []));
  for (const { name } of chosen) {
    const [us, them] = [ours.get(name)!, theirs?.get(name)];
    const beside = them ? [them.perSecond.toFixed(0), them.cpu.toFixed(1), `${(them.cpu / us.cpu).toFixed(1)}×`] : [];
    row(name, us.perSecond.toFixed(0), us.cpu.toFixed(1), ...beside);
  }
}

/** The control plane alone, where no node can be had; else a whole cluster with one node and one pod. */
async function atRest(directory: string): Promise<void> {
  const rest = (pids: readonly number[]) => printRest(pids, Number(values.idle));
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    const { readyMillis, runningMillis } = await measureUp(directory, rest);
    console.log(`up: node Ready after ${readyMillis.toFixed(0)} ms, a container running after ${runningMillis.toFixed(0)} ms`);
    return;
  }
  await using target = await startKnarrControlPlane(directory);
  console.log(`control plane: ready after ${target.readyMillis.toFixed(0)} ms`);
  await rest(target.pids);
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
