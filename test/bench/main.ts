/**
 * npm run bench [-- --peer DIR] [--only TEXT] [--scale N] [--idle SECONDS] [--keep]
 *
 * What the API costs, in CPU of the server per request, over TLS by a user bound by RBAC; beside kube-apiserver and etcd
 * where DIR holds their programs. Then the control plane at rest. Figures are printed, never asserted.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/base/clock.ts';
import { cases, prepare, type Case } from './cases.ts';
import { cpuMicros, memoryBytes } from './machine.ts';
import { serveApi } from './serve.ts';
import { startKnarrApi, startKnarrControlPlane, startPeer, type Target } from './target.ts';

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
    const ours = await measureAll(await startKnarrApi(join(root, 'knarr')), chosen);
    const theirs = values.peer === undefined ? undefined : await measureAll(await startPeer(join(root, 'peer'), values.peer), chosen);
    printCases(chosen, ours, theirs);
    if (values.only === '') await atRest(join(root, 'control-plane'));
  } finally {
    if (values.keep) console.log(`kept ${root}`);
    else await rm(root, { recursive: true, force: true });
  }
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

/** Memory a minute after it was ready, and the CPU of that minute. */
async function atRest(directory: string): Promise<void> {
  await using target = await startKnarrControlPlane(directory);
  const seconds = Number(values.idle);
  console.log(`\ncontrol plane: ready after ${target.readyMillis.toFixed(0)} ms; now ${seconds} s of rest`);
  await systemClock.sleep(5000); // caches fill, controllers make what a new cluster has
  const before = await cpuMicros(target.pids);
  await systemClock.sleep(Math.max(0, seconds - 5) * 1000);
  const cpu = (await cpuMicros(target.pids)) - before;
  console.log(`control plane at rest: ${megabytes(await memoryBytes(target.pids))} MB (PSS), ${((cpu / 1e6 / Math.max(1, seconds - 5)) * 100).toFixed(2)} % of a core`);
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
