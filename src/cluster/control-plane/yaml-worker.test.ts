import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { YamlWorker, type YamlAnswer } from './yaml-worker.ts';

const SIGNAL = new AbortController().signal;

/** Threads that answer when told to. */
function withThreads() {
  const clock = new ManualClock();
  const threads: { readonly sent: string[]; ended: boolean; answer: (answer: YamlAnswer) => void; fail: (why: Error) => void }[] = [];
  const worker = new YamlWorker(() => {
    const thread = { sent: [] as string[], ended: false, answer: (_answer: YamlAnswer) => {}, fail: (_why: Error) => {} };
    threads.push(thread);
    return {
      send: (text) => void thread.sent.push(text),
      listen: (receive, fail) => void Object.assign(thread, { answer: receive, fail }),
      end: () => { thread.ended = true; },
    };
  }, clock);
  return { clock, threads, worker };
}
const data = (value: unknown): YamlAnswer => ({ data: { value, duplicates: [] } });

test('no thread is started before there is something to read; then one reads one text after the other', async () => {
  const { threads, worker } = withThreads();
  expect(threads.length).toBe(0);
  const [first, second] = [worker.read('a: 1', SIGNAL), worker.read('b', SIGNAL)];
  expect(threads.map(({ sent }) => sent)).toEqual([['a: 1']]);
  threads[0]!.answer(data({ a: 1 }));
  threads[0]!.answer({ error: 'no YAML' });
  expect(await first).toEqual({ value: { a: 1 }, duplicates: [] });
  await expect(second).rejects.toThrow('no YAML');
  expect(threads[0]!.sent).toEqual(['a: 1', 'b']);
});

test('a text that takes too long costs its thread, and its caller is told; the next is read by another', async () => {
  const { clock, threads, worker } = withThreads();
  const slow = worker.read('slow', SIGNAL);
  const next = worker.read('next', SIGNAL);
  const refused = expect(slow).rejects.toMatchObject({ code: 400, message: 'reading the YAML takes longer than 15s: send it as JSON' });
  await clock.advance(15_000);
  await refused;
  expect(threads.map(({ sent, ended }) => [sent, ended])).toEqual([[['slow'], true], [['next'], false]]);
  threads[0]!.answer(data('too late'));
  threads[1]!.answer(data('in time'));
  expect((await next).value).toBe('in time');
});

test('a thread that dies fails its text as the caller\'s fault', async () => {
  const { threads, worker } = withThreads();
  const bomb = worker.read('bomb', SIGNAL);
  threads[0]!.fail(new Error('out of memory'));
  await expect(bomb).rejects.toMatchObject({ code: 400, message: 'the YAML cannot be read: out of memory' });
});

test('no more than sixteen wait', async () => {
  const { worker } = withThreads();
  const waiting = Array.from({ length: 17 }, () => worker.read('x', SIGNAL));
  await expect(worker.read('x', SIGNAL)).rejects.toMatchObject({ code: 429, details: { retryAfterSeconds: 1 } });
  worker[Symbol.dispose]();
  expect((await Promise.allSettled(waiting)).every(({ status }) => status === 'rejected')).toBe(true);
});

test('an idle thread is ended, and so is every thread with its owner', async () => {
  const { clock, threads, worker } = withThreads();
  void worker.read('a', SIGNAL);
  threads[0]!.answer(data(1));
  await clock.advance(30_000);
  expect(threads[0]!.ended).toBe(true);
  const cut = worker.read('b', SIGNAL);
  worker[Symbol.dispose]();
  await expect(cut).rejects.toMatchObject({ code: 503 });
  expect(threads[1]!.ended).toBe(true);
});
