import type { Clock, Millis } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { parseTime } from '../meta/time.ts';
import type { AnyObject } from '../meta/object.ts';
import type { Core } from './core.ts';
import { commitDelete } from './registry/storage.ts';

/** Upstream's `--event-ttl`. */
const LIFETIME: Millis = 60 * 60_000;
const INTERVAL: Millis = 60_000;

/** Deletes Events an hour after they last said something. */
export function startEventExpiry(core: Core): Disposable {
  const { clock, log } = core;
  let timer = clock.after(INTERVAL, visit);
  function visit(): void {
    timer = clock.after(INTERVAL, visit);
    expire(core, clock).catch((error: unknown) => warn(log, error));
  }
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

const warn = (log: Logger, error: unknown): void => log.warn('events could not be expired', { error: String(error) });

async function expire(core: Core, clock: Clock): Promise<void> {
  const events = core.resources.of('', 'events')?.cache;
  if (!events) return;
  const old = [...events.list('')].filter(({ object }) => lastHeard(object) < clock.now() - LIFETIME);
  for (const version of old) await commitDelete(core, version);
}

function lastHeard(event: AnyObject): Millis {
  const series = event['series'] as { readonly lastObservedTime?: string } | undefined;
  const times = [event['lastTimestamp'], event['eventTime'], series?.lastObservedTime, event.metadata.creationTimestamp];
  return Math.max(...times.map((time) => parseTime(time as string | undefined) ?? 0));
}
