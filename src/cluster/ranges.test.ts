import { expect, test } from 'vitest';
import type { RangeWishes } from './cidrs.ts';
import { judgeRanges, judgeWishes, refuseTooMany, type Surroundings } from './ranges.ts';
import { clusterCidrsOf, podCidrsOf, serviceCidrsOf } from './settings-families.ts';
import { changeNodes } from './settings-nodes.ts';
import { planCluster, type Settings } from './settings.ts';
import { routesIn } from './surroundings.ts';

const MACHINE = { hostname: 'box', addresses: ['192.0.2.2'] };
const NOTHING: Surroundings = { networks: [], clusters: [] };
const BOTH = ['IPv4', 'IPv6'] as const;
const plan = (ranges: RangeWishes, { nodes = 2, ipFamilies = ['IPv4'], before }: { nodes?: number; ipFamilies?: readonly ('IPv4' | 'IPv6')[]; before?: Settings } = {}) =>
  planCluster({ port: 6443, nodes, simulated: 0, legacyServiceAccountTokens: false, ipFamilies, ...ranges }, MACHINE, { slot: 0, before });
const judge = (ranges: RangeWishes, around: Partial<Surroundings> = {}, nodes = 2): readonly string[] => judgeRanges(plan(ranges, { nodes }), nodes, { ...NOTHING, ...around });

test('networks that were asked for are divided among nodes and Services, and kept', () => {
  const settings = plan({ podCidrs: ['172.20.0.0/20', 'fd01:2:3::/56'], serviceCidrs: ['172.21.0.0/24', 'fd01:2:4::/112'] }, { ipFamilies: BOTH });
  expect([clusterCidrsOf(settings), serviceCidrsOf(settings)]).toEqual([['172.20.0.0/20', 'fd01:2:3::/56'], ['172.21.0.0/24', 'fd01:2:4::/112']]);
  expect(settings.nodes.map((node) => podCidrsOf(settings, node))).toEqual([['172.20.0.0/24', 'fd01:2:3::/64'], ['172.20.1.0/24', 'fd01:2:3:1::/64']]);
  expect(settings).toMatchObject({ kubernetesServiceIp: '172.21.0.1', dnsIp: '172.21.0.10' });
  expect(judgeRanges(settings, 2, NOTHING)).toEqual([]);
  const again = plan({}, { nodes: 3, ipFamilies: BOTH, before: settings });
  expect([clusterCidrsOf(again), serviceCidrsOf(again), again.nodes[2]?.podCidr]).toEqual([clusterCidrsOf(settings), serviceCidrsOf(settings), '172.20.2.0/24']);
});

test.each([
  [{ podCidrs: ['10.0.0.0/26'] }, 'the pod network 10.0.0.0/26 is too small'],
  [{ podCidrs: ['0.0.0.0/0'] }, 'the pod network 0.0.0.0/0 is too large'],
  [{ podCidrs: ['10.0.0.0/24'] }, 'the pod network 10.0.0.0/24 has room for 1 node, and 2 are wanted'],
  [{ serviceCidrs: ['10.0.0.0/30'] }, 'the service network 10.0.0.0/30 is too small'],
  [{ serviceCidrs: ['10.0.0.0/8'] }, 'the service network 10.0.0.0/8 is too large'],
  [{ podCidrs: ['10.96.0.0/16'] }, 'the pod network 10.96.0.0/16 overlaps the service network 10.96.0.0/16'],
  [{ podCidrs: ['10.88.0.0/15'] }, 'the pod network 10.88.0.0/15 overlaps 10.89.0.0/24, which joins the nodes'],
])('%j is refused in words: %s', (ranges, words) => {
  expect(() => judge(ranges)).toThrow(words);
});

test('a network of this machine, or of a cluster beside this one, is not taken from it; within a wider one it is told', () => {
  const networks = [{ cidr: '10.244.7.2/24', link: 'eth0' }];
  expect(() => judge({}, { networks })).toThrow('the pod network 10.244.0.0/16 overlaps 10.244.7.2/24, which this machine reaches by eth0');
  expect(judge({ podCidrs: ['10.200.0.0/16'] }, { networks })).toEqual([]);
  expect(judge({}, { networks: [{ cidr: '10.0.0.0/8', link: 'eth0' }] })).toEqual([
    'the pod network 10.244.0.0/16 hides a part of 10.0.0.0/8, which this machine reaches by eth0; another is chosen with --pod-cidr',
    'the service network 10.96.0.0/16 hides a part of 10.0.0.0/8, which this machine reaches by eth0; another is chosen with --service-cidr',
  ]);
  expect(() => judge({ serviceCidrs: ['10.243.0.0/20'] }, { clusters: [{ dataDir: '/other', cidrs: ['10.243.0.0/16'] }] }))
    .toThrow('the service network 10.243.0.0/20 overlaps 10.243.0.0/16 of the cluster of /other');
});

test('a cluster of simulated nodes takes no network of anybody', () => {
  const around = { networks: [{ cidr: '10.244.7.2/24', link: 'eth0' }], clusters: [{ dataDir: '/other', cidrs: ['10.244.0.0/16'] }] };
  expect(judge({}, around, 0)).toEqual([]);
  expect(() => judge({ podCidrs: ['10.96.0.0/16'] }, {}, 0)).toThrow('overlaps the service network');
});

test('a cluster keeps its networks, and has those of its families', () => {
  const before = plan({ podCidrs: ['172.20.0.0/20'] });
  expect(() => judgeWishes({ podCidrs: ['172.20.0.0/20'] }, before, before)).not.toThrow();
  expect(() => judgeWishes({ podCidrs: ['172.22.0.0/20'] }, before, before)).toThrow('this cluster was made with the pod network 172.20.0.0/20, which cannot become 172.22.0.0/20');
  expect(() => judgeWishes({ serviceCidrs: ['fd00::/112'] }, before, undefined)).toThrow('--service-cidr has the IPv6 network fd00::/112, and this cluster has IPv4 alone');
});

test('a node for which the pod network has no part is not added', () => {
  const full = plan({ podCidrs: ['172.20.0.0/23'] });
  expect(() => changeNodes(full, { dataDir: '/d', verb: 'add', count: 1 })).toThrow('the pod network 172.20.0.0/23 has room for 2 nodes, and 3 are wanted');
  expect(() => refuseTooMany(['172.20.0.0/23'], 2)).not.toThrow();
});

test('routes are read as the kernel writes them, but for the default and those of clusters', () => {
  const text = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
knarr0\t0000F40A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
`;
  expect(routesIn(text)).toEqual([{ cidr: '172.17.0.0/16', link: 'eth0' }]);
});
