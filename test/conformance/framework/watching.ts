import type { WatchEvent } from '../../../src/client/index.ts';
import type { InstanceOf, Resource } from '../../../src/meta/resource.ts';
import { Unmet } from './assert.ts';
import type { Context } from './context.ts';

type Type = WatchEvent<unknown>['type'];

/** A watch in a test: what came so far, and ways to wait for more. */
export interface Watching<T> extends AsyncDisposable {
  readonly seen: readonly WatchEvent<T>[];
  /** The next event not yet waited for that is of this type and fits; those before it are passed over. */
  until(type: Type, fits: (object: T) => boolean, seconds?: number): Promise<T>;
}

export interface WatchFrom {
  readonly namespace?: string;
  readonly resourceVersion?: string;
}

/** Watches the test's namespace from now on, or from a revision. */
export function watchEvents<R extends Resource>(t: Context, resource: R, labelSelector = '', from: WatchFrom = {}): Watching<InstanceOf<R>> {
  const stop = new AbortController();
  const seen: WatchEvent<InstanceOf<R>>[] = [];
  let at = 0;
  let failure: unknown;
  const options = {
    namespace: from.namespace ?? t.namespace, signal: AbortSignal.any([stop.signal, t.signal]),
    ...(labelSelector && { labelSelector }), ...(from.resourceVersion && { resourceVersion: from.resourceVersion }),
  };
  const done = (async () => {
    for await (const batch of t.client.watch(resource, options)) seen.push(...batch);
  })().catch((error: unknown) => {
    if (!stop.signal.aborted) failure = error;
  });
  return {
    seen,
    async until(type, fits, seconds = 60) {
      return t.eventually(`a ${type} event`, async () => {
        if (failure) throw failure;
        while (at < seen.length) {
          const event = seen[at++]!;
          if (event.type === type && fits(event.object)) return event.object;
        }
        return undefined;
      }, { seconds, everySeconds: 0.1 }).catch((error: unknown) => {
        const got = seen.map((event) => event.type).join(', ');
        throw error instanceof Unmet ? new Unmet(`${error.message}; seen: ${got}`) : error;
      });
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
    },
  };
}
