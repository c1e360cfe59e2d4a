import { expect, test } from 'vitest';
import type { ServiceSpec, ServiceStatus } from '../../../kinds/core/service.ts';
import type { Endpoint } from '../../../kinds/discovery/endpoint-slice.ts';
import { wholeChange } from '../../tracker.ts';
import { planRuleset, portKey, type PortRules } from '../../ruleset.ts';
import { endpoint, service, slice } from '../../testing/objects.ts';
import type { BackendOptions } from '../backend.ts';
import { clientsIn, Nftables } from './nftables.ts';
import { Picture, place } from './picture.ts';

const OPTIONS: BackendOptions = {
  family: 'ipv4', clusterCidr: '10.0.0.0/8', masqueradeAll: false, nodePortAddresses: [], run: async () => ({ code: 0, stdout: '', stderr: '' }),
};

const plan = (spec: Partial<ServiceSpec>, endpoints: readonly Endpoint[], status?: ServiceStatus): readonly PortRules[] =>
  planRuleset([service(spec, status)], [slice(endpoints, { ports: (spec.ports ?? service().spec.ports)!.map(({ name, protocol }) => ({ name: name ?? '', protocol, port: 80 })) })], { name: 'here' });
const keyed = (ports: readonly PortRules[]) => ports.map((port) => [portKey(port), port] as const);
/** What a port adds to an empty table. `npx vitest -u` rewrites the files. */
const text = (ports: readonly PortRules[]): string => `${new Picture(OPTIONS).replace(keyed(ports)).join('\n')}\n`;
const nodePort = (protocol = 'TCP') => [{ name: 'p80', protocol, port: 80, nodePort: 30080 }];
const here = endpoint('10.180.0.2', 'here');
const there = endpoint('10.180.0.1', 'there');

test('the table with nothing in it', async () => {
  await expect(`${new Picture(OPTIONS).start().join('\n')}\n`).toMatchFileSnapshot('golden/empty.txt');
});

test('a node port over two endpoints', async () => {
  await expect(text(plan({ type: 'NodePort', ports: nodePort() }, [there, here]))).toMatchFileSnapshot('golden/node-port.txt');
});

test('no endpoints: refused wherever it would listen', async () => {
  await expect(text(plan({ type: 'NodePort', ports: nodePort() }, []))).toMatchFileSnapshot('golden/no-endpoints.txt');
});

test('external traffic stays on the node, pods and the node itself go anywhere', async () => {
  await expect(text(plan({ type: 'NodePort', externalTrafficPolicy: 'Local', ports: nodePort() }, [there, here]))).toMatchFileSnapshot('golden/external-local.txt');
});

test('a load balancer with source ranges, affinity and an external address over UDP', async () => {
  const spec = { type: 'LoadBalancer', sessionAffinity: 'ClientIP', loadBalancerSourceRanges: ['1.2.3.0/24'], externalIPs: ['9.9.9.9'], ports: nodePort('UDP') };
  await expect(text(plan(spec, [there, here], { loadBalancer: { ingress: [{ ip: '5.5.5.5' }] } }))).toMatchFileSnapshot('golden/load-balancer.txt');
});

test('one endpoint\'s change among many is a few elements', () => {
  const endpoints = Array.from({ length: 150 }, (_, n) => endpoint(`10.1.0.${n + 100}`));
  const picture = new Picture(OPTIONS);
  picture.replace(keyed(plan({}, endpoints)));
  expect(picture.replace(keyed(plan({}, [...endpoints.slice(0, 5), ...endpoints.slice(6)])))).toEqual([
    'add chain ip knarr-proxy internal-tcp-149',
    'add rule ip knarr-proxy internal-tcp-149 ip saddr != 10.0.0.0/8 meta mark set meta mark or 0x4000',
    'add rule ip knarr-proxy internal-tcp-149 dnat ip to ip daddr . tcp dport . numgen random mod 149 map @endpoints-tcp',
    'delete element ip knarr-proxy service-ips { 172.30.0.41 . tcp . 80 }',
    'delete element ip knarr-proxy endpoints-tcp { 172.30.0.41 . 80 . 5, 172.30.0.41 . 80 . 149 }',
    'add element ip knarr-proxy service-ips { 172.30.0.41 . tcp . 80 : goto internal-tcp-149 }',
    'add element ip knarr-proxy endpoints-tcp { 172.30.0.41 . 80 . 5 : 10.1.0.249 . 80 }',
  ]);
});

test('an endpoint replaced by another takes its number and nothing else changes', () => {
  const picture = new Picture(OPTIONS);
  picture.replace(keyed(plan({}, [there, here])));
  expect(picture.replace(keyed(plan({}, [there, endpoint('10.180.0.9')])))).toEqual([
    'delete element ip knarr-proxy hairpins { 10.180.0.2 . 10.180.0.2 }',
    'delete element ip knarr-proxy endpoints-tcp { 172.30.0.41 . 80 . 1 }',
    'add element ip knarr-proxy endpoints-tcp { 172.30.0.41 . 80 . 1 : 10.180.0.9 . 80 }',
  ]);
});

test('what a port adds goes with it, and an address passes from one port to another', () => {
  const ports = plan({ type: 'NodePort', sessionAffinity: 'ClientIP', ports: nodePort() }, [there, here]);
  const [port] = ports as [PortRules];
  const picture = new Picture(OPTIONS);
  const added = picture.replace(keyed(ports));
  const removed = picture.replace([[portKey(port), undefined]]);
  const names = (lines: readonly string[], verb: string) => lines.filter((line) => line.startsWith(verb)).map((line) => line.split(' ').slice(4).join(' ').replace(/ \{.*/, '')).sort();
  expect(names(removed, 'delete chain')).toEqual(names(added, 'add chain'));
  expect(names(removed, 'delete set')).toEqual(names(added, 'add set'));
  expect(names(removed, 'delete element')).toEqual(names(added, 'add element'));
  picture.replace([['a', port]]);
  const passed = picture.replace([['a', undefined], ['b', { ...port, id: 'ns1/other:p80' }]]);
  expect(passed.filter((line) => line.includes('service-ips')).map((line) => line.split(' ')[0])).toEqual(['delete', 'add']);
});

test('whoever stays keeps its number', () => {
  expect(place(['a', 'b', 'c', 'd'], ['d', 'c', 'e'])).toEqual(['d', 'e', 'c']);
  expect(place([], ['a', 'b'])).toEqual(['a', 'b']);
  expect(place(['a', 'b'], [])).toEqual([]);
});

test('a Service with a thousand ports and a thousand endpoints is lines that nft can read', () => {
  const ports = Array.from({ length: 1_000 }, (_, n) => ({ name: `p${n}`, protocol: 'TCP', port: n + 1 }));
  const wide = new Picture(OPTIONS).replace(keyed(plan({ ports }, [there, here])));
  expect(wide.filter((line) => line.startsWith('add element')).every((line) => line.length < 50_000)).toBe(true);
  expect(wide.filter((line) => line.startsWith('add chain'))).toEqual(['add chain ip knarr-proxy internal-tcp-2']);
  const endpoints = Array.from({ length: 1_000 }, (_, n) => endpoint(`10.2.${n >> 8}.${n & 255}`));
  const deep = new Picture(OPTIONS).replace(keyed(plan({}, endpoints)));
  expect(deep.filter((line) => line.includes('endpoints-tcp {'))).toHaveLength(2);
});

test('a new process takes over the clients that endpoints remember, where there is still such an endpoint', async () => {
  const ports = plan({ sessionAffinity: 'ClientIP' }, [there]);
  const set = /add set \S+ \S+ (clients-\S+)/.exec(text(ports))![1]!;
  const listed = `table ip knarr-proxy {\n\tset hairpins {\n\t\ttypeof ip saddr . ip daddr\n\t\telements = { 10.0.0.1 . 10.0.0.1 }\n\t}\n\tset ${set} {\n\t\ttimeout 3h\n\t\telements = { 1.2.3.4 expires 59s988ms,\n\t\t\t     1.2.3.5 expires 2h }\n\t}\n\tset clients-GONE-60 {\n\t\telements = { 1.2.3.6 expires 5s }\n\t}\n\tset clients-EMPTY-60 {\n\t\ttimeout 1m\n\t}\n}\n`;
  expect(clientsIn(listed)).toEqual([[set, '1.2.3.4 expires 59s988ms, 1.2.3.5 expires 2h'], ['clients-GONE-60', '1.2.3.6 expires 5s']]);
  const written: string[] = [];
  const backend = new Nftables({ ...OPTIONS, run: async (_, args, options) => {
    if (options?.input !== undefined) written.push(options.input);
    return { code: 0, stdout: args[0] === 'list' ? listed : '', stderr: '' };
  } });
  await backend.sync(wholeChange(ports));
  expect(written[0]!.trim().split('\n').at(-1)).toBe(`add element ip knarr-proxy ${set} { 1.2.3.4 expires 59s988ms, 1.2.3.5 expires 2h }`);
  expect(written[0]).not.toContain('GONE');
});
