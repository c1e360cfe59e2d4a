import { expect, test } from 'vitest';
import { makeNode, TestCluster } from '../../testing/cluster.ts';

const ZONE = 'topology.kubernetes.io/zone';
const nodes = () => [
  makeNode('a1', { labels: { [ZONE]: 'a' } }), makeNode('a2', { labels: { [ZONE]: 'a' } }), makeNode('b1', { labels: { [ZONE]: 'b' } }),
];
const term = (app: string, topologyKey: string) => ({ topologyKey, labelSelector: { matchLabels: { app } } });
const near = (app: string, key = ZONE) => ({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(app, key)] } } });
const awayFrom = (app: string, key = 'kubernetes.io/hostname') =>
  ({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(app, key)] } } });

test('affinity brings a pod into the topology of those it wants', () => {
  const cluster = new TestCluster(nodes());
  cluster.run('b1', 'cache', { labels: { app: 'cache' } });

  expect(cluster.place('web', { spec: near('cache') })).toBe('b1');
  expect(cluster.place('web', { spec: near('nobody') })).toMatch(/^0\/3 nodes are available: 3 node\(s\) didn't match pod affinity rules\./);
});

test('the first of a group that wants its own kind may go anywhere', () => {
  expect(new TestCluster(nodes()).place('web', { labels: { app: 'web' }, spec: near('web') })).toMatch(/^[ab]\d$/);
});

test('anti-affinity works both ways', () => {
  const cluster = new TestCluster(nodes());
  cluster.run('a1', 'one', { labels: { app: 'db' }, spec: awayFrom('db', ZONE) });

  expect(cluster.place('two', { labels: { app: 'db' }, spec: awayFrom('db', ZONE) })).toBe('b1');
  cluster.run('b1', 'two', { labels: { app: 'db' } });
  expect(cluster.place('three', { labels: { app: 'db' }, spec: awayFrom('db', ZONE) }))
    .toContain("3 node(s) didn't match pod anti-affinity rules.");
  expect(cluster.place('plain', { labels: { app: 'db' } })).toBe('b1');
});

test('a pod there that does not want the newcomer is heard', () => {
  const cluster = new TestCluster([makeNode('only')]);
  cluster.run('only', 'loner', { spec: awayFrom('web') });
  expect(cluster.place('web', { labels: { app: 'web' } })).toContain("1 node(s) didn't satisfy existing pods anti-affinity rules.");
});

test('terms speak of the pod\'s own namespace unless they name others', () => {
  const cluster = new TestCluster(nodes());
  cluster.namespaces.set('other', { team: 'x' });
  cluster.run('b1', 'cache', { namespace: 'other', labels: { app: 'cache' } });

  expect(cluster.place('web', { spec: near('cache') })).toContain("didn't match pod affinity rules");
  const everywhere = [{ ...term('cache', ZONE), namespaceSelector: { matchLabels: { team: 'x' } } }];
  expect(cluster.place('web', { spec: { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: everywhere } } } })).toBe('b1');
});

test('preferences weigh', () => {
  const cluster = new TestCluster(nodes());
  cluster.run('b1', 'cache', { labels: { app: 'cache' } });
  const preferred = [{ weight: 100, podAffinityTerm: term('cache', ZONE) }];

  expect(cluster.place('web', { spec: { affinity: { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } } } })).toBe('b1');
  expect(cluster.place('web', { spec: { affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } } } })).toMatch(/^a/);
});
