import { expect, test } from 'vitest';
import { PodInfo } from '../../framework/pod-info.ts';
import { makeNode, testPlugins, TestCluster } from '../../testing/cluster.ts';
import { defaultPreemption } from './plugin.ts';

const cpu = (amount: string, priority = 0, more = {}) => ({ requests: { cpu: amount }, spec: { priority, ...more } });

function outcome(cluster: TestCluster, parts: Parameters<TestCluster['decide']>[1]) {
  const decision = cluster.decide('urgent', parts);
  if (decision.type === 'fits') return { node: decision.node.name };
  return { nominate: decision.nominate, victims: decision.victims.map(({ pod }) => pod.metadata.name) };
}

test('the fewest, least important pods have to go', () => {
  const cluster = new TestCluster([makeNode('a')]);
  cluster.run('a', 'low', cpu('1', 1));
  cluster.run('a', 'lower', cpu('1', 0));
  cluster.run('a', 'high', cpu('2', 50));

  expect(outcome(cluster, cpu('1', 10))).toEqual({ nominate: 'a', victims: ['lower'] });
  expect(outcome(cluster, cpu('2', 10))).toEqual({ nominate: 'a', victims: ['low', 'lower'] });
  expect(cluster.table.get('a')!.pods.size).toBe(3);
});

test('the node whose victims matter least is chosen', () => {
  const cluster = new TestCluster([makeNode('a'), makeNode('b'), makeNode('c')]);
  cluster.run('a', 'a1', cpu('4', 5));
  cluster.run('b', 'b1', cpu('2', 3));
  cluster.run('b', 'b2', cpu('2', 3));
  cluster.run('c', 'c1', cpu('4', 3));

  expect(outcome(cluster, cpu('4', 10))).toEqual({ nominate: 'c', victims: ['c1'] });
});

test('where it cannot help, the message says why for each node', () => {
  const cluster = new TestCluster([makeNode('a', { spec: { unschedulable: true } }), makeNode('b'), makeNode('c')]);
  cluster.run('b', 'equal', cpu('4', 10));
  cluster.run('c', 'higher', cpu('4', 20));

  expect(cluster.place('urgent', cpu('1', 10))).toBe('0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. ' +
    'no new claims to deallocate, preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, ' +
    '2 No preemption victims found for incoming pod.');
});

test('a pod that must not preempt does not', () => {
  const cluster = new TestCluster([makeNode('a')]);
  cluster.run('a', 'low', cpu('4'));
  expect(cluster.place('polite', cpu('1', 10, { preemptionPolicy: 'Never' })))
    .toContain('preemption: not eligible due to preemptionPolicy=Never.');
});

test('a disruption budget is broken only where nothing else helps', () => {
  const budget = { spec: { selector: { matchLabels: { app: 'kept' } } }, status: { disruptionsAllowed: 0 } };
  const withBudget = testPlugins.map((entry) =>
    entry.plugin.name === 'DefaultPreemption' ? { ...entry, plugin: defaultPreemption({ budgets: () => [budget as never], isPreempting: () => false }) } : entry);
  const cluster = new TestCluster([makeNode('a'), makeNode('b')], withBudget);
  cluster.run('a', 'kept', { ...cpu('4', 0), labels: { app: 'kept' } });
  cluster.run('b', 'other', cpu('4', 5));

  expect(outcome(cluster, cpu('4', 10))).toEqual({ nominate: 'b', victims: ['other'] });
});

test('room promised to one pod is not given to a lesser one', () => {
  const cluster = new TestCluster([makeNode('a')]);
  const promised = cluster.run('a', 'promised', cpu('4', 10));
  cluster.table.removePod(promised.uid);
  const input = { ...cluster.input, nominated: () => [promised] };
  const lesser = Object.assign(Object.create(TestCluster.prototype), cluster, { input }) as TestCluster;

  expect(lesser.place('lesser', cpu('1', 5))).toContain('Insufficient cpu');
  expect(lesser.place('greater', cpu('1', 20))).toBe('a');
  expect(cluster.table.get('a')!.pods.size).toBe(0);
});

test('who waits for the victims it has keeps the promise, and takes no more', () => {
  const cluster = new TestCluster([makeNode('a'), makeNode('b')]);
  const leaving = cluster.run('a', 'leaving', { ...cpu('4', 0), status: { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }] } as never });
  cluster.table.addPod(new PodInfo({ ...leaving.pod, metadata: { ...leaving.pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }), 'a');
  cluster.run('b', 'staying', cpu('4', 0));

  const waiting = cluster.decide('urgent', { ...cpu('4', 10), status: { nominatedNodeName: 'a' } as never });
  expect(waiting).toMatchObject({ type: 'unfit', nominate: undefined, victims: [] });
  expect(waiting.type === 'unfit' && waiting.diagnosis.postFilterMessage).toContain('preemption: not eligible due to a terminating pod on the nominated node.');

  cluster.table.setNode(makeNode('a', { spec: { unschedulable: true } }));
  expect(outcome(cluster, { ...cpu('4', 10), status: { nominatedNodeName: 'a' } as never })).toEqual({ nominate: 'b', victims: ['staying'] });
});

test('a pod that nothing can be done for loses its promise', () => {
  const cluster = new TestCluster([makeNode('a')]);
  cluster.run('a', 'higher', cpu('4', 20));
  expect(cluster.decide('urgent', { ...cpu('4', 10), status: { nominatedNodeName: 'a' } as never })).toMatchObject({ type: 'unfit', nominate: '' });
});

test.each([
  ['fewest broken budgets', [5, 5], { labels: { app: 'kept' } }, 'b'],
  ['the later started, when all else is equal', [5, 5], { status: { startTime: '2026-01-01T00:00:00Z' } }, 'b'],
  ['the lower highest priority', [6, 5], {}, 'b'],
])('the node is chosen by %s', (_, [one, two], more, expected) => {
  const budget = { spec: { selector: { matchLabels: { app: 'kept' } } }, status: { disruptionsAllowed: 0 } };
  const plugins = testPlugins.map((entry) =>
    entry.plugin.name === 'DefaultPreemption' ? { ...entry, plugin: defaultPreemption({ budgets: () => [budget as never], isPreempting: () => false }) } : entry);
  const cluster = new TestCluster([makeNode('a'), makeNode('b')], plugins);
  cluster.run('a', 'one', { ...cpu('4', one), ...more as object });
  cluster.run('b', 'two', { ...cpu('4', two), status: { startTime: '2026-01-02T00:00:00Z' } as never });
  expect(outcome(cluster, cpu('4', 10))).toMatchObject({ nominate: expected });
});

test('a budget that selects everything covers nothing', () => {
  const budget = { spec: { selector: {} }, status: { disruptionsAllowed: 0 } };
  const plugins = testPlugins.map((entry) =>
    entry.plugin.name === 'DefaultPreemption' ? { ...entry, plugin: defaultPreemption({ budgets: () => [budget as never], isPreempting: () => false }) } : entry);
  const cluster = new TestCluster([makeNode('a'), makeNode('b')], plugins);
  cluster.run('a', 'one', { ...cpu('4', 1), labels: { app: 'web' } });
  cluster.run('b', 'two', cpu('4', 2));
  expect(outcome(cluster, cpu('4', 10))).toMatchObject({ nominate: 'a' });
});

test('anti-affinity is a reason to preempt, and the victims are those in the way', () => {
  const cluster = new TestCluster([makeNode('a')]);
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'loud' } } };
  cluster.run('a', 'loud', { ...cpu('1'), labels: { app: 'loud' } });
  cluster.run('a', 'quiet', cpu('1'));
  const more = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
  expect(outcome(cluster, cpu('1', 10, more))).toEqual({ nominate: 'a', victims: ['loud'] });
});
