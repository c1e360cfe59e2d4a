import { expect, test } from 'vitest';
import type { Endpoint } from '../kinds/discovery/endpoint-slice.ts';
import { planRuleset } from './ruleset.ts';
import type { PortRules } from './ruleset.ts';
import { endpoint, service, slice } from './testing/objects.ts';

const HERE = { name: 'here' };
const plan = (endpoints: readonly Endpoint[], node: { name: string; zone?: string } = HERE): PortRules => planRuleset([service()], [slice(endpoints)], node)[0]!;
const addresses = (backends: PortRules['cluster']) => backends.map(({ address }) => address);

test('a Service gets the ready endpoints of its port, the local ones apart, in order', () => {
  const rules = plan([endpoint('10.0.0.2'), endpoint('10.0.0.1', 'here'), endpoint('10.0.0.3', 'here', { conditions: { ready: false, serving: false } })]);
  expect(rules).toEqual({
    id: 'ns1/svc1:p80', family: 'ipv4', protocol: 'tcp', port: 80, clusterIp: '172.30.0.41', externalIps: [], loadBalancerIps: [], sourceRanges: [],
    internalPolicy: 'Cluster', externalPolicy: 'Cluster',
    cluster: [{ address: '10.0.0.1', port: 80, local: true, mayAsk: true }, { address: '10.0.0.2', port: 80, local: false, mayAsk: false }],
    local: [{ address: '10.0.0.1', port: 80, local: true, mayAsk: true }],
  });
});

test('where none is ready, those that still serve while they end are used', () => {
  const ending = { conditions: { ready: false, serving: true, terminating: true } };
  expect(addresses(plan([endpoint('10.0.0.1', 'here', ending), endpoint('10.0.0.2')]).cluster)).toEqual(['10.0.0.2']);
  const last = plan([endpoint('10.0.0.1', 'here', ending), endpoint('10.0.0.2', 'other', { conditions: { ready: false, serving: false } })]);
  expect([addresses(last.cluster), addresses(last.local)]).toEqual([['10.0.0.1'], ['10.0.0.1']]);
});

test('hints keep traffic in the zone or on the node, only where every endpoint has one', () => {
  const inZone = (address: string, zone: string) => endpoint(address, 'other', { hints: { forZones: [{ name: zone }] } });
  const east = { name: 'here', zone: 'east' };
  expect(addresses(plan([inZone('10.0.0.1', 'east'), inZone('10.0.0.2', 'west')], east).cluster)).toEqual(['10.0.0.1']);
  expect(addresses(plan([inZone('10.0.0.1', 'east'), endpoint('10.0.0.2')], east).cluster)).toEqual(['10.0.0.1', '10.0.0.2']);
  expect(addresses(plan([inZone('10.0.0.1', 'north'), inZone('10.0.0.2', 'west')], east).cluster)).toEqual(['10.0.0.1', '10.0.0.2']);
  const onNode = endpoint('10.0.0.3', 'here', { hints: { forNodes: [{ name: 'here' }] } });
  const elsewhere = endpoint('10.0.0.4', 'other', { hints: { forNodes: [{ name: 'other' }] } });
  expect(addresses(plan([onNode, elsewhere]).cluster)).toEqual(['10.0.0.3']);
});

test('headless, external and foreign Services and slices are left alone', () => {
  const foreign = service();
  const labels = { 'service.kubernetes.io/service-proxy-name': 'mine' };
  expect(planRuleset([service({ clusterIP: 'None' }), service({ type: 'ExternalName', clusterIP: '' }), { ...foreign, metadata: { ...foreign.metadata, labels } }], [], HERE)).toEqual([]);
  const v6 = slice([endpoint('fd00::1')], { addressType: 'IPv6' });
  expect(planRuleset([service()], [v6], HERE)[0]!.cluster).toEqual([]);
});

test('an endpoint in two slices counts once, and a port of another name not at all', () => {
  const other = slice([endpoint('10.0.0.9')], { ports: [{ name: 'metrics', protocol: 'TCP', port: 9090 }] });
  const rules = planRuleset([service()], [slice([endpoint('10.0.0.1')]), slice([endpoint('10.0.0.1')]), other], HERE)[0]!;
  expect(addresses(rules.cluster)).toEqual(['10.0.0.1']);
});

test('affinity, node ports, external and load balancer addresses and policies are carried over', () => {
  const spec = {
    type: 'LoadBalancer', sessionAffinity: 'ClientIP', externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local', externalIPs: ['9.9.9.9', 'fd00::9'],
    loadBalancerSourceRanges: [' 1.2.3.0/24 '], ports: [{ name: 'p80', protocol: 'UDP', port: 80, nodePort: 30080 }],
  };
  const status = { loadBalancer: { ingress: [{ ip: '5.5.5.5', ipMode: 'VIP' }, { ip: '6.6.6.6', ipMode: 'Proxy' }, { hostname: 'x' }] } };
  expect(planRuleset([service(spec, status)], [], HERE)[0]).toMatchObject({
    protocol: 'udp', nodePort: 30080, affinitySeconds: 10800, internalPolicy: 'Local', externalPolicy: 'Local',
    externalIps: ['9.9.9.9'], loadBalancerIps: ['5.5.5.5'], sourceRanges: ['1.2.3.0/24'],
  });
});

test('a node that is in a load balancer\'s ranges may come from the balancer\'s address too', () => {
  const spec = { type: 'LoadBalancer', loadBalancerSourceRanges: ['192.0.2.0/24', '1.2.3.0/24'] };
  const rangesOn = (addresses: readonly string[]) => planRuleset([service(spec, { loadBalancer: { ingress: [{ ip: '5.5.5.5' }] } })], [], { name: 'here', addresses })[0]!.sourceRanges;
  expect(rangesOn(['192.0.2.7', 'fd00::7'])).toEqual(['192.0.2.0/24', '1.2.3.0/24', '5.5.5.5/32']);
  expect(rangesOn(['198.51.100.7'])).toEqual(['192.0.2.0/24', '1.2.3.0/24']);
});
