import { expect, test } from 'vitest';
import { cidrProblems, formatIp, parseIp } from '../meta/ip.ts';
import { bridge6Of, clusterCidrsOf, nodeIpsOf, podCidrsOf, serviceCidrsOf } from './settings-families.ts';
import { planCluster } from './settings.ts';

const MACHINE = { hostname: 'box', addresses: ['192.0.2.2', '2001:db8::2'] };
const wishes = (nodes: number, ipFamilies: readonly ('IPv4' | 'IPv6')[]) => ({ port: 6443, nodes, simulated: 0, legacyServiceAccountTokens: false, ipFamilies });

test('a cluster of one family has IPv4 alone', () => {
  const settings = planCluster(wishes(2, ['IPv4']), MACHINE, { slot: 0 });
  expect([clusterCidrsOf(settings), serviceCidrsOf(settings), podCidrsOf(settings, settings.nodes[0]!), nodeIpsOf(settings, settings.nodes[0]!)])
    .toEqual([['10.244.0.0/16'], ['10.96.0.0/16'], ['10.244.0.0/24'], ['10.89.0.11']]);
});

test('with both families every network has a unique local one beside it', () => {
  const settings = planCluster(wishes(2, ['IPv4', 'IPv6']), MACHINE, { slot: 1 });
  expect(clusterCidrsOf(settings)).toEqual(['10.243.0.0/16', 'fd00:10:243::/48']);
  expect(serviceCidrsOf(settings)).toEqual(['10.97.0.0/16', 'fd00:10:97::/112']);
  expect(settings.nodes.map((node) => podCidrsOf(settings, node)[1])).toEqual(['fd00:10:243::/64', 'fd00:10:243:1::/64']);
  expect(settings.nodes.map((node) => nodeIpsOf(settings, node)[1])).toEqual(['fd00:10:89:2::11', 'fd00:10:89:2::12']);
  expect(bridge6Of(settings)).toEqual({ address: 'fd00:10:89:2::1', cidr: 'fd00:10:89:2::/64' });
});

test('all of them are written as the kernel prints them, and hold no bits beyond their prefix', () => {
  for (const slot of [0, 7, 15]) {
    const settings = planCluster(wishes(99, ['IPv4', 'IPv6']), MACHINE, { slot });
    const cidrs = [...clusterCidrsOf(settings), ...serviceCidrsOf(settings), bridge6Of(settings).cidr, ...settings.nodes.flatMap((node) => podCidrsOf(settings, node))];
    expect(cidrs.flatMap(cidrProblems)).toEqual([]);
    const addresses = [...cidrs.map((cidr) => cidr.split('/')[0]!), ...settings.nodes.flatMap((node) => nodeIpsOf(settings, node)), bridge6Of(settings).address];
    expect(addresses.filter((address) => formatIp(parseIp(address)!) !== address)).toEqual([]);
  }
});

test('the machine itself, as a node, has the IPv6 address that it has anyway', () => {
  const settings = planCluster(wishes(1, ['IPv4', 'IPv6']), MACHINE, { slot: 0 });
  expect(nodeIpsOf(settings, settings.nodes[0]!)).toEqual(['192.0.2.2', '2001:db8::2']);
});
