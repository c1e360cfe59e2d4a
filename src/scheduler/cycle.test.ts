import { expect, test } from 'vitest';
import { feasibleNodesToFind } from './cycle.ts';
import { makeNode, TestCluster } from './testing/cluster.ts';

const MI = (count: number) => `${count}Mi`;

test('a pod goes to the node with the most room', () => {
  const cluster = new TestCluster([makeNode('a'), makeNode('b'), makeNode('c')]);
  cluster.run('a', 'one', { requests: { cpu: '2', memory: MI(4096) } });
  cluster.run('c', 'two', { requests: { cpu: '1', memory: MI(4096) } });

  expect(cluster.place('web', { requests: { cpu: '100m', memory: MI(100) } })).toBe('b');
});

test('a pod that fits nowhere is told why, by count of nodes, in upstream\'s words', () => {
  const cluster = new TestCluster([
    makeNode('a', { spec: { taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }] } }),
    makeNode('b'), makeNode('c'),
  ]);
  cluster.run('b', 'one', { requests: { cpu: '3500m' } });
  cluster.run('c', 'two', { requests: { cpu: '3500m' } });

  expect(cluster.place('web', { requests: { cpu: '1' } }))
    .toMatch(/^0\/3 nodes are available: 1 node\(s\) had untolerated taint\(s\), 2 Insufficient cpu\./);
});

test('each filter names its reason', () => {
  const one = (more: Parameters<typeof makeNode>[1], parts: Parameters<TestCluster['place']>[1]) =>
    new TestCluster([makeNode('a', more)]).place('web', parts).split(' preemption')[0]!.split(' no new claims')[0];
  const because = (reason: string) => `0/1 nodes are available: 1 ${reason}.`;

  expect(one({ spec: { unschedulable: true } }, {})).toBe(because('node(s) were unschedulable'));
  expect(one({}, { spec: { nodeSelector: { disk: 'ssd' } } })).toBe(because("node(s) didn't match Pod's node affinity/selector"));
  expect(one({ allocatable: { pods: '0' } }, {})).toBe(because('Too many pods'));
  expect(one({}, { requests: { 'example.com/gpu': '1' } })).toBe(because('Insufficient example.com/gpu'));
  expect(one({}, { requests: { memory: '1Ti' } })).toBe(because('Insufficient memory'));
});

test('host ports of pods on the node are not given twice', () => {
  const web = { spec: { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] } };
  const cluster = new TestCluster([makeNode('a'), makeNode('b')]);
  cluster.run('a', 'one', web);

  expect(cluster.place('two', web)).toBe('b');
  cluster.run('b', 'two', web);
  expect(cluster.place('three', web)).toContain("2 node(s) didn't have free ports for the requested pod ports.");
});

test('a pod whose affinity names its node is measured against that node alone', () => {
  const cluster = new TestCluster([makeNode('a'), makeNode('b'), makeNode('c', { spec: { unschedulable: true } })]);
  const onto = (...values: string[]) => ({
    spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values }] }],
    } } } },
  });

  expect(cluster.place('daemon', onto('b'))).toBe('b');
  expect(cluster.place('daemon', onto('c')))
    .toContain("1 node(s) were unschedulable, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].");
});

test('soft taints and preferences weigh, they do not forbid', () => {
  const cluster = new TestCluster([
    makeNode('a', { spec: { taints: [{ key: 'slow', effect: 'PreferNoSchedule' }] } }),
    makeNode('b', { labels: { disk: 'hdd' } }), makeNode('c', { labels: { disk: 'ssd' } }),
  ]);
  const preferSsd = { spec: { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [
    { weight: 10, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] } },
  ] } } } };

  expect(cluster.place('web', preferSsd)).toBe('c');
  expect(new TestCluster([makeNode('a', { spec: { taints: [{ key: 'slow', effect: 'PreferNoSchedule' }] } })]).place('web')).toBe('a');
});

test('a node that has the image is preferred when all else is equal', () => {
  const images = [{ names: ['registry/app:1'], sizeBytes: 800 * 2 ** 20 }];
  const cluster = new TestCluster([makeNode('a'), makeNode('b', { images }), makeNode('c')]);

  expect(cluster.place('web', { spec: { containers: [{ name: 'c', image: 'registry/app:1' }] } })).toBe('b');
});

test('no nodes at all is said as such', () => {
  expect(new TestCluster([]).place('web')).toBe('0/0 nodes are available:');
});

test('in large clusters a share of the nodes is looked at', () => {
  expect([50, 100, 1000, 5000, 20_000].map((nodes) => feasibleNodesToFind(nodes))).toEqual([50, 100, 420, 500, 1000]);
  expect(feasibleNodesToFind(5000, 50)).toBe(2500);
});

test('searches take turns, so that every node of a large cluster is used', () => {
  const cluster = new TestCluster(Array.from({ length: 400 }, (_, i) => makeNode(`n${i}`)));
  const used = new Set<string>();
  for (let i = 0; i < 400; i++) {
    const node = cluster.place(`p${i}`, { requests: { cpu: '100m' } });
    used.add(node);
    cluster.run(node, `p${i}`, { requests: { cpu: '100m' } });
  }
  expect(used.size).toBeGreaterThan(390);
});

test('the chosen node comes with the scores that chose it', () => {
  const cluster = new TestCluster([makeNode('a'), makeNode('b')]);
  cluster.run('a', 'one', { requests: { cpu: '2' } });

  const decision = cluster.decide('web', { requests: { cpu: '1', memory: '1Gi' } });

  expect(decision.type === 'fits' && decision.scored?.top()[0]).toMatchObject({
    node: 'b', plugins: { NodeResourcesFit: 84, NodeResourcesBalancedAllocation: 90 },
  });
});
