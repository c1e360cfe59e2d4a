import type { Clock, Millis } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { Compacted, type Driver } from '../store/index.ts';

/** Upstream's: history between two visits stays readable, what is older goes. */
const INTERVAL: Millis = 5 * 60_000;

/** Lets the store forget history, one interval after it was made. */
export function startCompaction({ driver, clock, log, interval = INTERVAL }: { driver: Driver; clock: Clock; log: Logger; interval?: Millis | undefined }): Disposable {
  let upTo = driver.revision;
  let timer = clock.after(interval, visit);
  function visit(): void {
    const reached = driver.revision;
    const forget = upTo;
    upTo = reached;
    timer = clock.after(interval, visit);
    if (forget <= 0n) return;
    driver.compact(forget).catch((error: unknown) => {
      // Another server was first.
      if (!(error instanceof Compacted)) log.warn('the store could not be compacted', { error: String(error) });
    });
  }
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
