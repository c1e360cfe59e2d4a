import { settle } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { startApi, type TestApi } from '../../apiserver/testing/start-api.ts';
import { createClient, createInformers, type Client } from '../../client/index.ts';
import { builtinKinds } from '../../kinds/index.ts';
import { Event } from '../../kinds/core/event.ts';
import { Namespace } from '../../kinds/core/namespace.ts';
import { Node } from '../../kinds/core/node.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { ServiceAccount } from '../../kinds/core/service-account.ts';
import { PriorityClass } from '../../kinds/scheduling/priority-class.ts';
import type { DeepPartial } from '../../meta/object.ts';
import { startScheduler, type Scheduler } from '../index.ts';

const SHOP = { namespace: 'shop' };

/** A real API server in memory with the scheduler at work in it, bound by the roles it has in a cluster; time stands still until moved. */
export interface ScheduledCluster extends AsyncDisposable {
  readonly api: TestApi;
  readonly client: Client;
  readonly scheduler: Scheduler;
  node(name: string, allocatable?: Readonly<Record<string, string>>, labels?: Readonly<Record<string, string>>): Promise<void>;
  priorityClass(name: string, value: number, more?: DeepPartial<PriorityClass>): Promise<void>;
  /** Creates a pod in namespace shop and lets all happen that needs no time. */
  pod(name: string, spec?: DeepPartial<Pod['spec']>, requests?: Readonly<Record<string, string>>): Promise<Pod>;
  get(name: string): Promise<Pod>;
  /** `reason: message` of the pod's events. */
  events(name: string): Promise<readonly string[]>;
  /** What the kubelet does at the end of a grace period. */
  gone(name: string): Promise<void>;
  quiet(): Promise<void>;
  pass(seconds: number): Promise<void>;
}

export async function startScheduled(): Promise<ScheduledCluster> {
  const api = await startApi({ kinds: builtinKinds });
  const around = { clock: api.clock, random: seededRandom(7), log: silent };
  const client = createClient(api.server.handler, { user: { username: 'test', groups: ['system:masters'] } });
  const own = createClient(api.server.handler, { user: { username: 'system:kube-scheduler', groups: ['system:authenticated'] } });
  await client.create(Namespace, { metadata: { name: 'shop' } });
  await client.create(ServiceAccount, { metadata: { name: 'default' } }, SHOP);
  const informers = createInformers(own, around);
  const scheduler = await startScheduler({ client: own, informers, ...around });
  const quiet = () => settle(100);
  const get = (name: string) => client.get(Pod, name, SHOP);
  await quiet();
  return {
    api, client, scheduler, quiet, get,
    async node(name, allocatable = {}, labels = {}) {
      const made = await client.create(Node, { metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } } });
      const capacity = { cpu: '4', memory: '16Gi', pods: '110', ...allocatable };
      await client.updateStatus(Node, { ...made, status: { ...made.status, capacity, allocatable: capacity } });
      await client.patch(Node, name, { type: 'merge', body: { spec: { taints: null } } });
      await quiet();
    },
    async priorityClass(name, value, more) {
      await client.create(PriorityClass, { metadata: { name }, value, ...more });
    },
    async pod(name, spec = {}, requests = {}) {
      const containers = [{ name: 'c', image: 'app:1', resources: { requests } }];
      await client.create(Pod, { metadata: { name, labels: { app: name } }, spec: { containers, ...spec } }, SHOP);
      await quiet();
      return get(name);
    },
    async events(name) {
      const { items } = await client.list(Event, SHOP);
      return items.filter(({ involvedObject }) => involvedObject.name === name).map(({ reason, message }) => `${reason}: ${message}`);
    },
    async gone(name) {
      await client.delete(Pod, name, { ...SHOP, gracePeriodSeconds: 0 });
      await quiet();
    },
    async pass(seconds) {
      await api.clock.advance(seconds * 1000);
      await quiet();
    },
    async [Symbol.asyncDispose]() {
      await scheduler[Symbol.asyncDispose]();
      await informers[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}
