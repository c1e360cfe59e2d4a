/** What other requests feel while very large lists are read: a probe beside the readers, and the server's own event loop. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import type { Transport } from '../../src/wire/api.ts';
import { PODS, prepareUser } from './cases.ts';
import { ask, askJson, drain } from './load.ts';
import { fill } from './memory.ts';
import type { Delays, ProbeConfig } from './probe.ts';
import { startKnarrApi, type KnarrTarget } from './target.ts';

const SECONDS = 10;
const GOAL = 'goal: p99.9 ≤ 10 ms, max ≤ 50 ms';

/** One reader's endless work; `READERS` of them at once. */
type Reading = (user: Transport, signal: AbortSignal) => Promise<void>;
const READERS = 3;

const whole = (headers: Readonly<Record<string, string>>): Reading => async (user, signal) => {
  while (!signal.aborted) await drain(await ask(user, { method: 'GET', url: PODS, headers, signal }));
};

const paged: Reading = async (user, signal) => {
  for (let next = ''; !signal.aborted; ) {
    const url = `${PODS}?limit=5000${next === '' ? '' : `&continue=${next}`}`;
    const { metadata } = await askJson<{ metadata: { continue?: string } }>(user, { method: 'GET', url, signal });
    next = metadata.continue ?? '';
  }
};

const watched: Reading = async (user, signal) => {
  while (!signal.aborted) {
    const once = AbortSignal.any([signal, AbortSignal.timeout(3000)]);
    await drain(await ask(user, { method: 'GET', url: `${PODS}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`, signal: once })).catch(() => {});
  }
};

const READINGS: Readonly<Record<string, Reading>> = {
  'nothing else': async () => {},
  'LIST, whole': whole({}),
  'LIST, 5000 a page': paged,
  'LIST, gzip': whole({ 'accept-encoding': 'gzip' }),
  'watch, first state': watched,
};

export async function measureDelay(directory: string, pods: number): Promise<void> {
  await using target = await startKnarrApi(directory);
  await prepareUser(target);
  await fill(target, pods);
  console.log(`\nwhile ${READERS} clients read ${pods} pods, in milliseconds (${GOAL})`);
  console.log(`${'a small GET'.padEnd(20)} count   |    p50    p99  p99.9    max   |  an idle process   |  the event loop   |  CPU of a turn (p99.9, max each)`);
  for (const [name, reading] of Object.entries(READINGS)) await measure(target, { name, reading, file: join(directory, 'probe.json') });
}

async function measure(target: KnarrTarget, { name, reading, file }: { name: string; reading: Reading; file: string }): Promise<void> {
  await writeFile(file, JSON.stringify({ user: target.user, name: 'stored-0' } satisfies ProbeConfig));
  const stop = new AbortController();
  const ends = Array.from({ length: READERS }, () => reading(target.connectUser(), stop.signal).catch((error: unknown) => stop.signal.aborted || console.log(error)));
  await systemClock.sleep(2000);
  const child = spawn(process.execPath, [process.argv[1]!, 'probe', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await systemClock.sleep(500);
  await target.report();
  await systemClock.sleep(SECONDS * 1000);
  const { delayP999, delayMax, turns } = await target.report();
  child.kill('SIGTERM');
  await once(child, 'close');
  stop.abort();
  await Promise.all(ends);
  await target.disconnectUsers();
  const { count, p50, p99, p999, max, machineP999, machineMax } = JSON.parse(text) as Delays;
  const cells = [[p50, p99, p999, max], [machineP999, machineMax], [delayP999, delayMax], [turns.p999, turns.max]];
  console.log(name.padEnd(20) + String(count).padStart(6) + cells.map((figures) => `   |${figures.map((millis) => millis.toFixed(1).padStart(7)).join('')}`).join(''));
}
