/** The proxy's rules at work in the kernel: a node and a client, each a network namespace, and pods behind the node. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock, settle } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { mustRun } from '../../src/base/program.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createClient, createInformers } from '../../src/client/index.ts';
import { FakeApi } from '../../src/client/testing/fake-api.ts';
import { cleanProxy, startProxy } from '../../src/proxy/index.ts';
import { endpoint, service, slice } from '../../src/proxy/testing/objects.ts';
import { get, inside, ip, isRoot, run, serveIn } from './support/namespaces.ts';

const ID = `kpx${process.pid}`;
const NODE = `${ID}-node`;
const CLIENT = `${ID}-client`;
const PODS = [{ name: `${ID}-a`, address: '10.244.7.2' }, { name: `${ID}-b`, address: '10.244.7.3' }] as const;
const SERVICE = '/api/v1/namespaces/ns1/services/svc1';
const SLICE = '/apis/discovery.k8s.io/v1/namespaces/ns1/endpointslices/svc1-x';
const servers: Disposable[] = [];

beforeAll(async () => {
  if (!isRoot) return;
  for (const name of [NODE, CLIENT, ...PODS.map((pod) => pod.name)]) {
    await ip(`netns add ${name}`);
    await ip(`-n ${name} link set lo up`);
  }
  await ip(`link add c netns ${NODE} type veth peer name eth0 netns ${CLIENT}`);
  await ip(`-n ${NODE} address add 192.0.2.1/24 dev c`);
  await ip(`-n ${NODE} link set c up`);
  await ip(`-n ${CLIENT} address add 192.0.2.2/24 dev eth0`);
  await ip(`-n ${CLIENT} link set eth0 up`);
  await ip(`-n ${CLIENT} route add default via 192.0.2.1`);
  await ip(`-n ${NODE} link add cni0 type bridge`);
  await ip(`-n ${NODE} address add 10.244.7.1/24 dev cni0`);
  await ip(`-n ${NODE} link set cni0 up`);
  await ip(`-n ${NODE} route add default via 192.0.2.2`);
  for (const [n, pod] of PODS.entries()) {
    await ip(`link add p${n} netns ${NODE} type veth peer name eth0 netns ${pod.name}`);
    await ip(`-n ${NODE} link set p${n} master cni0 up`);
    await ip(`-n ${NODE} link set p${n} type bridge_slave hairpin on`);
    await ip(`-n ${pod.name} address add ${pod.address}/24 dev eth0`);
    await ip(`-n ${pod.name} link set eth0 up`);
    await ip(`-n ${pod.name} route add default via 10.244.7.1`);
    servers.push(await serveIn(pod.name));
  }
  await mustRun(inside(NODE), 'sh', ['-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables']);
});

afterAll(async () => {
  for (const server of servers) server[Symbol.dispose]();
  for (const name of [NODE, CLIENT, ...PODS.map((pod) => pod.name)]) await run('ip', ['netns', 'delete', name]);
});

test.skipIf(!isRoot)('ClusterIP, NodePort, hairpin, policies and refusal work in the kernel, and clean away (needs root on Linux)', async () => {
  const api = new FakeApi();
  const ports = [{ name: 'p80', protocol: 'TCP', port: 80, nodePort: 30080 }];
  const clock = new ManualClock();
  await using informers = createInformers(createClient(api.transport), { clock, log: silent, random: seededRandom(1) });
  const before = (await inside(NODE)('iptables-save', [])).stdout;
  /** Lets a proxy see these objects, write, and go: its rules stay, and the next one takes over. */
  const become = async (spec: Parameters<typeof service>[0], endpoints: Parameters<typeof slice>[0]) => {
    api.put(SERVICE, service(spec));
    api.put(SLICE, slice(endpoints));
    await settle();
    await using _proxy = await startProxy({ informers, nodeName: 'here', clusterCidr: '10.244.0.0/16', run: inside(NODE), clock, log: silent });
  };
  const [a, b] = PODS;

  await become({ type: 'NodePort', ports }, [endpoint(a.address, 'here')]);
  // from the node, from another pod with its own address, from itself, from outside by node port
  expect(await get(NODE, '172.30.0.41')).toMatch(new RegExp(`^${a.name} `));
  expect(await get(b.name, '172.30.0.41')).toBe(`${a.name} ${b.address}`);
  expect(await get(a.name, '172.30.0.41')).toBe(`${a.name} 10.244.7.1`);
  expect(await get(CLIENT, '192.0.2.1:30080')).toBe(`${a.name} 10.244.7.1`);
  expect(await get(NODE, '127.0.0.1:30080')).toMatch(new RegExp(`^${a.name} `));

  // the client's own address arrives with externalTrafficPolicy Local
  await become({ type: 'NodePort', externalTrafficPolicy: 'Local', ports }, [endpoint(b.address, 'here')]);
  expect(await get(CLIENT, '192.0.2.1:30080')).toBe(`${b.name} 192.0.2.2`);
  expect(await get(NODE, '172.30.0.41')).toMatch(new RegExp(`^${b.name} `));

  // both endpoints are used
  await become({ type: 'NodePort', ports }, PODS.map(({ address }) => endpoint(address, 'here')));
  const seen = new Set<string>();
  for (let n = 0; n < 30 && seen.size < 2; n++) seen.add((await get(NODE, '172.30.0.41')).split(' ')[0]!);
  expect(seen).toEqual(new Set([a.name, b.name]));

  // no endpoints: refused
  await become({ type: 'NodePort', ports }, []);
  expect(await get(NODE, '172.30.0.41')).toBe('ECONNREFUSED');
  expect(await get(b.name, '172.30.0.41')).toBe('ECONNREFUSED');
  expect(await get(CLIENT, '192.0.2.1:30080')).toBe('ECONNREFUSED');

  await cleanProxy(inside(NODE));
  const rules = (text: string) => text.split('\n').filter((line) => line !== '' && !/^[#:*]|^COMMIT/.test(line));
  const after = (await inside(NODE)('iptables-save', [])).stdout;
  expect(rules(after)).toEqual(rules(before));
  expect(after).not.toContain('KUBE-');
});
