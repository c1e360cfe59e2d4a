import { systemClock, type Clock } from '../base/clock.ts';
import { silent, type Logger } from '../base/log.ts';
import { systemRandom, type Random } from '../base/random.ts';
import { createInformers, type Client, type Informers } from '../client/index.ts';
import type { Controller } from '../controllers/runtime/index.ts';

export interface OperatorOptions {
  readonly client: Client;
  readonly controllers: readonly Controller[];
  /** Shared caches, where there are some; otherwise the operator has its own. */
  readonly informers?: Informers;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Logger;
}

/** Runs controllers until disposed. */
export function startOperator({ client, controllers, clock = systemClock, random = systemRandom, log = silent, ...given }: OperatorOptions): AsyncDisposable {
  const around = { clock, random, log };
  const own = given.informers ? undefined : createInformers(client, around);
  const informers = given.informers ?? own!;
  const running = controllers.map((controller) => controller.start({ client, informers, ...around }));
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((one) => one[Symbol.asyncDispose]()));
      await own?.[Symbol.asyncDispose]();
    },
  };
}
