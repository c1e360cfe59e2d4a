import type { Millis } from '../base/clock.ts';
import { isApiError } from '../meta/api-error.ts';
import { parseTime } from '../meta/time.ts';
import type { AnyObject } from '../meta/object.ts';
import type { Core } from './core.ts';
import { commitDelete } from './registry/storage.ts';
import type { Version } from './watch-cache/version.ts';

/** Upstream's `--event-ttl`. */
const LIFETIME: Millis = 60 * 60_000;
const INTERVAL: Millis = 60_000;

/**
 * Deletes Events an hour after they were last written. They are kept in the order of their writes, so that a visit looks
 * only at those that are due; what an earlier server left is as old as it says.
 */
export function startEventExpiry(core: Core): Disposable {
  const { clock, log } = core;
  const events = core.resources.of('', 'events')?.cache;
  if (!events) return { [Symbol.dispose]() {} };
  const left = [...events.list('')].map((version) => [version.key, Math.min(clock.now(), lastHeard(version))] as const);
  const written = new Map<string, Millis>(left.toSorted(([, a], [, b]) => a - b));
  const following = events.onChange(({ type, version }) => {
    written.delete(version.key);
    if (type !== 'DELETED') written.set(version.key, clock.now());
  });
  const expire = async (): Promise<void> => {
    for (const [key, at] of written) {
      if (at > clock.now() - LIFETIME) return;
      const version = events.get(key);
      if (version) await commitDelete(core, version);
      else written.delete(key);
    }
  };
  let timer = clock.after(INTERVAL, visit);
  function visit(): void {
    timer = clock.after(INTERVAL, visit);
    expire().catch((error: unknown) => void (core.stopping.aborted || log.warn('events could not be expired', { error: String(error) })));
  }
  return {
    [Symbol.dispose]() {
      timer[Symbol.dispose]();
      following[Symbol.dispose]();
    },
  };
}

/** What cannot be read may be as young as can be. */
function lastHeard(version: Version): Millis {
  let event: AnyObject;
  try {
    event = version.object;
  } catch (error) {
    if (isApiError(error, 'InternalError')) return Infinity;
    throw error;
  }
  const series = event['series'] as { readonly lastObservedTime?: string } | undefined;
  const times = [event['lastTimestamp'], event['eventTime'], series?.lastObservedTime, event.metadata.creationTimestamp];
  return Math.max(...times.map((time) => parseTime(time as string | undefined) ?? 0));
}
