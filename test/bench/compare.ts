/** The cases, in turns against knarr and its peer; medians of the rounds. */
import { join } from 'node:path';
import { prepare, type Case, type Work } from './cases.ts';
import { median, quantile } from './load.ts';
import { cpuMicros, memoryBytes } from './machine.ts';
import { PEER_NOTES, startPeer } from './peer.ts';
import { startKnarrApi, type Target } from './target.ts';

export interface Comparison {
  readonly root: string;
  /** Where kube-apiserver is. */
  readonly peer: string | undefined;
  readonly rounds: number;
  readonly scale: number;
}

interface Round {
  /** Microseconds of the server's CPU for one unit, its store's included. */
  readonly cpu: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

export async function compare(chosen: readonly Case[], { root, peer, rounds, scale }: Comparison): Promise<void> {
  await using ours = await startKnarrApi(join(root, 'knarr'));
  await using theirs = peer === undefined ? undefined : await startPeer(join(root, 'peer'), peer);
  const targets = theirs ? [ours, theirs] : [ours];
  for (const target of targets) {
    console.log(`${target.name}: ready after ${target.readyMillis.toFixed(0)} ms`);
    await prepare(target);
  }
  row('', ['CPU µs', 'p50 ms', 'p99 ms', 'per s'], theirs ? ['CPU µs', 'p50 ms', 'p99 ms', 'per s', 'ratio', 'goal'] : []);
  for (const one of chosen) {
    const results = await inTurns(one, targets, { rounds, units: Math.ceil(one.units * scale) });
    const [us, them] = results;
    const ratio = them ? them.cpu / us!.cpu : 0;
    row(one.name, cells(us!), them ? [...cells(them), `${ratio.toFixed(1)}×`, `${one.goal}× ${ratio >= one.goal ? 'met' : 'missed'}`] : []);
  }
  for (const target of targets) console.log(`${target.name}: ${((await memoryBytes(target.pids)) / 2 ** 20).toFixed(0)} MB after the work`);
  for (const note of theirs ? PEER_NOTES : []) console.log(note);
}

/** A round of one, a round of the other, and again: the machine's moods meet both. */
async function inTurns({ begin, warmUp }: Case, targets: readonly Target[], { rounds, units }: { rounds: number; units: number }): Promise<readonly Round[]> {
  const works: { readonly target: Target; readonly work: Work; readonly rounds: Round[] }[] = [];
  for (const target of targets) {
    const work = await begin(() => target.connectUser());
    await work(warmUp);
    works.push({ target, work, rounds: [] });
  }
  for (let n = 0; n < rounds; n++) for (const one of works) one.rounds.push(await measure(one.target, one.work, units));
  for (const target of targets) await target.disconnectUsers();
  const middle = (all: readonly Round[]): Round => ({
    cpu: median(all.map(({ cpu }) => cpu)), perSecond: median(all.map(({ perSecond }) => perSecond)),
    p50: median(all.map(({ p50 }) => p50)), p99: median(all.map(({ p99 }) => p99)),
  });
  return works.map((one) => middle(one.rounds));
}

async function measure({ pids }: Target, work: Work, units: number): Promise<Round> {
  const [cpu, began] = [await cpuMicros(pids), performance.now()];
  const millis = await work(units);
  const seconds = (performance.now() - began) / 1000;
  return { cpu: ((await cpuMicros(pids)) - cpu) / units, perSecond: units / seconds, p50: quantile(millis, 0.5), p99: quantile(millis, 0.99) };
}

const cells = ({ cpu, p50, p99, perSecond }: Round): readonly string[] => [cpu.toFixed(0), p50.toFixed(1), p99.toFixed(1), perSecond.toFixed(0)];

function row(name: string, ours: readonly string[], theirs: readonly string[]): void {
  const line = (texts: readonly string[]) => texts.map((text) => text.padStart(10)).join('');
  console.log(name.padEnd(22) + line(ours) + (theirs.length > 0 ? '   |' + line(theirs) : ''));
}
