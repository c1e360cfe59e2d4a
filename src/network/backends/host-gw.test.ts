import { expect, test } from 'vitest';
import { peersOf } from '../peers.ts';
import { node } from '../testing/nodes.ts';
import { planHostGw } from './host-gw.ts';

const peers = peersOf([node('two', '192.0.2.2', '10.244.1.0/24'), node('far', '198.51.100.9', '10.244.2.0/24')], 'one');

test('the other node is the next hop, and one beyond the link is refused in plain words', () => {
  const plan = planHostGw({ link: 'eth0', networks: ['192.0.2.1/24'] }, peers);
  expect(plan.routes).toEqual([{ to: '10.244.1.0/24', via: '192.0.2.2' }]);
  expect(plan.refused).toEqual([
    { node: 'far', why: '198.51.100.9 is not on link eth0 (192.0.2.1/24): host-gw joins nodes on one link only, vxlan others too' },
  ]);
});

test('where no link has the node\'s address, the kernel decides who is near', () => {
  expect(planHostGw({ link: undefined, networks: [] }, peers).refused).toEqual([]);
});

test('each pod network goes by the address of its own family', () => {
  const dual = peersOf([node('two', '192.0.2.2', '10.244.1.0/24')].map((one) => ({
    ...one, spec: { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24', 'fd00:10:244:1::/64'] },
    status: { ...one.status, addresses: [...one.status.addresses!, { type: 'InternalIP', address: 'fd00:10:89::2' }] },
  })), 'one');
  expect(planHostGw({ link: 'eth0', networks: ['192.0.2.1/24', 'fd00:10:89::1/64'] }, dual).routes).toEqual([
    { to: '10.244.1.0/24', via: '192.0.2.2' }, { to: 'fd00:10:244:1::/64', via: 'fd00:10:89::2' },
  ]);
});
