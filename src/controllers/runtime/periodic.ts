import type { Millis } from '../../base/clock.ts';
import { createEventRecorder } from '../../client/index.ts';
import type { Resource } from '../../meta/resource.ts';
import { Cache } from './cache.ts';
import type { Context, Controller, ControllerSurroundings } from './controller.ts';
import { TrackingClient } from './tracking-client.ts';

export interface PeriodicDefinition {
  readonly name: string;
  readonly component?: string;
  /** From the end of one round to the beginning of the next. */
  readonly every: Millis;
  readonly reads: readonly [Resource, ...Resource[]];
  /** One look at everything. A throw is logged; the next round comes all the same. */
  round(context: Context): Promise<void>;
}

/** For what no single object's change announces: a controller that looks at everything now and then. */
export function definePeriodic(definition: PeriodicDefinition): Controller {
  return { name: definition.name, start: (around) => start(definition, around) };
}

function start(definition: PeriodicDefinition, around: ControllerSurroundings): AsyncDisposable {
  const { clock, random } = around;
  const stop = new AbortController();
  const { signal } = stop;
  const log = around.log.with({ controller: definition.name });
  const cache = new Cache(around.informers);
  const component = definition.component ?? `${definition.name}-controller`;
  const events = createEventRecorder(around.client, { component, clock, random, log });
  const run = async () => {
    for (const resource of definition.reads) await cache.informer(resource).untilSynced(signal);
    while (!signal.aborted) {
      const client = new TrackingClient(around.client, definition.reads[0], signal);
      await definition.round({ cache, client, events, clock, random, log, now: clock.now(), signal }).catch((error: unknown) => {
        if (!signal.aborted) log.warn('round failed', { error: String(error) });
      });
      await clock.sleep(definition.every, signal);
    }
  };
  const running = run().catch(() => undefined); // ends by the signal alone
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await events[Symbol.asyncDispose]();
    },
  };
}
