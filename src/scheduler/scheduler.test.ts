import { expect, test } from 'vitest';
import { ManualClock, settle } from '../base/clock.ts';
import { silent } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { createClient, createInformers } from '../client/index.ts';
import { FakeApi } from '../client/testing/fake-api.ts';
import type { Pod } from '../kinds/core/pod.ts';
import type { AnyObject } from '../meta/object.ts';
import type { ApiRequest, ApiResponse } from '../wire/api.ts';
import { startScheduler, type ProfileOptions } from './index.ts';
import { makeNode, makePod } from './testing/cluster.ts';

const PODS = '/api/v1/namespaces/default/pods';

/** The fake API with the binding subresource; `refuse` makes bindings fail. */
class Cluster implements AsyncDisposable {
  readonly api = new FakeApi();
  readonly clock = new ManualClock();
  refuse: string | undefined;
  readonly #disposables: AsyncDisposable[] = [];

  constructor() {
    this.api.intercept = (request) => (request.url.endsWith('/binding') ? this.#bind(request) : undefined);
  }

  async start(profiles?: readonly ProfileOptions[]) {
    const client = createClient(this.api.transport);
    const random = seededRandom(1);
    const informers = createInformers(client, { clock: this.clock, random, log: silent });
    const scheduler = await startScheduler({ client, informers, clock: this.clock, random, log: silent, ...(profiles && { profiles }) });
    this.#disposables.push(informers, scheduler);
    return scheduler;
  }

  addNode(...parts: Parameters<typeof makeNode>): void {
    this.api.put(`/api/v1/nodes/${parts[0]}`, makeNode(...parts));
  }

  addPod(...parts: Parameters<typeof makePod>): void {
    this.api.put(`${PODS}/${parts[0]}`, makePod(...parts));
  }

  pod(name: string): Pod {
    return this.api.objects.get(`${PODS}/${name}`) as unknown as Pod;
  }

  get events(): readonly string[] {
    const events = [...this.api.objects].filter(([path]) => path.includes('/events/'));
    return events.map(([, { type, reason, message }]: [string, AnyObject]) => `${type} ${reason}: ${message}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#disposables.toReversed()) await one[Symbol.asyncDispose]();
  }

  #bind({ url, body }: ApiRequest): ApiResponse {
    if (this.refuse !== undefined) {
      const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: this.refuse, reason: 'InternalError', code: 500 };
      return { status: 500, headers: {}, body: { type: 'bytes', chunks: [new TextEncoder().encode(JSON.stringify(status))] } };
    }
    const path = url.split('/binding')[0]!;
    const { target } = decode(body) as { target: { name: string } };
    const pod = this.api.objects.get(path) as unknown as Pod;
    this.api.put(path, { ...pod, spec: { ...pod.spec, nodeName: target.name } });
    return { status: 201, headers: {}, body: { type: 'bytes', chunks: [new TextEncoder().encode('{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success"}')] } };
  }
}

function decode(body: ApiRequest['body']): unknown {
  if (body?.type === 'object') return body.object;
  return body?.type === 'bytes' ? JSON.parse(new TextDecoder().decode(body.bytes)) : undefined;
}

test('a pod is bound to its node and an event says so', async () => {
  await using cluster = new Cluster();
  cluster.addNode('a');
  cluster.addPod('web');
  await cluster.start();
  await settle(100);

  expect(cluster.pod('web').spec.nodeName).toBe('a');
  expect(cluster.events).toEqual(['Normal Scheduled: Successfully assigned default/web to a']);
});

test('a pod that fits nowhere is told in its condition and by an event, and is placed when a node comes', async () => {
  await using cluster = new Cluster();
  cluster.addNode('a', { spec: { unschedulable: true } });
  cluster.addPod('web');
  await cluster.start();
  await settle(100);

  const message = cluster.pod('web').status.conditions?.[0]?.message;
  expect(message).toMatch(/^0\/1 nodes are available: 1 node\(s\) were unschedulable\./);
  expect(cluster.pod('web').status.conditions?.[0]).toMatchObject({ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' });
  expect(cluster.events).toEqual([`Warning FailedScheduling: ${message}`]);

  cluster.addNode('b');
  await settle(100);
  expect(cluster.pod('web').spec.nodeName).toBe('b');
});

test('pods of other schedulers are left alone', async () => {
  await using cluster = new Cluster();
  cluster.addNode('a');
  cluster.addPod('theirs', { spec: { schedulerName: 'other' } });
  cluster.addPod('ours', { spec: { schedulerName: 'mine' } });
  await cluster.start([{ schedulerName: 'mine' }]);
  await settle(100);

  expect(cluster.pod('theirs').spec.nodeName).toBeUndefined();
  expect(cluster.pod('ours').spec.nodeName).toBe('a');
});

test('a binding that fails gives the room back and is tried again after a back-off', async () => {
  await using cluster = new Cluster();
  cluster.addNode('a', { allocatable: { cpu: '1' } });
  cluster.refuse = 'etcd is gone';
  cluster.addPod('web', { requests: { cpu: '1' } });
  await cluster.start();
  await settle(100);
  expect(cluster.events[0]).toBe('Warning FailedScheduling: running Bind plugin "DefaultBinder": etcd is gone');
  expect(cluster.pod('web').status.conditions?.[0]).toMatchObject({ reason: 'SchedulerError' });

  cluster.refuse = undefined;
  await cluster.clock.advance(1_000);
  await settle(100);
  expect(cluster.pod('web').spec.nodeName).toBe('a');
});

test('room that a deleted or finished pod leaves is given to who waits for it', async () => {
  await using cluster = new Cluster();
  cluster.addNode('a', { allocatable: { cpu: '1' } });
  cluster.addPod('first', { requests: { cpu: '1' } });
  await cluster.start();
  await settle(100);
  cluster.addPod('second', { requests: { cpu: '1' } });
  await settle(100);
  expect(cluster.pod('second').spec.nodeName).toBeUndefined();

  const first = cluster.pod('first');
  cluster.api.put(`${PODS}/first`, { ...first, status: { phase: 'Succeeded' } });
  await settle(100);
  expect(cluster.pod('second').spec.nodeName).toBe('a');

  cluster.addPod('third', { requests: { cpu: '1' } });
  await settle(100);
  cluster.api.remove(`${PODS}/second`);
  await settle(100);
  expect(cluster.pod('third').spec.nodeName).toBe('a');
});

test('why: the verdicts of every plugin on every node, and the scores of a placed pod', async () => {
  await using cluster = new Cluster();
  cluster.addNode('a', { spec: { unschedulable: true }, allocatable: { cpu: '1' } });
  cluster.addNode('b', { allocatable: { cpu: '1' } });
  cluster.addPod('big', { requests: { cpu: '2' } });
  cluster.addPod('small');
  const scheduler = await cluster.start();
  await settle(100);

  const big = scheduler.why('default', 'big');
  expect(big?.verdicts.map(({ node, plugin, rejection }) => [node.name, plugin, rejection.reasons[0]])).toEqual([
    ['a', 'NodeUnschedulable', 'node(s) were unschedulable'],
    ['a', 'NodeResourcesFit', 'Insufficient cpu'],
    ['b', 'NodeResourcesFit', 'Insufficient cpu'],
  ]);
  expect(big?.last?.rejectedBy?.toSorted()).toEqual(['NodeResourcesFit', 'NodeUnschedulable']);
  expect(scheduler.why('default', 'small')?.last).toMatchObject({ node: 'b', feasible: 1 });
  expect(scheduler.why('default', 'absent')).toBeUndefined();
});
