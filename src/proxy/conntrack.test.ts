import { expect, test } from 'vitest';
import { staleFlows } from './conntrack.ts';
import type { PortRules } from './ruleset.ts';

const dns = (addresses: readonly string[], more: Partial<PortRules> = {}): PortRules => ({
  id: 'kube-system/dns:dns', protocol: 'udp', port: 53, clusterIp: '10.96.0.10', externalIps: [], loadBalancerIps: [], sourceRanges: [],
  internalPolicy: 'Cluster', externalPolicy: 'Cluster', local: [], cluster: addresses.map((address) => ({ address, port: 53, local: false })), ...more,
});
const clusterIp = { address: '10.96.0.10' };

test('flows to an endpoint that went away are stale, wherever senders sent', () => {
  const before = [dns(['10.0.0.1', '10.0.0.2'], { nodePort: 30053 })];
  expect(staleFlows(before, [dns(['10.0.0.2'], { nodePort: 30053 })])).toEqual([
    { to: clusterIp, endpoint: '10.0.0.1' }, { to: { nodePort: 30053 }, endpoint: '10.0.0.1' },
  ]);
  expect(staleFlows(before, []).map(({ endpoint }) => endpoint)).toEqual(['10.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.2']);
});

test('flows from before the first endpoint are stale; more endpoints and TCP change nothing', () => {
  expect(staleFlows([dns([])], [dns(['10.0.0.1'])])).toEqual([{ to: clusterIp }]);
  expect(staleFlows([dns(['10.0.0.1'])], [dns(['10.0.0.1', '10.0.0.2'])])).toEqual([]);
  expect(staleFlows([dns(['10.0.0.1'], { protocol: 'tcp' })], [])).toEqual([]);
});
