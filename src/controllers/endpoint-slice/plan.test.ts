import { expect, test } from 'vitest';
import { Node } from '../../kinds/core/node.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { Service } from '../../kinds/core/service.ts';
import { EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';
import { BORN, make, pod } from '../testing/objects.ts';
import { desiredGroups } from './desired.ts';
import { frameOf, plan, type NewSlice } from './plan.ts';

const service = (spec: object = {}, labels: Record<string, string> = {}) => make(Service, 'web', {
  metadata: { labels },
  spec: { selector: { app: 'web' }, clusterIP: '10.96.0.7', ipFamilies: ['IPv4'], ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }], ...spec },
});
const at = (ip: string, parts: Parameters<typeof pod>[2] = {}) => pod(`pod-${ip}`, 'web', { ...parts, status: { podIP: ip, podIPs: [{ ip }], ...parts.status } });
const zone = make(Node, 'node-1', { metadata: { labels: { 'topology.kubernetes.io/zone': 'z1' } } });
const decide = (one: Service, pods: readonly Pod[], slices: readonly EndpointSlice[] = []) =>
  plan(frameOf(one), slices, desiredGroups(one, pods, (name) => (name === 'node-1' ? zone : undefined)));

const standing = (name: string, { addressType, ports, endpoints }: NewSlice): EndpointSlice => make(EndpointSlice, name, {
  metadata: { labels: { 'kubernetes.io/service-name': 'web', 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' } },
  addressType, ports, endpoints,
});
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, n) => at(`10.244.${Math.floor((n + from) / 250)}.${((n + from) % 250) + 1}`));

test('a pod becomes an endpoint with its conditions, node, zone and reference', () => {
  const { create } = decide(service(), [at('10.244.0.5')]);
  expect(create).toEqual([{
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: [{
      addresses: ['10.244.0.5'], conditions: { ready: true, serving: true, terminating: false }, nodeName: 'node-1', zone: 'z1',
      targetRef: { kind: 'Pod', namespace: 'shop', name: 'pod-10.244.0.5', uid: 'uid-pod-10.244.0.5' },
    }],
  }]);
});

test('a leaving pod serves but is not ready; an unready one is neither, unless the Service publishes it', () => {
  const pods = [at('10.0.0.1', { metadata: { deletionTimestamp: BORN } }), at('10.0.0.2', { status: { conditions: [] } }), at('10.0.0.3', { status: { phase: 'Succeeded' } }), pod('no-address', 'web')];
  const conditions = (one: Service) => decide(one, pods).create[0]!.endpoints.map((endpoint) => endpoint.conditions);
  expect(conditions(service())).toEqual([
    { ready: false, serving: true, terminating: true }, { ready: false, serving: false, terminating: false },
  ]);
  expect(conditions(service({ publishNotReadyAddresses: true })).map((one) => one.ready)).toEqual([true, true]);
});

test.each([
  ['PreferClose', { forZones: [{ name: 'z1' }] }],
  ['PreferSameZone', { forZones: [{ name: 'z1' }] }],
  ['PreferSameNode', { forZones: [{ name: 'z1' }], forNodes: [{ name: 'node-1' }] }],
  [undefined, undefined],
])('trafficDistribution %s hints at who is near, for endpoints that are ready', (trafficDistribution, hints) => {
  const { create } = decide(service(trafficDistribution ? { trafficDistribution } : {}), [at('10.0.0.1'), at('10.0.0.2', { status: { conditions: [] } })]);
  expect(create[0]!.endpoints.map((endpoint) => endpoint.hints)).toEqual([hints, undefined]);
});

test('named target ports lead where each pod has them; other ports make another slice', () => {
  const named = service({ ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'web' }] });
  const having = (ip: string, containerPort: number) => at(ip, { spec: { containers: [{ name: 'c', ports: [{ name: 'web', containerPort, protocol: 'TCP' }] }] } });
  const { create } = decide(named, [having('10.0.0.1', 80), having('10.0.0.2', 81), having('10.0.0.3', 80)]);
  expect(create.map(({ ports, endpoints }) => [ports[0]!.port, endpoints.length])).toEqual([[80, 2], [81, 1]]);
});

test('no endpoints leave one empty slice, which the first endpoint replaces', () => {
  const { create: [empty] } = decide(service(), []);
  expect(empty).toEqual({ addressType: 'IPv4', ports: [], endpoints: [] });
  const slice = standing('web-a', empty!);
  expect(decide(service(), [], [slice])).toEqual({ create: [], update: [], remove: [] });
  const { create, remove } = decide(service(), [at('10.0.0.1')], [slice]);
  expect([create.length, remove]).toEqual([1, [slice]]);
});

test('slices hold 100 endpoints; a change touches one slice and fills it up', () => {
  const { create } = decide(service(), numbered(250));
  expect(create.map(({ endpoints }) => endpoints.length)).toEqual([100, 100, 50]);
  const slices = create.map((slice, n) => standing(`web-${n}`, slice));
  expect(decide(service(), numbered(250), slices)).toEqual({ create: [], update: [], remove: [] });
  const { update, ...rest } = decide(service(), numbered(250, 1), slices);
  expect(rest).toEqual({ create: [], remove: [] });
  expect(update.map(({ metadata, endpoints }) => [metadata.name, endpoints?.length])).toEqual([['web-0', 100]]);
});

test('a slice that loses its last endpoint goes when others remain', () => {
  const [one, two] = decide(service(), numbered(150)).create.map((slice, n) => standing(`web-${n}`, slice));
  expect(decide(service(), numbered(100), [one!, two!])).toMatchObject({ create: [], update: [], remove: [{ metadata: { name: 'web-1' } }] });
});

test('a change of labels reaches the slices, and a headless Service marks them', () => {
  const slice = standing('web-0', decide(service(), [at('10.0.0.1')]).create[0]!);
  const { update } = decide(service({ clusterIP: 'None' }, { tier: 'front' }), [at('10.0.0.1')], [slice]);
  expect(update[0]!.metadata.labels).toEqual({
    tier: 'front', 'kubernetes.io/service-name': 'web', 'service.kubernetes.io/headless': '',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  });
});

test('a dual-stack Service has slices of both families', () => {
  const both = at('10.0.0.1', { status: { podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] } });
  const { create } = decide(service({ ipFamilies: ['IPv4', 'IPv6'] }), [both]);
  expect(create.map(({ addressType, endpoints }) => [addressType, endpoints[0]!.addresses])).toEqual([['IPv4', ['10.0.0.1']], ['IPv6', ['fd00::1']]]);
});
