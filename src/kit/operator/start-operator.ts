import { systemClock, type Clock } from '../../base/clock.ts';
import { silent, type Logger } from '../../base/log.ts';
import { systemRandom, type Random } from '../../base/random.ts';
import { type Family, labels } from '../../base/metrics/family.ts';
import { createInformers, runLeaderElection, type Client, type ElectionOptions, type Informers } from '../../client/index.ts';
import { type Controller, ControllerMetrics } from '../../controllers/runtime/index.ts';
import { startHealth } from './health.ts';
import { processMetrics } from './process-metrics.ts';
import { WebhookMetrics } from './webhooks/metrics.ts';
import { startWebhooks, type WebhookOptions } from './webhooks/start-webhooks.ts';

export interface OperatorOptions {
  readonly client: Client;
  readonly controllers: readonly Controller[];
  /** Shared caches, where there are some; otherwise the operator has its own. */
  readonly informers?: Informers;
  /** Of several copies one leads and the others wait: the Lease they agree by. */
  readonly leaderElection?: { readonly namespace: string; readonly name: string; readonly identity?: string };
  /** What the API server asks before it stores something. Every copy answers, whoever leads. */
  readonly webhooks?: WebhookOptions;
  /** Where `/healthz`, `/readyz` and `/metrics` answer; 0 takes any port. */
  readonly health?: { readonly port: number; readonly host?: string };
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Logger;
}

/** Controllers at work, until disposed. */
export interface Operator extends AsyncDisposable {
  /** Where health is asked for. */
  readonly healthPort: number | undefined;
  /** Where reviews are answered. */
  readonly webhookPort: number | undefined;
}

/**
 * Runs controllers until disposed; with an election, whenever this process leads. Resolves once its webhooks are asked.
 * @throws where a port is taken, or where it may not make the API server ask its webhooks
 */
export async function startOperator(options: OperatorOptions): Promise<Operator> {
  const { client, controllers, clock = systemClock, random = systemRandom, log = silent, leaderElection, health, webhooks } = options;
  const around = { clock, random, log };
  const passes = new ControllerMetrics(clock);
  const reviews = new WebhookMetrics();
  const began: AsyncDisposable[] = [];
  const dispose = async () => {
    for (let one = began.pop(); one; one = began.pop()) await one[Symbol.asyncDispose]();
  };
  let isReady = false;
  let leads = leaderElection === undefined;
  const metrics = () => [...passes.families(), ...(webhooks ? reviews.families() : []), ...processMetrics(), ...(leaderElection ? [leadership(leaderElection.name, leads)] : [])];
  try {
    // A copy that waits to lead is ready all the same: it answers reviews, and a rollout need not wait for its turn.
    const answers = health && (await startHealth({ ...health, metrics, ready: () => (isReady ? undefined : 'webhooks are not served yet') }));
    if (answers) began.push(answers);
    const server = webhooks && (await startWebhooks(webhooks, { client, metrics: reviews, ...around }));
    if (server) began.push(server);
    isReady = true;
    const own = options.informers ? undefined : createInformers(client, around);
    if (own) began.push(own);
    const informers = options.informers ?? own!;
    const start = () => together(controllers.map((controller) => controller.start({ client, informers, ...around, metrics: passes })));
    began.push(leaderElection ? elected(client, { ...around, ...leaderElection }, (signal) => whileLeading(start, signal, (is) => (leads = is))) : start());
    return { healthPort: answers?.port, webhookPort: server?.port, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

const together = (running: readonly AsyncDisposable[]): AsyncDisposable => ({
  [Symbol.asyncDispose]: async () => void (await Promise.all(running.map((one) => one[Symbol.asyncDispose]()))),
});

async function whileLeading(start: () => AsyncDisposable, signal: AbortSignal, tell: (leads: boolean) => void): Promise<void> {
  tell(true);
  const running = start();
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  tell(false);
  await running[Symbol.asyncDispose]();
}

type Election = Omit<ElectionOptions, 'lead' | 'identity'> & { readonly identity?: string };

function elected(client: Client, election: Election, lead: ElectionOptions['lead']): AsyncDisposable {
  const ending = new AbortController();
  const running = runLeaderElection(client, { identity: election.random.uuid(), ...election, lead }, ending.signal);
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await running;
    },
  };
}

const leadership = (name: string, leads: boolean): Family => ({
  name: 'leader_election_master_status', type: 'gauge', samples: [{ labels: labels({ name }), value: leads ? 1 : 0 }],
  help: 'Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master. \'name\' is the string used to identify the lease. Please make sure to group by name.',
});
