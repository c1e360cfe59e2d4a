import { expect, test } from 'vitest';
import { ManualClock, settle } from '../../base/clock.ts';
import { seededRandom } from '../../base/random.ts';
import type { Cri } from './cri.ts';
import { FakeCri } from './fake-cri.ts';
import { paced } from './pace.ts';

/** A runtime whose calls end when told to. */
function slowRuntime(clock: ManualClock) {
  const fake = new FakeCri({ clock, random: seededRandom(1) });
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const slow = (name: string) => {
    begun.push(name);
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  const cri = {
    version: () => fake.version(),
    runPodSandbox: async ({ metadata }: { metadata?: { name?: string } }) => (await slow(`sandbox ${metadata?.name}`), 'id'),
    createContainer: async (_at: unknown, { metadata }: { metadata?: { name?: string } }) => (await slow(`container ${metadata?.name}`), 'id'),
    startContainer: async (id: string) => slow(`start ${id}`),
    stopPodSandbox: async (id: string) => slow(`stop ${id}`),
    removePodSandbox: async (id: string) => slow(`remove ${id}`),
  } as unknown as Cri;
  return { cri: paced(cri, { clock, atOnce: 2 }), begun, ends };
}

const named = (name: string) => ({ metadata: { name, uid: name, namespace: 'default', attempt: 0 }, labels: {}, annotations: {} });

test('a few calls are under way at a time, and what was begun is ended first', async () => {
  const { cri, begun, ends } = slowRuntime(new ManualClock());
  const all = ['a', 'b', 'c', 'd'].map((name) => cri.runPodSandbox(named(name)));
  all.push(cri.createContainer({ sandboxId: 'a', sandbox: named('a') }, { ...named('main'), metadata: { name: 'main', attempt: 0 } }));
  await settle();
  expect(begun).toEqual(['sandbox a', 'sandbox b']);
  ends[0]!();
  await settle();
  expect(begun.slice(2)).toEqual(['container main']);
  for (let n = 1; n < 5; n++) {
    ends[n]!();
    await settle();
  }
  await Promise.all(all);
  expect(begun.slice(3)).toEqual(['sandbox c', 'sandbox d']);
});

test('a call that hangs lets others pass after a while', async () => {
  const clock = new ManualClock();
  const { cri, begun } = slowRuntime(clock);
  for (const name of ['a', 'b', 'c']) void cri.runPodSandbox(named(name));
  await settle();
  expect(begun).toHaveLength(2);
  await clock.advance(6000);
  await settle();
  expect(begun).toHaveLength(3);
});

test('who gives up while waiting is not called', async () => {
  const { cri, begun, ends } = slowRuntime(new ManualClock());
  const stop = new AbortController();
  for (const name of ['a', 'b']) void cri.runPodSandbox(named(name));
  const given = cri.runPodSandbox(named('c'), '', stop.signal);
  void cri.runPodSandbox(named('d'));
  stop.abort(new Error('deleted'));
  await expect(given).rejects.toThrow('deleted');
  ends[0]!();
  await settle();
  expect(begun).toEqual(['sandbox a', 'sandbox b', 'sandbox d']);
});
