import { expect, test } from 'vitest';
import { staleFlows, strayFlows } from './conntrack.ts';
import type { PortRules } from './ruleset.ts';

const dns = (addresses: readonly string[], more: Partial<PortRules> = {}): PortRules => ({
  id: 'kube-system/dns:dns', family: 'ipv4', protocol: 'udp', port: 53, clusterIp: '10.96.0.10', externalIps: [], loadBalancerIps: [], sourceRanges: [],
  internalPolicy: 'Cluster', externalPolicy: 'Cluster', local: [], cluster: addresses.map((address) => ({ address, port: 53, local: false, mayAsk: false })), ...more,
});
const clusterIp = { address: '10.96.0.10' };

test('flows to an endpoint that went away are stale, wherever senders sent', () => {
  const before = dns(['10.0.0.1', '10.0.0.2'], { nodePort: 30053 });
  expect(staleFlows([[before, dns(['10.0.0.2'], { nodePort: 30053 })]])).toEqual([
    { family: 'ipv4', to: clusterIp, endpoint: '10.0.0.1' }, { family: 'ipv4', to: { nodePort: 30053 }, endpoint: '10.0.0.1' },
  ]);
  expect(staleFlows([[before, undefined]]).map(({ endpoint }) => endpoint)).toEqual(['10.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.2']);
});

test('flows from before the first endpoint, or a new address, are stale; more endpoints and TCP change nothing', () => {
  expect(staleFlows([[dns([]), dns(['10.0.0.1'])]])).toEqual([{ family: 'ipv4', to: clusterIp }]);
  expect(staleFlows([[dns(['10.0.0.1']), dns(['10.0.0.1'], { nodePort: 30053 })]])).toEqual([{ family: 'ipv4', to: { nodePort: 30053 } }]);
  expect(staleFlows([[dns(['10.0.0.1']), dns(['10.0.0.1', '10.0.0.2'])]])).toEqual([]);
  expect(staleFlows([[dns(['10.0.0.1'], { protocol: 'tcp' }), undefined]])).toEqual([]);
});

test('a proxy that takes over forgets only flows that go astray', () => {
  const flow = (dst: string, dport: number, answers: string, sport: number) =>
    `udp      17 29 src=10.244.0.5 dst=${dst} sport=${sport} dport=${dport} src=${answers} dst=10.244.0.5 sport=53 dport=${sport} [ASSURED] mark=0 use=1`;
  const listed = [
    flow('10.96.0.10', 53, '10.0.0.1', 1), flow('10.96.0.10', 53, '10.0.0.9', 2), flow('10.96.0.10', 53, '10.96.0.10', 3), flow('8.8.8.8', 53, '8.8.8.8', 4), flow('192.0.2.1', 30053, '10.0.0.9', 5),
  ].join('\n');
  expect(strayFlows(listed, [dns(['10.0.0.1'], { nodePort: 30053 })]).map(({ sport }) => sport)).toEqual(['2', '3', '5']);
});
