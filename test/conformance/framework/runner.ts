import type { Clock } from '../../../src/base/clock.ts';
import { Context, type Surroundings } from './context.ts';
import type { TestCase } from './test-case.ts';

/** How one test ended. */
export interface Outcome {
  readonly codename: string;
  readonly passed: boolean;
  readonly seconds: number;
  readonly why?: string;
}

export interface RunOptions {
  readonly shared: Surroundings;
  /** How many tests run at once; serial ones run after all others, alone. */
  readonly parallel: number;
  /** Told of each test as it ends. */
  readonly onOutcome: (outcome: Outcome) => void;
}

export async function run(tests: readonly TestCase[], options: RunOptions): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting = tests.filter(({ serial }) => !serial);
  const worker = async (from: TestCase[]) => {
    for (let test = from.shift(); test; test = from.shift()) {
      const outcome = await runOne(test, options.shared);
      outcomes.push(outcome);
      options.onOutcome(outcome);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.parallel) }, () => worker(waiting)));
  await worker(tests.filter(({ serial }) => serial));
  return outcomes;
}

async function runOne(test: TestCase, shared: Surroundings): Promise<Outcome> {
  const { codename, musts, timeoutSeconds } = test;
  const started = shared.clock.monotonic();
  const seconds = () => (shared.clock.monotonic() - started) / 1000;
  try {
    using deadline = expire(shared.clock, timeoutSeconds);
    await using context = await Context.start(shared, { musts, signal: deadline.signal });
    await test.run(context);
    if (context.forgotten.length > 0) throw new Error(`never asserted: ${context.forgotten.join('; ')}`);
    return { codename, passed: true, seconds: seconds() };
  } catch (error) {
    return { codename, passed: false, seconds: seconds(), why: explain(error) };
  }
}

function expire(clock: Clock, seconds: number): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const alarm = clock.after(seconds * 1000, () => controller.abort(new Error(`the test took longer than ${seconds} s`)));
  return { signal: controller.signal, [Symbol.dispose]: () => alarm[Symbol.dispose]() };
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'SuppressedError' && 'suppressed' in error) return explain((error as Error & { suppressed: unknown }).suppressed);
  const where = error.name === 'Unmet' ? '' : `\n${(error.stack ?? '').split('\n').slice(1, 4).join('\n')}`;
  return `${error.name === 'Unmet' ? '' : `${error.name}: `}${error.message}${where}`;
}
