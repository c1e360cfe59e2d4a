import type { Clock, Millis } from '../../base/clock.ts';

/** Until something changed, or for a while. */
export async function eitherOf(change: Promise<void>, { clock, atMost }: { readonly clock: Clock; readonly atMost: Millis }, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const poll = clock.sleep(atMost, AbortSignal.any([signal, over.signal])).catch(() => undefined);
  await Promise.race([change, poll]);
  over.abort();
  signal.throwIfAborted();
}
