import { expect, test } from 'vitest';
import { ManualClock, settle } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { Keeper } from './keeper.ts';
import type { Identity, Processes, RunningProcess } from './process.ts';

/** Processes that live until the test ends them. */
class FakeProcesses implements Processes {
  readonly started: RunningProcess[] = [];
  readonly signals: string[] = [];
  readonly #ends = new Map<number, (how: string) => void>();
  #next = 100;

  start(): RunningProcess {
    const running = this.#make(this.#next++);
    this.started.push(running);
    return running;
  }

  adopt(identity: Identity): RunningProcess | undefined {
    return identity.pid === 7 ? this.#make(7) : undefined;
  }

  lives(identity: Identity): boolean {
    return identity.pid === 7;
  }

  signal(identity: Identity, signal: NodeJS.Signals): boolean {
    this.signals.push(`${signal} ${identity.pid}`);
    return true;
  }

  end(pid: number, how = 'signal SIGKILL'): Promise<void> {
    this.#ends.get(pid)!(how);
    return settle();
  }

  #make(pid: number): RunningProcess {
    return { pid, began: 'b', ended: new Promise((resolve) => void this.#ends.set(pid, resolve)) };
  }
}

function keep(predecessor?: Identity) {
  const clock = new ManualClock();
  const processes = new FakeProcesses();
  const identities: number[] = [];
  const keeper = new Keeper({
    spec: { name: 'agent', command: ['agent'], log: '/dev/null' }, processes, clock, log: silent, predecessor,
    onStart: ({ pid }) => void identities.push(pid),
  });
  keeper.start();
  return { clock, processes, identities, keeper };
}

test('what dies is started again, later each time', async () => {
  const { clock, processes, keeper } = keep();
  for (const [round, wait] of [100, 200, 400].entries()) {
    await processes.end(processes.started.at(-1)!.pid);
    expect(keeper.status).toEqual({ name: 'agent', state: 'backing-off', restarts: round + 1, lastExit: 'signal SIGKILL' });
    await clock.advance(wait - 1);
    expect(processes.started).toHaveLength(round + 1);
    await clock.advance(1);
    expect(processes.started).toHaveLength(round + 2);
  }
});

test('a program that ran for a while is restarted at once again', async () => {
  const { clock, processes } = keep();
  await processes.end(100);
  await clock.advance(100);
  await clock.advance(10_000);
  await processes.end(101);
  await clock.advance(100);
  expect(processes.started).toHaveLength(3);
});

test('a living predecessor is taken over and not started a second time', async () => {
  const { clock, processes, identities, keeper } = keep({ pid: 7, began: 'b' });
  expect(processes.started).toEqual([]);
  expect(keeper.status).toMatchObject({ state: 'running', pid: 7 });
  await processes.end(7, 'ended');
  await clock.advance(100);
  expect(identities).toEqual([100]);
});

test('a dead predecessor is replaced', () => {
  expect(keep({ pid: 8, began: 'b' }).identities).toEqual([100]);
});

test('a keeper that let go starts nothing', async () => {
  const { clock, processes, keeper } = keep();
  keeper.release();
  await processes.end(100);
  await clock.advance(60_000);
  expect(processes.started).toHaveLength(1);
});
