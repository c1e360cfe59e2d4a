import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { defineProfile } from '../framework/profile.ts';
import { makeNode, podInfo, testPlugins } from '../testing/cluster.ts';
import { SchedulingQueue, type Failure } from './scheduling-queue.ts';

function makeQueue() {
  const clock = new ManualClock();
  const profile = defineProfile('default-scheduler', testPlugins);
  const queue = new SchedulingQueue({ clock, profileOf: () => profile, less: profile.less, onReady: () => {} });
  const names = () => {
    const found: string[] = [];
    for (let next = queue.pop(); next; next = queue.pop()) found.push(next.info.pod.metadata.name);
    return found;
  };
  return { clock, queue, names };
}
const rejectedBy = (...plugins: string[]): Failure => ({ type: 'rejected', plugins: new Set(plugins) });

test('higher priority goes first, then who came first', async () => {
  const { clock, queue, names } = makeQueue();
  queue.add(podInfo('early'));
  await clock.advance(10);
  queue.add(podInfo('late'));
  queue.add(podInfo('urgent', { spec: { priority: 100 } }));

  expect(names()).toEqual(['urgent', 'early', 'late']);
});

test('a rejected pod sleeps until something happens that its plugins wake on', () => {
  const { queue, names } = makeQueue();
  queue.add(podInfo('web'));
  queue.returned(queue.pop()!, rejectedBy('NodeResourcesFit'));

  queue.wake({ reason: 'node-labels' });
  expect(names()).toEqual([]);

  queue.wake({ reason: 'node-allocatable' });
  expect(names()).toEqual(['web']);
});

test('a woken pod backs off behind active ones, but not beside an idle scheduler', async () => {
  const { clock, queue, names } = makeQueue();
  queue.add(podInfo('web'));
  queue.returned(queue.pop()!, rejectedBy('NodeResourcesFit'));
  queue.wake({ reason: 'node-added' });
  expect(queue.sizes).toEqual({ active: 0, backoff: 1, unschedulable: 0 });

  queue.add(podInfo('other', { spec: { priority: -1 } }));
  expect(names()).toEqual(['other', 'web']);
  await clock.advance(1_000);
});

test('after an error the back-off doubles from one second to ten and no event shortens it', async () => {
  const { clock, queue } = makeQueue();
  queue.add(podInfo('web'));
  const waits: number[] = [];
  let queued = queue.pop()!;
  for (let attempt = 0; attempt < 6; attempt++) {
    queue.returned(queued, { type: 'error' });
    queue.wake({ reason: 'node-added' });
    const since = clock.now();
    let next = queue.pop();
    while (!next) {
      await clock.advance(500);
      next = queue.pop();
    }
    waits.push(clock.now() - since);
    queued = next;
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test('nobody sleeps longer than five minutes', async () => {
  const { clock, queue, names } = makeQueue();
  queue.add(podInfo('web'));
  queue.returned(queue.pop()!, rejectedBy('NodeAffinity'));

  await clock.advance(299_000);
  expect(names()).toEqual([]);
  await clock.advance(1_000);
  expect(names()).toEqual(['web']);
});

test('a gated pod stays out until its gates are gone', () => {
  const { queue, names } = makeQueue();
  queue.add(podInfo('web', { spec: { schedulingGates: [{ name: 'quota' }] } }));
  queue.wake({ reason: 'node-added' });
  expect(names()).toEqual([]);

  queue.update(podInfo('web'), ['own-gates']);
  expect(names()).toEqual(['web']);
});

test('a deleted pod is forgotten wherever it waits', () => {
  const { queue, names } = makeQueue();
  for (const name of ['active', 'asleep', 'failed']) queue.add(podInfo(name));
  const popped = [queue.pop()!, queue.pop()!, queue.pop()!];
  queue.returned(popped.find(({ info }) => info.pod.metadata.name === 'asleep')!, rejectedBy('NodeName'));
  queue.returned(popped.find(({ info }) => info.pod.metadata.name === 'failed')!, { type: 'error' });
  queue.add(podInfo('active'));

  for (const name of ['active', 'asleep', 'failed']) queue.delete(podInfo(name).uid);

  expect(queue.sizes).toEqual({ active: 0, backoff: 0, unschedulable: 0 });
  expect(names()).toEqual([]);
});

test('a pod whose binding was refused is tried again at once for what happened meanwhile', () => {
  const { queue, names } = makeQueue();
  for (const name of ['heard', 'slept']) queue.add(podInfo(name));
  const [heard, slept] = [queue.pop()!, queue.pop()!];
  queue.returned(slept, rejectedBy('NodeResourcesFit'));
  queue.wake({ reason: 'pod-removed', pod: podInfo('gone') });
  expect(names()).toEqual(['slept']);

  queue.returned(heard, rejectedBy('NodeResourcesFit'));
  const again = queue.pop()!;
  expect(again.info).toBe(heard.info);
  queue.returned(again, rejectedBy('NodeResourcesFit'));
  expect(names()).toEqual([]);
});

const taint = { key: 'gpu', effect: 'NoSchedule' };
const db = { matchLabels: { app: 'db' } };
const zone = 'topology.kubernetes.io/zone';
const affinity = (kind: 'podAffinity' | 'podAntiAffinity') =>
  ({ spec: { affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: zone, labelSelector: db }] } } } });
const spread = { spec: { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule', labelSelector: db }] } };
const database = podInfo('db', { labels: { app: 'db' } });
const other = podInfo('other', { labels: { app: 'other' } });
const zoned = makeNode('zoned', { labels: { [zone]: 'a' } });
const plain = makeNode('plain');

test.each([
  ['NodeResourcesFit', { requests: { cpu: '8' } }, { reason: 'node-added', node: plain }, false],
  ['NodeResourcesFit', { requests: { cpu: '4' } }, { reason: 'node-added', node: plain }, true],
  ['NodeResourcesFit', { requests: { cpu: '4' } }, { reason: 'pod-removed', pod: other }, true],
  ['NodeResourcesFit', {}, { reason: 'node-taints', node: plain }, false],
  ['TaintToleration', {}, { reason: 'node-added', node: makeNode('gpu', { spec: { taints: [taint] } }) }, false],
  ['TaintToleration', { spec: { tolerations: [{ key: 'gpu', operator: 'Exists' }] } }, { reason: 'node-added', node: makeNode('gpu', { spec: { taints: [taint] } }) }, true],
  ['NodeUnschedulable', {}, { reason: 'node-taints', node: makeNode('cordoned', { spec: { unschedulable: true } }) }, false],
  ['NodeUnschedulable', {}, { reason: 'node-taints', node: plain }, true],
  ['NodeName', { spec: { nodeName: 'plain' } }, { reason: 'node-added', node: zoned }, false],
  ['NodeName', { spec: { nodeName: 'plain' } }, { reason: 'node-added', node: plain }, true],
  ['NodeAffinity', { spec: { nodeSelector: { [zone]: 'a' } } }, { reason: 'node-added', node: plain }, false],
  ['NodeAffinity', { spec: { nodeSelector: { [zone]: 'a' } } }, { reason: 'node-labels', node: zoned }, true],
  ['InterPodAffinity', affinity('podAffinity'), { reason: 'pod-assigned', pod: database }, true],
  ['InterPodAffinity', affinity('podAffinity'), { reason: 'pod-assigned', pod: other }, false],
  ['InterPodAffinity', affinity('podAffinity'), { reason: 'node-added', node: plain }, false],
  ['InterPodAffinity', affinity('podAntiAffinity'), { reason: 'pod-removed', pod: database }, true],
  ['InterPodAffinity', affinity('podAntiAffinity'), { reason: 'pod-removed', pod: other }, false],
  ['InterPodAffinity', affinity('podAntiAffinity'), { reason: 'pod-assigned', pod: database }, false],
  ['InterPodAffinity', { labels: { app: 'db' } }, { reason: 'pod-removed', pod: podInfo('loner', affinity('podAntiAffinity')) }, true],
  ['PodTopologySpread', spread, { reason: 'pod-assigned', pod: database }, true],
  ['PodTopologySpread', spread, { reason: 'pod-removed', pod: other }, false],
  ['PodTopologySpread', spread, { reason: 'node-added', node: plain }, false],
  ['PodTopologySpread', spread, { reason: 'node-removed', node: zoned }, true],
  ['SchedulingGates', {}, { reason: 'node-added', node: plain }, false],
] as const)('%s lets a pod %j hear of %j: %s', (plugin, parts, event, heard) => {
  const { queue, names } = makeQueue();
  queue.add(podInfo('web', parts as never));
  queue.returned(queue.pop()!, rejectedBy(plugin));

  queue.wake(event);

  expect(names()).toEqual(heard ? ['web'] : []);
});
