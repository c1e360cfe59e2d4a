import { silent, type Logger } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { startApi, type TestApi } from '../../apiserver/testing/start-api.ts';
import { createClient, createInformers, type Client, type Informers } from '../../client/index.ts';
import { builtinKinds } from '../../kinds/index.ts';
import { Namespace } from '../../kinds/core/namespace.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { formatTime } from '../../meta/time.ts';
import type { Controller } from '../runtime/index.ts';
import { serviceAccountController } from '../service-account/service-account.ts';
import { Traffic } from './traffic.ts';

/** A real API server in memory with these controllers at work; time stands still until moved. */
export interface TestCluster extends AsyncDisposable {
  readonly api: TestApi;
  readonly client: Client;
  readonly informers: Informers;
  /** Moves time on, letting everything that follows happen. */
  pass(seconds: number): Promise<void>;
  /** Lets everything happen that needs no time. */
  quiet(): Promise<void>;
  /** Repeats a look until it finds something: for what runs on other threads, as signing does. */
  find<T>(look: () => Promise<T | undefined>): Promise<T>;
  /** What a scheduler and a kubelet would do for each pod. */
  runPods(): Promise<void>;
}

export async function startControlled(controllers: readonly Controller[], log: Logger = silent): Promise<TestCluster> {
  const api = await startApi({ kinds: builtinKinds });
  const traffic = new Traffic();
  const server = traffic.through(api.server.handler);
  const around = { clock: api.clock, random: seededRandom(7), log };
  const client = createClient(server, { user: { username: 'test', groups: ['system:masters'] } });
  // Bound by the roles the server gives them, as in a cluster.
  const own = createClient(server, { user: { username: 'system:kube-controller-manager', groups: ['system:authenticated'] } });
  const informers = createInformers(own, around);
  const running = [serviceAccountController, ...controllers].map((controller) => controller.start({ client: own, informers, ...around }));
  await client.create(Namespace, { metadata: { name: 'shop' } });
  const quiet = () => traffic.quiet();
  await quiet();
  return {
    api, client, informers, quiet,
    async pass(seconds) {
      await traffic.pass(api.clock, seconds * 1000);
    },
    async find(look) {
      for (let round = 0; round < 200; round++) {
        const found = await look();
        if (found !== undefined) return found;
        await traffic.pass(api.clock, 100);
      }
      throw new Error('not found in 20 seconds of the cluster\'s time');
    },
    async runPods() {
      const { items } = await client.list(Pod);
      for (const [n, pod] of items.entries()) {
        if (pod.metadata.deletionTimestamp !== undefined) await client.delete(Pod, pod.metadata.name, { namespace: 'shop', gracePeriodSeconds: 0 });
        else if (pod.status.phase !== 'Running') await client.updateStatus(Pod, { ...pod, status: runningStatus(pod, n, api) });
      }
      await quiet();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((one) => one[Symbol.asyncDispose]()));
      await informers[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

function runningStatus(pod: Pod, n: number, api: TestApi): Pod['status'] {
  const ip = `10.244.0.${(n % 250) + 2}`;
  return {
    ...pod.status, phase: 'Running', podIP: ip, podIPs: [{ ip }],
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: formatTime(api.clock.now()) }],
  };
}
