import { expect, test } from 'vitest';
import { peersOf, withoutOverlaps } from './peers.ts';
import { node } from './testing/nodes.ts';

const one = node('one', '192.0.2.1', '10.244.0.0/24');
const two = node('two', '192.0.2.2', '10.244.1.0/24');

test('a peer is a node with an address and a pod network', () => {
  expect(peersOf([two, one], 'one')).toEqual([
    { name: 'two', cidrs: ['10.244.1.0/24'], addresses: ['192.0.2.2'], endpoint: '192.0.2.2', mac: undefined, reflects: undefined },
  ]);
  expect(peersOf([{ ...two, spec: {} }, { ...one, status: { ...one.status, addresses: [] } }], undefined)).toEqual([]);
});

test('nodes that pretend are no peers: nobody listens at their addresses', () => {
  expect(peersOf([{ ...two, metadata: { ...two.metadata, annotations: { 'knarr.local/simulated': 'true' } } }], 'one')).toEqual([]);
});

test('where tunnels end, and at which device, is what the node says', () => {
  const annotations = { 'flannel.alpha.coreos.com/public-ip': '198.51.100.7', 'flannel.alpha.coreos.com/backend-data': '{"VNI":1,"VtepMAC":"02:AB:cd:ef:00:01"}' };
  expect(peersOf([{ ...two, metadata: { ...two.metadata, annotations } }], 'one')).toMatchObject([{ endpoint: '198.51.100.7', mac: '02:ab:cd:ef:00:01' }]);
  const nonsense = { 'flannel.alpha.coreos.com/public-ip': 'x; reboot', 'flannel.alpha.coreos.com/backend-data': '{"VNI":1,"VtepMAC":"a b"}' };
  expect(peersOf([{ ...two, metadata: { ...two.metadata, annotations: nonsense } }], 'one')).toMatchObject([{ endpoint: '192.0.2.2', mac: undefined }]);
});

test('whose pod network came first keeps it, this node\'s own before all', () => {
  const young = { ...node('a-young', '192.0.2.4', '10.244.1.128/25'), metadata: { ...two.metadata, name: 'a-young', creationTimestamp: '2026-02-01T00:00:00Z' } };
  const thief = node('thief', '192.0.2.5', '10.244.0.0/16');
  const { peers, refused } = withoutOverlaps(peersOf([young, thief, two, one], 'one'), { name: 'one', cidrs: ['10.244.0.0/24'] });
  expect(peers.map(({ name }) => name)).toEqual(['two']);
  expect(refused).toEqual([
    { node: 'thief', why: 'its pod network 10.244.0.0/16 overlaps 10.244.0.0/24 of node one' },
    { node: 'a-young', why: 'its pod network 10.244.1.128/25 overlaps 10.244.1.0/24 of node two' },
  ]);
});
