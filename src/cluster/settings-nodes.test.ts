import { expect, test } from 'vitest';
import { changeNodes } from './settings-nodes.ts';
import { planCluster, poweredNodes, type Settings } from './settings.ts';

const cluster = (nodes: number): Settings =>
  planCluster({ port: 6443, nodes, simulated: 0, legacyServiceAccountTokens: false }, { hostname: 'box', addresses: ['192.0.2.2'] }, { slot: 0 });
const names = ({ nodes }: Pick<Settings, 'nodes'>): readonly string[] => nodes.map(({ name }) => name);
const at = { dataDir: '/data' };

test('a node that is added takes the lowest free number, and is no longer retired', () => {
  const gap = changeNodes(cluster(3), { ...at, verb: 'remove', name: 'node-2' }).settings;
  expect([names(gap), gap.retired]).toEqual([['node-1', 'node-3'], ['node-2']]);
  const { settings, about } = changeNodes(gap, { ...at, verb: 'add', count: 2 });
  expect([names(settings), names({ nodes: about }), settings.retired]).toEqual([['node-1', 'node-2', 'node-3', 'node-4'], ['node-2', 'node-4'], []]);
});

test('a stopped node runs nothing until it is started', () => {
  const stopped = changeNodes(cluster(2), { ...at, verb: 'stop', name: 'node-2' }).settings;
  expect(poweredNodes(stopped).map(({ name }) => name)).toEqual(['node-1']);
  expect(poweredNodes(changeNodes(stopped, { ...at, verb: 'start', name: 'node-2' }).settings)).toHaveLength(2);
});

test('what cannot be done is refused in words', () => {
  const attempt = (settings: Settings, verb: 'remove' | 'stop' | 'start' | 'partition' | 'heal', name = 'node-1') => () => changeNodes(settings, { ...at, verb, name });
  expect(attempt(cluster(2), 'stop', 'node-9')).toThrow('there is no node node-9');
  expect(attempt(cluster(2), 'start')).toThrow('node-1 is not stopped');
  expect(attempt(cluster(2), 'heal')).toThrow('node-1 is not partitioned');
  const one = changeNodes(cluster(2), { ...at, verb: 'remove', name: 'node-2' }).settings;
  expect(attempt(one, 'remove')).toThrow('node-1 is the last node');
  expect(attempt(attempt(cluster(2), 'stop')().settings, 'partition')).toThrow('node-1 is stopped');
  expect(attempt(cluster(1), 'stop', 'box')).toThrow('the only node of this cluster is the machine itself');
  expect(() => changeNodes(cluster(2), { ...at, verb: 'add', count: 98 })).toThrow('there are 2 nodes, and one machine takes 99');
});
