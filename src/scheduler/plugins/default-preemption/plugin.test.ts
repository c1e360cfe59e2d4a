import { expect, test } from 'vitest';
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
    entry.plugin.name === 'DefaultPreemption' ? { ...entry, plugin: defaultPreemption(() => [budget as never]) } : entry);
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
