import { expect, test } from 'vitest';
import { planCluster } from './settings.ts';

const MACHINE = { hostname: 'My_Box', addresses: ['192.0.2.2', 'fd00::2'] };
const wishes = (nodes: number) => ({ port: 6443, nodes, simulated: 0, legacyServiceAccountTokens: false });

test('one node of the first cluster is the machine itself, under its name and address', () => {
  const plan = planCluster(wishes(1), MACHINE, { slot: 0 });
  expect(plan.nodes).toEqual([{ name: 'my-box', index: 1, place: 'host', address: '192.0.2.2', podCidr: '10.244.0.0/24' }]);
  expect(plan).toMatchObject({ advertiseAddress: '192.0.2.2', serviceCidr: '10.96.0.0/16', kubernetesServiceIp: '10.96.0.1', dnsIp: '10.96.0.10' });
});

test('several nodes live in namespaces and reach the API server at their bridge', () => {
  const plan = planCluster(wishes(2), MACHINE, { slot: 0 });
  expect(plan.nodes.map(({ name, place, address, podCidr }) => [name, place, address, podCidr])).toEqual([
    ['node-1', 'namespace', '10.89.0.11', '10.244.0.0/24'],
    ['node-2', 'namespace', '10.89.0.12', '10.244.1.0/24'],
  ]);
  expect(plan.advertiseAddress).toBe('10.89.0.1');
});

test('the only node of a second cluster keeps out of the first one\'s way', () => {
  const plan = planCluster(wishes(1), MACHINE, { slot: 1 });
  expect(plan).toMatchObject({ advertiseAddress: '10.89.1.1', serviceCidr: '10.97.0.0/16', podCidr: '10.243.0.0/16' });
  expect(plan.nodes[0]).toMatchObject({ name: 'node-1', place: 'namespace', address: '10.89.1.11', podCidr: '10.243.0.0/24' });
});

test('a machine without addresses gets one of its own', () => {
  const plan = planCluster(wishes(1), { hostname: 'localhost', addresses: [] }, { slot: 0 });
  expect(plan).toMatchObject({ advertiseAddress: '10.89.0.1', nodes: [{ name: 'knarr', place: 'host', address: '10.89.0.1' }] });
});

test('simulated nodes need nothing but loopback', () => {
  expect(planCluster({ ...wishes(0), simulated: 5 }, { hostname: 'x', addresses: [] }, { slot: 0 })).toMatchObject({ advertiseAddress: '127.0.0.1', nodes: [], simulated: 5 });
});

test('nodes of an earlier shape are retired until they are wanted again', () => {
  const one = planCluster({ ...wishes(1), simulated: 2 }, MACHINE, { slot: 0 });
  const two = planCluster(wishes(2), MACHINE, { slot: 0, before: one });
  expect(one.retired).toEqual([]);
  expect(two.retired).toEqual(['my-box', 'simulated-1', 'simulated-2']);
  expect(planCluster(wishes(1), MACHINE, { slot: 0, before: two }).retired).toEqual(['my-box', 'simulated-1', 'simulated-2', 'node-2']);
});

test('fewer nodes than before are the first of them, and more take the lowest free numbers', () => {
  const three = planCluster(wishes(3), MACHINE, { slot: 0 });
  const gap = { ...three, nodes: three.nodes.filter(({ name }) => name !== 'node-2') };
  const named = (count: number) => planCluster(wishes(count), MACHINE, { slot: 0, before: gap }).nodes.map(({ name, place, podCidr }) => [name, place, podCidr].join(' '));
  expect(named(1)).toEqual(['node-1 namespace 10.244.0.0/24']);
  expect(named(2)).toEqual(['node-1 namespace 10.244.0.0/24', 'node-3 namespace 10.244.2.0/24']);
  expect(named(4)).toEqual(['node-1 namespace 10.244.0.0/24', 'node-2 namespace 10.244.1.0/24', 'node-3 namespace 10.244.2.0/24', 'node-4 namespace 10.244.3.0/24']);
});
