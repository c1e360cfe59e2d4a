/** The contract of the proxy's backends: each writes its rules into a node's kernel, and packets go where they should. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanProxy, type ProxyMode } from '../../src/proxy/index.ts';
import { endpoint, service, slice } from '../../src/proxy/testing/objects.ts';
import { answerIn, Asker, buildNetwork, NODE_ADDRESS, proxyOn, type ProxyNetwork } from './proxy-network.ts';
import { within, type Host } from './support/hosts.ts';

const VIP = '172.30.0.41';
const VIP6 = 'fd00:30::41';
const PORT = 30080;
const tcp = [{ name: 'p80', protocol: 'TCP', port: 80, nodePort: PORT }];
const udp = [{ name: 'p53', protocol: 'UDP', port: 53, nodePort: PORT }];
const sctp = [{ name: 'p80', protocol: 'SCTP', port: 80, nodePort: PORT }];
const TIMEOUT = 'ETIMEDOUT';
const REFUSED = 'ECONNREFUSED';

let net: ProxyNetwork;
const parts: Disposable[] = [];
let [node, client, a, b]: Asker[] = [];
/** Name and addresses of what answers. */
let [A, B, FAR]: { name: string; address: string; address6?: string }[] = [];

/** The network of all contracts of a file, while they run. */
export function onNetwork(host: Host): void {
  beforeAll(async () => {
    net = await buildNetwork(host, `kpx${process.pid}`);
    parts.push(...await Promise.all([net.client, ...net.pods.map((pod) => pod.name)].map((name) => answerIn(host, name))));
    [node, client, a, b] = await Promise.all([net.node, net.client, ...net.pods.map(({ name }) => name)].map((name) => Asker.start(host, name)));
    parts.push(node!, client!, a!, b!);
    [A, B] = net.pods;
    FAR = { name: net.client, address: net.clientAddress };
  });
  afterAll(async () => {
    for (const part of parts) part[Symbol.dispose]();
    await net?.[Symbol.asyncDispose]();
  });
}

const here = (pod: { address: string } | undefined) => endpoint(pod!.address, 'here');
const far = () => endpoint(FAR!.address, 'there');
const udpSlice = (...pods: ({ address: string } | undefined)[]) => slice(pods.map(here), { ports: [{ name: 'p53', protocol: 'UDP', port: 53 }] });
/** The names of those who answer, asked until all have or it is hopeless. */
async function answering(ask: () => Promise<string>, wanted: number, times = 60): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (let n = 0; n < times && seen.size < wanted; n++) seen.add((await ask()).split(' ')[0]!);
  return seen;
}

/**
 * What a virtual server cannot: there is one for an address and port, whoever asks. So those within the cluster meet a node
 * port's local endpoints alone too, and a client meets another endpoint behind another address. It has none on 127.0.0.1.
 */
const isVirtualServer = (mode: ProxyMode): boolean => mode === 'ipvs';
const HARM: Readonly<Record<ProxyMode, readonly string[]>> = {
  iptables: ['iptables -t nat -F', 'iptables -t nat -F; iptables -t nat -X'],
  nftables: ['nft flush map ip knarr-proxy service-ips', 'nft delete table ip knarr-proxy'],
  ipvs: ['ipvsadm -C', 'ip link delete kube-ipvs0; ipset flush KUBE-CLUSTER-IP'],
};

function onMode(mode: ProxyMode): () => Awaited<ReturnType<typeof proxyOn>> {
  let proxy: Awaited<ReturnType<typeof proxyOn>>;
  beforeAll(async () => {
    proxy = await proxyOn(net, mode);
  });
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
  });
  return () => proxy;
}

/** SCTP alone, of which not every kernel knows. */
export function sctpContract(mode: ProxyMode): void {
  const proxy = onMode(mode);
  test('an SCTP Service answers', async ({ skip }) => {
    const sctpSlice = (...pods: ({ address: string } | undefined)[]) => slice(pods.map(here), { ports: [{ name: 'p80', protocol: 'SCTP', port: 80 }] });
    if (['EPROTONOSUPPORT', 'ESOCKTNOSUPPORT'].includes(await b!.sctp(A!.address, 80))) skip('this kernel has no SCTP');
    await proxy().become(service({ type: 'NodePort', ports: sctp }), sctpSlice(A));
    expect(await b!.sctp(VIP, 80)).toBe(`${A!.name} ${B!.address}`);
    expect(await client!.sctp(NODE_ADDRESS, PORT)).toBe(`${A!.name} 10.244.7.1`);
    await proxy().become(service({ type: 'NodePort', ports: sctp }), sctpSlice(B));
    expect(await client!.sctp(VIP, 80)).toMatch(new RegExp(`^${B!.name} `));
  });
}

/** @param others backends that this host can have as well */
export function contract(mode: ProxyMode, others: readonly ProxyMode[]): void {
  const the = onMode(mode);
  const proxy: ReturnType<typeof the> = {
    become: (...args) => the().become(...args), restart: () => the().restart(), lookUntil: (...args) => the().lookUntil(...args), [Symbol.asyncDispose]: async () => {},
  };
  const inside = (...words: readonly string[]) => within(net.host, net.node)(words[0]!, words.slice(1));

  test('a ClusterIP answers pods, itself, the node and the world, and a node port on every address of the node', async () => {
    await proxy.become(service({ type: 'NodePort', ports: tcp }), slice([here(A)]));
    expect(await b!.tcp(VIP, 80)).toBe(`${A!.name} ${B!.address}`);
    expect(await a!.tcp(VIP, 80)).toBe(`${A!.name} 10.244.7.1`);
    expect(await node!.tcp(VIP, 80)).toMatch(new RegExp(`^${A!.name} `));
    expect(await client!.tcp(VIP, 80)).toBe(`${A!.name} 10.244.7.1`);
    expect(await client!.tcp(NODE_ADDRESS, PORT)).toBe(`${A!.name} 10.244.7.1`);
    expect(await b!.tcp(NODE_ADDRESS, PORT)).toMatch(new RegExp(`^${A!.name} `));
    if (!isVirtualServer(mode)) expect(await node!.tcp('127.0.0.1', PORT)).toMatch(new RegExp(`^${A!.name} `));
  });

  test('connections are spread over all endpoints, and over those that are left', async () => {
    await proxy.become(service({ type: 'NodePort', ports: tcp }), slice([here(A), here(B), far()]));
    expect(await answering(() => node!.tcp(VIP, 80), 3)).toEqual(new Set([A!.name, B!.name, FAR!.name]));
    expect(await answering(() => client!.tcp(NODE_ADDRESS, PORT), 3)).toEqual(new Set([A!.name, B!.name, FAR!.name]));
    await proxy.become(service({ type: 'NodePort', ports: tcp }), slice([here(B)]));
    expect(await answering(() => node!.tcp(VIP, 80), 2)).toEqual(new Set([B!.name]));
  });

  test('externalTrafficPolicy Local keeps the client\'s address and binds outsiders alone', async () => {
    const local = service({ type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: tcp }, { loadBalancer: { ingress: [{ ip: '203.0.113.7', ipMode: 'VIP' }] } });
    await proxy.become(local, slice([here(B), far()]));
    for (const [host, port] of [[NODE_ADDRESS, PORT], ['203.0.113.7', 80]] as const) {
      expect(await client!.tcp(host, port)).toBe(`${B!.name} ${FAR!.address}`);
      expect(await answering(() => client!.tcp(host, port), 2)).toEqual(new Set([B!.name]));
      for (const insider of [a!, node!]) {
        expect(await answering(() => insider.tcp(host, port), 2, isVirtualServer(mode) ? 8 : 60)).toEqual(new Set(isVirtualServer(mode) ? [B!.name] : [B!.name, FAR!.name]));
      }
    }
    await proxy.become(local, slice([far()]));
    expect(await client!.tcp(NODE_ADDRESS, PORT)).toBe(TIMEOUT);
    expect(await client!.tcp('203.0.113.7', 80)).toBe(TIMEOUT);
    if (isVirtualServer(mode)) expect(await a!.tcp(NODE_ADDRESS, PORT)).toBe(TIMEOUT);
    else expect(await a!.tcp(NODE_ADDRESS, PORT)).toMatch(new RegExp(`^${FAR!.name} `));
  });

  test('internalTrafficPolicy Local stays on the node, or comes to nothing', async () => {
    await proxy.become(service({ internalTrafficPolicy: 'Local' }), slice([here(B), far()]));
    expect(await answering(() => a!.tcp(VIP, 80), 2)).toEqual(new Set([B!.name]));
    await proxy.become(service({ internalTrafficPolicy: 'Local' }), slice([far()]));
    expect(await a!.tcp(VIP, 80)).toBe(TIMEOUT);
  });

  test('a load balancer\'s address is for those in its ranges, and not ours where the balancer is a proxy', async () => {
    const ingress = { loadBalancer: { ingress: [{ ip: '203.0.113.7' }, { ip: '203.0.113.8', ipMode: 'Proxy' }] } };
    const spec = { type: 'LoadBalancer', ports: tcp, loadBalancerSourceRanges: ['192.0.2.0/24'] };
    await proxy.become(service(spec, ingress), slice([here(A)]));
    expect(await client!.tcp('203.0.113.7', 80)).toBe(`${A!.name} 10.244.7.1`);
    expect(await b!.tcp('203.0.113.7', 80)).toBe(TIMEOUT);
    expect(await client!.tcp('203.0.113.8', 80)).not.toContain(A!.name);
    await proxy.become(service({ ...spec, loadBalancerSourceRanges: ['198.51.100.0/24', '10.244.0.0/16'] }, ingress), slice([here(A)]));
    expect(await client!.tcp('203.0.113.7', 80)).toBe(TIMEOUT);
    expect(await b!.tcp('203.0.113.7', 80)).toMatch(new RegExp(`^${A!.name} `));
    expect(await client!.tcp(NODE_ADDRESS, PORT)).toMatch(new RegExp(`^${A!.name} `));
  });

  test('an external address answers', async () => {
    await proxy.become(service({ externalIPs: ['198.51.100.9'] }), slice([here(A)]));
    expect(await client!.tcp('198.51.100.9', 80)).toBe(`${A!.name} 10.244.7.1`);
    expect(await b!.tcp('198.51.100.9', 80)).toMatch(new RegExp(`^${A!.name} `));
  });

  test('with affinity a client stays with its endpoint as long as there is one, however it comes', async () => {
    const sticky = service({ type: 'NodePort', sessionAffinity: 'ClientIP', ports: tcp });
    await proxy.become(sticky, slice([here(A), here(B)]));
    const [first] = await answering(() => client!.tcp(VIP, 80), 1);
    for (let n = 0; n < 8; n++) expect((await client!.tcp(VIP, 80)).split(' ')[0]).toBe(first);
    if (!isVirtualServer(mode)) expect((await client!.tcp(NODE_ADDRESS, PORT)).split(' ')[0]).toBe(first);
    await proxy.restart();
    for (let n = 0; n < 8; n++) expect((await client!.tcp(VIP, 80)).split(' ')[0]).toBe(first);
    await proxy.become(sticky, slice([first === A!.name ? here(B) : here(A)]));
    expect((await client!.tcp(VIP, 80)).split(' ')[0]).toBe(first === A!.name ? B!.name : A!.name);
  });

  test('where nobody answers, everybody is refused at once', async () => {
    await proxy.become(service({ type: 'NodePort', ports: tcp, externalIPs: ['198.51.100.9'] }), slice([]));
    for (const asker of [node!, b!]) expect(await asker.tcp(VIP, 80)).toBe(REFUSED);
    expect(await client!.tcp(NODE_ADDRESS, PORT)).toBe(REFUSED);
    expect(await client!.tcp('198.51.100.9', 80)).toBe(REFUSED);
  });

  test('a UDP sender follows when its endpoint goes, and when there is one at last', async () => {
    await proxy.become(service({ type: 'NodePort', ports: udp }), udpSlice(A));
    expect(await client!.udp(VIP, 53, 40001)).toMatch(new RegExp(`^${A!.name} `));
    expect(await client!.udp(NODE_ADDRESS, PORT, 40002)).toMatch(new RegExp(`^${A!.name} `));
    await proxy.become(service({ type: 'NodePort', ports: udp }), udpSlice(B));
    expect(await client!.udp(VIP, 53, 40001)).toMatch(new RegExp(`^${B!.name} `));
    expect(await client!.udp(NODE_ADDRESS, PORT, 40002)).toMatch(new RegExp(`^${B!.name} `));
    await proxy.become(service({ type: 'NodePort', ports: udp }), udpSlice());
    expect([TIMEOUT, REFUSED]).toContain(await client!.udp(VIP, 53, 40001));
    await proxy.become(service({ type: 'NodePort', ports: udp }), udpSlice(A));
    expect(await client!.udp(VIP, 53, 40001)).toMatch(new RegExp(`^${A!.name} `));
  });

  test('both families of a Service answer', async () => {
    const dual = service({ type: 'NodePort', ports: tcp, clusterIPs: [VIP, VIP6], ipFamilies: ['IPv4', 'IPv6'] });
    await proxy.become(dual, slice([here(A)]), slice([endpoint(A!.address6!, 'here')], { addressType: 'IPv6' }));
    expect(await b!.tcp(VIP, 80)).toBe(`${A!.name} ${B!.address}`);
    expect(await b!.tcp(VIP6, 80)).toBe(`${A!.name} ${B!.address6}`);
    expect(await a!.tcp(VIP6, 80)).toBe(`${A!.name} fd00:7::1`);
    expect(await client!.tcp('fd00:99::1', PORT)).toBe(`${A!.name} fd00:7::1`);
    await proxy.become(dual, slice([here(A)]), slice([], { addressType: 'IPv6' }));
    expect(await b!.tcp(VIP6, 80)).toBe(REFUSED);
  });

  test('a connection lives through a new proxy and through changes of its Service', async () => {
    await proxy.become(service({ type: 'NodePort', ports: tcp }), slice([here(A)]));
    expect(await client!.tcp(VIP, 80, 'long')).toMatch(new RegExp(`^${A!.name} `));
    await proxy.restart();
    expect(await client!.tcp(VIP, 80, 'long')).toMatch(new RegExp(`^${A!.name} `));
    await proxy.become(service({ type: 'NodePort', ports: tcp }), slice([here(B)]));
    expect(await client!.tcp(VIP, 80, 'long')).toMatch(new RegExp(`^${A!.name} `));
  });

  test('what someone flushed is written again, and what is another\'s stays', async () => {
    const foreign = ['-p', 'tcp', '--dport', '9', '-m', 'comment', '--comment', 'a neighbour\'s', '-j', 'DROP'];
    await inside('iptables', '-A', 'INPUT', ...foreign);
    await proxy.become(service({ type: 'NodePort', ports: tcp }), slice([here(A)]));
    for (const harm of HARM[mode]) await proxy.lookUntil(async () => (await b!.tcp(VIP, 80)).startsWith(A!.name), () => inside('sh', '-c', harm));
    expect((await inside('iptables', '-C', 'INPUT', ...foreign)).code).toBe(0);
    await inside('iptables', '-D', 'INPUT', ...foreign);
  });

  test('the other backends\' rules go when this one takes over, and its own when they are cleaned away', async () => {
    const rules = async (): Promise<readonly string[]> => {
      const saved = await Promise.all(['iptables-save', 'ip6tables-save', 'nft list tables', 'ip link', 'ipset save', 'ipvsadm -Sn'].map((line) => inside(...line.split(' '))));
      const text = saved.map(({ stdout }) => stdout).join('');
      const signs = { iptables: /KUBE-(?!IPVS-)\S+ -/, nftables: /knarr-proxy/, ipvs: /KUBE-IPVS-|kube-ipvs0|create KUBE|^-A -t/m };
      return Object.entries(signs).filter(([, sign]) => sign.test(text)).map(([name]) => name);
    };
    await proxy.become(service({ type: 'NodePort', ports: tcp }), slice([here(A)]));
    expect(await rules()).toEqual([mode]);
    for (const other of others) {
      await using another = await proxyOn(net, other);
      await another.restart();
      await proxy.restart();
      expect(await rules()).toEqual([mode]);
    }
    await cleanProxy(within(net.host, net.node));
    expect(await rules()).toEqual([]);
    expect(await client!.tcp(NODE_ADDRESS, PORT)).toBe(REFUSED);
  });
}
