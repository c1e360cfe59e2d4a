import { systemClock, type Clock } from '../../base/clock.ts';
import { silent, type Logger } from '../../base/log.ts';
import { systemRandom, type Random } from '../../base/random.ts';
import { createInformers, runLeaderElection, type Client, type Informers } from '../../client/index.ts';
import type { Controller } from '../../controllers/runtime/index.ts';
import { startHealth, type Health } from './health.ts';

export interface OperatorOptions {
  readonly client: Client;
  readonly controllers: readonly Controller[];
  /** Shared caches, where there are some; otherwise the operator has its own. */
  readonly informers?: Informers;
  /** Of several copies one leads and the others wait: the Lease they agree by. */
  readonly leaderElection?: { readonly namespace: string; readonly name: string; readonly identity?: string };
  /** Where `/healthz` and `/readyz` answer; 0 takes any port. */
  readonly health?: { readonly port: number; readonly host?: string };
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Logger;
}

/** Controllers at work, until disposed. */
export interface Operator extends AsyncDisposable {
  /** Where health is asked for. */
  readonly healthPort: number | undefined;
}

/** Runs controllers until disposed; with an election, whenever this process leads. */
export async function startOperator(options: OperatorOptions): Promise<Operator> {
  const { client, controllers, clock = systemClock, random = systemRandom, log = silent, leaderElection, health } = options;
  const around = { clock, random, log };
  const own = options.informers ? undefined : createInformers(client, around);
  const informers = options.informers ?? own!;
  const start = () => controllers.map((controller) => controller.start({ client, informers, ...around }));
  const stop = (running: readonly AsyncDisposable[]) => Promise.all(running.map((one) => one[Symbol.asyncDispose]()));
  let leads = leaderElection === undefined;
  const answers: Health | undefined = health && (await startHealth({ ...health, ready: () => (leads ? undefined : 'waiting to lead') }));
  const ending = new AbortController();
  const always = leads ? start() : [];
  const election = leaderElection && runLeaderElection(client, {
    ...around, identity: random.uuid(), ...leaderElection,
    async lead(signal) {
      leads = true;
      const running = start();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      leads = false;
      await stop(running);
    },
  }, ending.signal);
  return {
    healthPort: answers?.port,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await election;
      await stop(always);
      await own?.[Symbol.asyncDispose]();
      await answers?.[Symbol.asyncDispose]();
    },
  };
}
