/** `bench probe FILE`: small GETs at a fixed rate from a process of its own, and how late each was answered. */
import { readFile } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { connect } from '../../src/wire/node/http-client.ts';
import { PODS } from './cases.ts';
import { ask, drain, quantile } from './load.ts';
import type { UserConnection } from './target.ts';

const EVERY_MILLIS = 5;

export interface ProbeConfig {
  readonly user: UserConnection;
  /** The pod that is asked for. */
  readonly name: string;
}

/** Milliseconds from when a GET was due to its answer. */
export interface Delays {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** How late this process, which does next to nothing, is given a processor: the machine's part. */
  readonly machineP999: number;
  readonly machineMax: number;
}

/** Asks until SIGTERM, then prints {@link Delays}. A tick that comes late here is left out: the machine's fault, not the server's. */
export async function probe(file: string): Promise<void> {
  const { user, name } = JSON.parse(await readFile(file, 'utf8')) as ProbeConfig;
  await using transport = connect(user);
  const get = async () => drain(await ask(transport, { method: 'GET', url: `${PODS}/${name}` }));
  for (let n = 0; n < 200; n++) await get();
  const millis: number[] = [];
  const own = monitorEventLoopDelay({ resolution: 1 });
  own.enable();
  const underWay = new Set<Promise<unknown>>();
  const timer = setInterval(() => {
    const due = performance.now();
    const asked: Promise<unknown> = get().then(() => millis.push(performance.now() - due)).finally(() => underWay.delete(asked));
    underWay.add(asked);
  }, EVERY_MILLIS);
  await new Promise<void>((resolve) => process.once('SIGTERM', () => resolve()));
  clearInterval(timer);
  await Promise.all(underWay);
  const sorted = millis.toSorted((a, b) => a - b);
  const delays: Delays = {
    count: sorted.length, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), p999: quantile(sorted, 0.999), max: sorted.at(-1) ?? 0,
    machineP999: own.percentile(99.9) / 1e6, machineMax: own.max / 1e6,
  };
  process.stdout.write(JSON.stringify(delays));
}
