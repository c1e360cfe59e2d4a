/** How much of the processor the event loop takes between two looks at its timers: how long others must wait for it, whatever else the machine does. */
import { openSync, readSync } from 'node:fs';
import { quantile } from './load.ts';

const LOOK_MILLIS = 1;

export interface Turns {
  /** Milliseconds of the main thread's processor time, collections of garbage included. */
  readonly p999: number;
  readonly max: number;
}

/** @returns what the turns since the last call took */
export function watchTurns(): () => Turns {
  const file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  const bytes = Buffer.alloc(64);
  // Its first number is the thread's time on a processor, in nanoseconds.
  const spent = (): number => Number.parseInt(bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0)), 10) / 1e6;
  let last = spent();
  let millis: number[] = [];
  setInterval(() => {
    const now = spent();
    millis.push(now - last);
    last = now;
  }, LOOK_MILLIS).unref();
  return () => {
    const sorted = millis.toSorted((a, b) => a - b);
    millis = [];
    last = spent();
    return { p999: quantile(sorted, 0.999), max: sorted.at(-1) ?? 0 };
  };
}
