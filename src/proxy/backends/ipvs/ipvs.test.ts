import { expect, test } from 'vitest';
import type { RunProgram } from '../../../base/program.ts';
import type { ServiceSpec, ServiceStatus } from '../../../kinds/core/service.ts';
import type { Endpoint } from '../../../kinds/discovery/endpoint-slice.ts';
import { planRuleset, portKey, type PortRules } from '../../ruleset.ts';
import { endpoint, service, slice } from '../../testing/objects.ts';
import { wholeChange } from '../../tracker.ts';
import type { BackendOptions } from '../backend.ts';
import { difference, SharedHolding } from './holding.ts';
import { Ipvs, ipvsProblem } from './ipvs.ts';
import { membersIn, serversIn } from './kernel.ts';
import { piecesOf } from './pieces.ts';
import { createSets, jumpsText, ourSets, rulesText } from './sets.ts';
import { ended, scriptOf } from './steps.ts';

const OPTIONS: BackendOptions = {
  family: 'ipv4', clusterCidr: '10.0.0.0/8', masqueradeAll: false, nodePortAddresses: [], run: async () => ({ code: 0, stdout: '', stderr: '' }),
};
const AROUND = { family: 'ipv4', nodeAddresses: ['192.0.2.1', '192.0.2.9'], scheduler: 'rr' } as const;

const plan = (spec: Partial<ServiceSpec>, endpoints: readonly Endpoint[], status?: ServiceStatus): readonly PortRules[] =>
  planRuleset([service(spec, status)], [slice(endpoints, { ports: (spec.ports ?? service().spec.ports)!.map(({ name, protocol }) => ({ name: name ?? '', protocol, port: 80 })) })], { name: 'here' });
const nodePort = (protocol = 'TCP') => [{ name: 'p80', protocol, port: 80, nodePort: 30080 }];
const here = endpoint('10.180.0.2', 'here');
const there = endpoint('10.180.0.1', 'there');
const pieces = (ports: readonly PortRules[]) => ports.flatMap((port) => piecesOf(port, AROUND));

/** What a port adds to an empty kernel, a program after the other. `npx vitest -u` rewrites the files. */
function text(ports: readonly PortRules[]): string {
  const { ipset, ipvsadm, ip } = scriptOf(new SharedHolding().replace([], pieces(ports)), new Set());
  return `${['# ipset restore', ...ipset, '# ipvsadm --restore', ...ipvsadm, '# ip -batch', ...ip].join('\n')}\n`;
}

test('what stays the same whatever Services there are', async () => {
  await expect(`${createSets('ipv4').join('\n')}\n${rulesText(OPTIONS)}`).toMatchFileSnapshot('golden/empty.txt');
  expect([...ourSets('ipv4'), ...ourSets('ipv6')].every((name) => name.length <= 31)).toBe(true);
  expect(new Set([...ourSets('ipv4'), ...ourSets('ipv6')]).size).toBe(2 * ourSets('ipv4').length);
});

test('a node port over two endpoints, on every address of the node', async () => {
  await expect(text(plan({ type: 'NodePort', ports: nodePort() }, [there, here]))).toMatchFileSnapshot('golden/node-port.txt');
});

test('no endpoints: servers with nobody behind them refuse', async () => {
  await expect(text(plan({ type: 'NodePort', ports: nodePort() }, []))).toMatchFileSnapshot('golden/no-endpoints.txt');
});

test('external traffic stays on the node and keeps its address', async () => {
  await expect(text(plan({ type: 'NodePort', externalTrafficPolicy: 'Local', ports: nodePort() }, [there, here]))).toMatchFileSnapshot('golden/external-local.txt');
  expect(text(plan({ type: 'NodePort', externalTrafficPolicy: 'Local', ports: nodePort() }, [there]))).toContain('add KUBE-NO-LOCAL 192.0.2.1,tcp:30080');
});

test('a load balancer with source ranges, affinity and an external address over UDP', async () => {
  const spec = { type: 'LoadBalancer', sessionAffinity: 'ClientIP', loadBalancerSourceRanges: ['1.2.3.0/24', '1.2.4.5/32'], externalIPs: ['9.9.9.9'], ports: nodePort('UDP') };
  await expect(text(plan(spec, [there, here], { loadBalancer: { ingress: [{ ip: '5.5.5.5' }] } }))).toMatchFileSnapshot('golden/load-balancer.txt');
});

test('IPv6 and SCTP in their own words', () => {
  const port = { ...plan({ ports: nodePort('SCTP') }, [here])[0]!, family: 'ipv6' as const, clusterIp: 'fd00::1', cluster: [{ address: 'fd00::2', port: 80, local: true, mayAsk: true }] };
  const { ipvsadm, ip } = scriptOf(new SharedHolding().replace([], piecesOf(port, { family: 'ipv6', nodeAddresses: [], scheduler: 'rr' })), new Set());
  expect(ipvsadm).toEqual(['-A --sctp-service [fd00::1]:80 -s rr', '-a --sctp-service [fd00::1]:80 -r [fd00::2]:80 -m -w 1']);
  expect(ip).toEqual(['address add fd00::1/128 dev kube-ipvs0 nodad']);
});

test('one endpoint\'s change among many is one line for each, and who goes may finish', () => {
  const endpoints = Array.from({ length: 150 }, (_, n) => endpoint(`10.1.0.${n + 100}`));
  const shared = new SharedHolding();
  const before = pieces(plan({}, endpoints));
  shared.replace([], before);
  const after = pieces(plan({}, [...endpoints.slice(1), endpoint('10.1.9.9')]));
  const ending = new Set<string>();
  expect(scriptOf(shared.replace(before, after), ending)).toEqual({
    ipset: [], ip: [],
    ipvsadm: ['-e -t 172.30.0.41:80 -r 10.1.0.100:80 -m -w 0', '-a -t 172.30.0.41:80 -r 10.1.9.9:80 -m -w 1'],
  });
  expect([...ending]).toEqual(['-t 172.30.0.41:80 -r 10.1.0.100:80']);
  expect(scriptOf(shared.replace(after, before), ending).ipvsadm).toEqual(['-e -t 172.30.0.41:80 -r 10.1.9.9:80 -m -w 0', '-e -t 172.30.0.41:80 -r 10.1.0.100:80 -m -w 1']);
});

test('an endpoint that goes is left once its last connection has ended; over UDP at once', () => {
  const listed = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  172.30.0.41:80 rr persistent 10800
  -> 10.1.0.1:80                  Masq    0      1          0
  -> 10.1.0.2:80                  Masq    0      0          0
  -> 10.1.0.3:80                  Masq    0      0          2
`;
  const key = (n: number) => `-t 172.30.0.41:80 -r 10.1.0.${n}:80`;
  expect(ended(listed, new Set([key(1), key(2), key(3)]))).toEqual([key(2)]);
  const udp = pieces(plan({ ports: nodePort('UDP') }, [here]));
  const shared = new SharedHolding();
  shared.replace([], udp);
  expect(scriptOf(shared.replace(udp, pieces(plan({ ports: nodePort('UDP') }, []))), new Set()).ipvsadm).toContain('-d -u 172.30.0.41:80 -r 10.180.0.2:80');
});

test('what one port gives up and another takes over stays', () => {
  const [port] = plan({}, [here]) as [PortRules];
  const shared = new SharedHolding();
  const own = piecesOf(port, AROUND);
  shared.replace([], own);
  expect(shared.replace(own, piecesOf({ ...port, id: 'ns1/other:p80' }, AROUND))).toEqual([]);
  const second = piecesOf({ ...port, port: 443 }, AROUND);
  shared.replace([], second);
  expect(shared.replace(own, []).some(({ kind }) => kind === 'addresses')).toBe(false);
  expect(shared.replace(second, []).map(({ kind }) => kind)).toContain('addresses');
});

test('what is in the kernel is read as it was written, and what is another\'s is not touched', () => {
  const saved = `-A -t 172.30.0.41:80 -s rr -p 10800
-a -t 172.30.0.41:80 -r 10.180.0.2:80 -m -w 1
-A -u 192.0.2.1:30080 -s rr
-A -t 192.0.2.1:8080 -s wlc
-a -t 192.0.2.1:8080 -r 10.9.9.9:80 -m -w 1
-A -t [fd00::41]:80 -s rr
`;
  const members = membersIn('create KUBE-NODE-PORT-UDP bitmap:port range 0-65535\nadd KUBE-NODE-PORT-UDP 30080\nadd THEIRS 1.2.3.4\n', new Set(ourSets('ipv4')));
  expect([...members.keys()]).toEqual(['KUBE-NODE-PORT-UDP 30080']);
  const { servers, reals } = serversIn(saved, { family: 'ipv4', members, addresses: ['172.30.0.41/32'] });
  expect([...servers]).toEqual([['-t 172.30.0.41:80', '-s rr -p 10800'], ['-u 192.0.2.1:30080', '-s rr']]);
  expect([...reals]).toEqual([['-t 172.30.0.41:80 -r 10.180.0.2:80', '1']]);
  expect([...serversIn(saved, { family: 'ipv6', members: new Map(), addresses: ['fd00::41/128'] }).servers.keys()]).toEqual(['-t [fd00::41]:80']);
});

/** A kernel that answers what it is told to, and remembers what it was told. */
function kernel(answers: Readonly<Record<string, string>> = {}) {
  const told: string[] = [];
  const run: RunProgram = async (command, args, options) => {
    if (options?.input !== undefined) told.push(...options.input.trim().split('\n').map((line) => `${command} ${line}`));
    const stdout = answers[`${command} ${args.join(' ')}`] ?? '';
    return { code: 0, stdout, stderr: '' };
  };
  return { told, run };
}

test('a new process writes what differs from what the last one left', async () => {
  const { told, run } = kernel({
    'ip -o -4 address show': '1: lo    inet 127.0.0.1/8 scope host lo\\\n2: eth0    inet 192.0.2.1/24 brd 192.0.2.255 scope global eth0\\\n3: kube-ipvs0    inet 172.30.0.41/32 scope global kube-ipvs0\\\n',
    'ipset save': 'add KUBE-IPVS-IPS 172.30.0.41\nadd KUBE-CLUSTER-IP 172.30.0.41,tcp:80\n',
    'ipvsadm -S -n': '-A -t 172.30.0.41:80 -s rr\n-a -t 172.30.0.41:80 -r 10.180.0.7:80 -m -w 1\n',
  });
  const ruleset = plan({ type: 'NodePort', ports: nodePort() }, [there]);
  const backend = new Ipvs({ ...OPTIONS, run });
  await backend.sync(wholeChange(ruleset));
  expect(new Set(told.filter((line) => /^(ipvsadm|ip|ipset) /.test(line) && !line.includes(' create ')))).toEqual(new Set([
    'ipset add KUBE-NODE-PORT-TCP 30080',
    'ipvsadm -A -t 192.0.2.1:30080 -s rr', 'ipvsadm -a -t 172.30.0.41:80 -r 10.180.0.1:80 -m -w 1', 'ipvsadm -a -t 192.0.2.1:30080 -r 10.180.0.1:80 -m -w 1',
    'ipvsadm -e -t 172.30.0.41:80 -r 10.180.0.7:80 -m -w 0',
  ]));
  told.length = 0;
  const [port] = ruleset as [PortRules];
  await backend.sync({ now: new Map(), changed: new Set([portKey(port)]) });
  expect(told.filter((line) => line.startsWith('ip '))).toEqual(['ip address delete 172.30.0.41/32 dev kube-ipvs0']);
  expect(told).toContain('ipvsadm -D -t 172.30.0.41:80');
});

test('servers are known again when someone took the device away', async () => {
  const { told, run } = kernel({ 'ipvsadm -S -n': '-A -t 172.30.0.41:80 -s rr\n-a -t 172.30.0.41:80 -r 10.180.0.1:80 -m -w 1\n' });
  await new Ipvs({ ...OPTIONS, run }).sync(wholeChange(plan({}, [there])));
  expect(told.filter((line) => line.startsWith('ipvsadm '))).toEqual([]);
  expect(told).toContain('ip address add 172.30.0.41/32 dev kube-ipvs0');
});

test('a machine that cannot do it is told why', async () => {
  expect(await ipvsProblem(kernel().run)).toBeUndefined();
  expect(await ipvsProblem(async () => ({ code: 127, stdout: '', stderr: '' }))).toBe('can\'t use the IPVS proxier: there is no ipvsadm on this machine');
  expect(await ipvsProblem(async () => ({ code: 2, stdout: '', stderr: 'Can\'t initialize ipvs: Protocol not available\n' })))
    .toBe('can\'t use the IPVS proxier: this kernel has no virtual servers, or no module ip_vs to load (Can\'t initialize ipvs: Protocol not available)');
});

test('nothing differs between a holding and itself', () => {
  const shared = new SharedHolding();
  shared.replace([], pieces(plan({ type: 'NodePort', ports: nodePort() }, [here, there])));
  expect(difference(shared.holding, shared.holding)).toEqual([]);
});

test('jumps that are missing are put before all else, in order', () => {
  expect(jumpsText('')).toBe(`*filter
-I FORWARD -j KUBE-IPVS-FORWARD
-I OUTPUT -j KUBE-IPVS-OUT-FILTER
-I INPUT -j KUBE-IPVS-FILTER
-I INPUT -j KUBE-IPVS-FIREWALL
COMMIT
*nat
-I POSTROUTING -j KUBE-IPVS-POSTROUTING
-I OUTPUT -j KUBE-IPVS-SERVICES
-I PREROUTING -j KUBE-IPVS-SERVICES
COMMIT
`);
  const saved = jumpsText('').replaceAll(/^-I/gm, '-A');
  expect(jumpsText(saved)).toBe('');
  expect(jumpsText(saved.replace('-A OUTPUT -j KUBE-IPVS-SERVICES\n', ''))).toBe('*nat\n-I OUTPUT -j KUBE-IPVS-SERVICES\nCOMMIT\n');
});

test('SCTP\'s node ports are listed with the node\'s addresses', () => {
  const rules = text(plan({ type: 'NodePort', ports: nodePort('SCTP') }, [there]));
  expect(rules).toContain('add KUBE-NODE-PORT-SCTP-HASH 192.0.2.9,sctp:30080');
});
