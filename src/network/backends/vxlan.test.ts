import { expect, test } from 'vitest';
import { peersOf } from '../peers.ts';
import { node } from '../testing/nodes.ts';
import { macOf, planVxlan } from './vxlan.ts';

test('a pod network is behind the peer\'s device, whose MAC address is behind the peer\'s own', () => {
  const two = node('two', '192.0.2.2', '10.244.1.0/24');
  const annotations = { 'flannel.alpha.coreos.com/backend-data': '{"VNI":1,"VtepMAC":"02:00:00:00:00:02"}' };
  const [peer] = peersOf([{ ...two, metadata: { ...two.metadata, annotations } }], 'one');
  expect(planVxlan([peer!])).toEqual({
    routes: [{ to: '10.244.1.0/24', via: '10.244.1.0', dev: 'knarr-vxlan', onlink: true }],
    neighbours: [{ address: '10.244.1.0', mac: '02:00:00:00:00:02' }],
    forwarding: [{ mac: '02:00:00:00:00:02', to: '192.0.2.2' }],
    refused: [],
  });
});

test('nothing leads to a node that has not told of its device yet', () => {
  expect(planVxlan(peersOf([node('two', '192.0.2.2', '10.244.1.0/24')], 'one')).routes).toEqual([]);
});

test('a node\'s MAC address is its own, stays the same, and is nobody\'s by purchase', () => {
  expect(macOf('one')).toBe(macOf('one'));
  expect(macOf('one')).not.toBe(macOf('two'));
  for (const name of ['one', 'two', 'three']) expect(Number.parseInt(macOf(name).slice(0, 2), 16) & 3).toBe(2);
});
