import { expect, test } from 'vitest';
import { PodInfo } from '../../framework/pod-info.ts';
import { makeNode, makePod, podInfo, TestCluster } from '../../testing/cluster.ts';

const ZONE = 'topology.kubernetes.io/zone';
const inZone = (name: string, zone: string) => makeNode(name, { labels: { [ZONE]: zone } });
const spread = (more = {}) => ({
  labels: { app: 'web' },
  spec: { topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: ZONE, whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'web' } }, ...more },
  ] },
});

test('a domain that is ahead by more than maxSkew is closed', () => {
  const cluster = new TestCluster([inZone('a1', 'a'), inZone('b1', 'b')]);
  cluster.run('a1', 'one', spread());
  expect(cluster.place('two', spread())).toBe('b1');

  cluster.run('a1', 'two', spread());
  cluster.run('b1', 'big', { requests: { cpu: '4' } });
  expect(cluster.place('three', { ...spread(), requests: { cpu: '1' } }))
    .toContain("1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints.");
});

test('nodes without the key cannot take the pod, and say so', () => {
  const cluster = new TestCluster([makeNode('plain')]);
  expect(cluster.place('one', spread())).toContain("1 node(s) didn't match pod topology spread constraints (missing required label).");
});

test('terminating pods do not count', () => {
  const cluster = new TestCluster([inZone('a1', 'a'), inZone('b1', 'b')]);
  const leaving = makePod('leaving', spread());
  cluster.run('b1', 'big', { requests: { cpu: '4' } });
  cluster.table.addPod(podInfo('x', {}), 'a1');
  const going = { ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  cluster.table.addPod(new PodInfo(going), 'a1');

  expect(cluster.place('one', { ...spread(), requests: { cpu: '1' } })).toBe('a1');
});

test('with fewer domains than minDomains the emptiest counts as empty', () => {
  const cluster = new TestCluster([inZone('a1', 'a'), inZone('b1', 'b')]);
  cluster.run('a1', 'one', spread());
  cluster.run('b1', 'two', spread());
  expect(cluster.place('three', spread())).toMatch(/[ab]1/);
  expect(cluster.place('three', spread({ minDomains: 3 }))).toContain("2 node(s) didn't match pod topology spread constraints.");
});

test('pods of one owner spread over hosts without saying so', () => {
  const cluster = new TestCluster([makeNode('a'), makeNode('b'), makeNode('c')]);
  const web = { labels: { app: 'web' } };
  for (const name of ['one', 'two', 'three']) cluster.run(cluster.place(name, web), name, web);
  expect(['a', 'b', 'c'].map((node) => cluster.table.get(node)!.pods.size)).toEqual([1, 1, 1]);
});

test('the running counts follow pods that come, change and go', () => {
  const cluster = new TestCluster([makeNode('a'), makeNode('b')]);
  const set = { key: 'web', namespaces: ['default'], has: ({ namespace, labels }: PodInfo) => namespace === 'default' && labels.app === 'web' };
  const at = (node: string) => cluster.table.podCounts(set)[cluster.table.get(node)!.slot];
  expect(at('a')).toBe(0);

  cluster.run('a', 'one', { labels: { app: 'web' } });
  cluster.run('a', 'two', { labels: { app: 'db' } });
  cluster.run('a', 'three', { labels: { app: 'web' }, namespace: 'other' });
  expect([at('a'), at('b')]).toEqual([1, 0]);

  cluster.run('b', 'one', { labels: { app: 'web' } });
  expect([at('a'), at('b')]).toEqual([0, 1]);
  cluster.run('b', 'one', { labels: { app: 'db' } });
  expect(at('b')).toBe(0);
});
