import { expect, test } from 'vitest';
import { app, namespace, pod, policy } from '../testing/pods.ts';
import { planIsolation } from './plan.ts';
import type { Direction, Passage, World } from './plan.ts';

const web = pod('web', '10.0.0.1', { ports: [{ name: 'http', containerPort: 8080 }] });
const near = pod('near', '10.0.0.2');
const far = pod('far', '10.0.1.3', { namespace: 'other', node: 'two', ports: [{ name: 'http', containerPort: 9090 }] });
const namespaces = new Map(['ns', 'other', 'kube-system'].map((name) => [name, namespace(name)]));
const world = (more: Partial<World>): World => ({ policies: [], pods: [web, near, far], namespaces, node: 'one', ...more });

/** What may pass at the pod; undefined where it is not isolated in that direction. */
function passages(given: World, address: string, direction: Direction): readonly Passage[] | undefined {
  const isolation = planIsolation(given).find((one) => one.direction === direction && one.addresses.includes(address));
  return isolation?.rules.flatMap((rule) => rule.passages);
}
const ingress = (...rules: NonNullable<Parameters<typeof policy>[1]['ingress']>) => world({ policies: [policy('p', { podSelector: app('web'), ingress: rules })] });
const egress = (...rules: NonNullable<Parameters<typeof policy>[1]['egress']>) => world({ policies: [policy('p', { podSelector: app('web'), policyTypes: ['Egress'], egress: rules })] });

test('a pod that no policy selects is open; one that is selected is closed but for the rules', () => {
  expect(passages(ingress(), '10.0.0.1', 'in')).toEqual([]);
  expect(passages(ingress(), '10.0.0.1', 'out')).toBeUndefined();
  expect(passages(ingress(), '10.0.0.2', 'in')).toBeUndefined();
  expect(passages(ingress({}), '10.0.0.1', 'in')).toEqual([{}]);
});

test('only pods of this node are isolated here, and of the policy\'s own namespace', () => {
  const everywhere = world({ policies: [policy('p', {}, 'other')] });
  expect(planIsolation(everywhere)).toEqual([]);
  expect(planIsolation({ ...everywhere, node: 'two' }).map(({ addresses }) => addresses)).toEqual([['10.0.1.3']]);
});

test('a peer is pods of this namespace, all of some namespaces, or pods in some namespaces', () => {
  const other = { matchLabels: { 'kubernetes.io/metadata.name': 'other' } };
  const peers = (peer: object) => passages(ingress({ from: [peer] }), '10.0.0.1', 'in')![0]!.peers!.addresses;
  expect(peers({ podSelector: {} })).toEqual(['10.0.0.1', '10.0.0.2']);
  expect(peers({ podSelector: app('far') })).toEqual([]);
  expect(peers({ namespaceSelector: other })).toEqual(['10.0.1.3']);
  expect(peers({ namespaceSelector: {}, podSelector: app('far') })).toEqual(['10.0.1.3']);
  expect(peers({ namespaceSelector: other, podSelector: app('near') })).toEqual([]);
  expect(passages(ingress({ from: [{ podSelector: app('near') }, { namespaceSelector: other }] }), '10.0.0.1', 'in')![0]!.peers!.addresses).toEqual(['10.0.0.2', '10.0.1.3']);
});

test('ports are numbers, ranges, all of a protocol, or names that each pod gives a number', () => {
  const ports = (...wanted: readonly object[]) => passages(ingress({ ports: wanted }), '10.0.0.1', 'in');
  expect(ports({ port: 80 }, { protocol: 'UDP', port: 100, endPort: 200 }, { protocol: 'SCTP' })).toEqual([
    { ports: [{ protocol: 'tcp', from: 80, to: 80 }, { protocol: 'udp', from: 100, to: 200 }, { protocol: 'sctp' }] },
  ]);
  expect(ports({ port: 'http' })).toEqual([{ ports: [{ protocol: 'tcp', from: 8080, to: 8080 }] }]);
  expect(ports({ port: 'http', protocol: 'UDP' })).toEqual([]);
  expect(ports({ port: 'nobody' })).toEqual([]);
});

test('outward a name of a port is each peer\'s own', () => {
  expect(passages(egress({ ports: [{ port: 'http' }], to: [{ namespaceSelector: {} }] }), '10.0.0.1', 'out')).toEqual([
    { ports: [{ protocol: 'tcp', from: 8080, to: 8080 }], peers: { addresses: ['10.0.0.1'], blocks: [] } },
    { ports: [{ protocol: 'tcp', from: 9090, to: 9090 }], peers: { addresses: ['10.0.1.3'], blocks: [] } },
  ]);
});

test('what several policies let pass, passes', () => {
  const both = world({
    policies: [
      policy('a', { ingress: [{ ports: [{ port: 1 }] }] }),
      policy('b', { podSelector: app('web'), ingress: [{ ports: [{ port: 2 }] }] }),
    ],
  });
  expect(passages(both, '10.0.0.1', 'in')?.map(({ ports }) => ports![0]!.from)).toEqual([1, 2]);
  expect(passages(both, '10.0.0.2', 'in')?.map(({ ports }) => ports![0]!.from)).toEqual([1]);
});

const names = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' }, service: '10.96.0.10', addresses: ['192.0.2.1', '192.0.2.2'], port: 10_053 };
/** Ports of the nodes that the pod may ask for names. */
const asks = (rule: object): readonly string[] => {
  const found = passages({ ...egress(rule), names }, '10.0.0.1', 'out')!.find(({ ports }) => ports?.some(({ from }) => from === 10_053));
  expect(found?.peers?.addresses ?? names.addresses).toEqual(names.addresses);
  return (found?.ports ?? []).map(({ protocol }) => protocol);
};

test('a rule that lets a pod ask the cluster\'s name servers lets it ask the nodes, which are these here', () => {
  const kubeDns = { namespaceSelector: {}, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } };
  expect(asks({ to: [kubeDns] })).toEqual(['udp', 'tcp']);
  expect(asks({ to: [kubeDns], ports: [{ protocol: 'UDP', port: 53 }] })).toEqual(['udp']);
  expect(asks({ ports: [{ protocol: 'UDP', port: 53 }] })).toEqual(['udp']);
  expect(asks({ ports: [{ port: 'dns-tcp' }] })).toEqual(['tcp']);
  expect(asks({ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ protocol: 'UDP', port: 1, endPort: 1024 }] })).toEqual(['udp']);
});

test('any other rule does not', () => {
  expect(asks({ to: [{ podSelector: {} }] })).toEqual([]);
  expect(asks({ ports: [{ port: 443 }] })).toEqual([]);
  expect(asks({ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.96.0.0/12', '192.0.2.0/24'] } }] })).toEqual([]);
  expect(passages({ ...egress(), names }, '10.0.0.1', 'out')).toEqual([]);
});

test('ten thousand peers, of labels and of addresses, are as many questions to each pod as it has labels', () => {
  const pods = Array.from({ length: 1_000 }, (_, n) => pod(`p${n}`, `10.1.${n >> 8}.${n & 255}`, { node: 'two' }));
  const peers = Array.from({ length: 10_000 }, (_, n) => (n % 2 === 0 ? { podSelector: app(`p${n}`) } : { ipBlock: { cidr: `172.16.${n >> 8}.${n & 255}/32` } }));
  const rules = [policy('p', { podSelector: app('web'), ingress: [{ from: [...peers, { podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['p1'] }] } }] }] })];
  const [passage] = passages(world({ policies: rules, pods: [web, ...pods] }), '10.0.0.1', 'in')!;
  expect(passage?.peers?.addresses).toEqual(pods.filter((_, n) => n % 2 === 0 || n === 1).map(({ status }) => status.podIP).toSorted());
  expect(passage?.peers?.blocks).toHaveLength(5_000);
});
