/** A node between its pods and the world, each a network namespace, and the proxy's rules in the node's. */
import { spawn, type ChildProcess } from 'node:child_process';
import { ManualClock, settle } from '../../src/base/clock.ts';
import { silent, type Logger } from '../../src/base/log.ts';
import { mustRun } from '../../src/base/program.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createClient, createInformers } from '../../src/client/index.ts';
import { FakeApi } from '../../src/client/testing/fake-api.ts';
import { startProxy, type ProxyMode } from '../../src/proxy/index.ts';
import type { service, slice } from '../../src/proxy/testing/objects.ts';
import { inside, ip, run } from './support/namespaces.ts';

/** The node and its pods on a bridge; a client that is also where an endpoint of another node lives. */
export interface ProxyNetwork extends AsyncDisposable {
  readonly node: string;
  readonly client: string;
  readonly pods: readonly { readonly name: string; readonly address: string; readonly address6: string }[];
  readonly clientAddress: string;
}

export const NODE_ADDRESS = '192.0.2.1';

export async function buildNetwork(id: string): Promise<ProxyNetwork> {
  const [node, client] = [`${id}-node`, `${id}-client`];
  const pods = ['a', 'b'].map((letter, n) => ({ name: `${id}-${letter}`, address: `10.244.7.${n + 2}`, address6: `fd00:7::${n + 2}` }));
  const names = [node, client, ...pods.map(({ name }) => name)];
  for (const name of names) {
    await run('ip', ['netns', 'delete', name]);
    await ip(`netns add ${name}`);
    await ip(`-n ${name} link set lo up`);
  }
  await ip(`link add c netns ${node} type veth peer name eth0 netns ${client}`);
  await ip(`-n ${node} address add ${NODE_ADDRESS}/24 dev c`);
  await ip(`-n ${node} address add fd00:99::1/64 dev c nodad`);
  await ip(`-n ${node} link set c up`);
  await ip(`-n ${client} address add 192.0.2.2/24 dev eth0`);
  await ip(`-n ${client} address add fd00:99::2/64 dev eth0 nodad`);
  await ip(`-n ${client} link set eth0 up`);
  await ip(`-n ${client} route add default via ${NODE_ADDRESS}`);
  await ip(`-n ${client} route add default via fd00:99::1`);
  await ip(`-n ${node} link add cni0 type bridge`);
  await ip(`-n ${node} address add 10.244.7.1/24 dev cni0`);
  await ip(`-n ${node} address add fd00:7::1/64 dev cni0 nodad`);
  await ip(`-n ${node} link set cni0 up`);
  await ip(`-n ${node} route add default via 192.0.2.2`);
  await ip(`-n ${node} route add default via fd00:99::2`);
  for (const [n, pod] of pods.entries()) {
    await ip(`link add p${n} netns ${node} type veth peer name eth0 netns ${pod.name}`);
    await ip(`-n ${node} link set p${n} master cni0 up`);
    await ip(`-n ${node} link set p${n} type bridge_slave hairpin on`);
    await ip(`-n ${pod.name} address add ${pod.address}/24 dev eth0`);
    await ip(`-n ${pod.name} address add ${pod.address6}/64 dev eth0 nodad`);
    await ip(`-n ${pod.name} link set eth0 up`);
    await ip(`-n ${pod.name} route add default via 10.244.7.1`);
    await ip(`-n ${pod.name} route add default via fd00:7::1`);
  }
  const settings = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding', 'bridge/bridge-nf-call-iptables', 'bridge/bridge-nf-call-ip6tables'];
  await mustRun(inside(node), 'sh', ['-c', `for name in ${settings.join(' ')}; do echo 1 > /proc/sys/net/$name; done`]);
  return {
    node, client, pods, clientAddress: '192.0.2.2',
    [Symbol.asyncDispose]: async () => {
      for (const name of names) await run('ip', ['netns', 'delete', name]);
    },
  };
}

/** Everything a namespace answers: its name and the caller's address, over TCP and UDP; a UDP caller is told for each datagram. */
const ANSWERS = `
const say = (address) => process.argv[1] + ' ' + address.replace('::ffff:', '');
const net = require('net'), dgram = require('dgram');
const tcp = net.createServer((s) => { s.on('error', () => {}); s.on('data', () => s.write(say(s.remoteAddress) + '\\n')); }).listen(80, '::', () => {
  const udp = dgram.createSocket('udp6');
  udp.on('message', (m, peer) => udp.send(say(peer.address), peer.port, peer.address));
  udp.bind(53, '::', () => console.log('ready'));
});`;

/** Answers on port 80 (TCP) and 53 (UDP) until disposed. */
export async function answerIn(namespace: string): Promise<Disposable> {
  const child = spawn('ip', ['netns', 'exec', namespace, 'node', '-e', ANSWERS, namespace], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return { [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

/** A program in a namespace that asks when it is told to: starting one for each question would take most of the time. */
const ASKS = `
const net = require('net'), dgram = require('dgram');
const kept = new Map();
const fail = (e) => e.code ?? String(e);
function tcp([host, port, name]) {
  return new Promise((done) => {
    const s = name && kept.get(name) || net.connect({ host, port: +port });
    if (name) kept.set(name, s);
    const end = (text) => { clearTimeout(timer); s.removeAllListeners('data'); s.removeAllListeners('error'); s.on('error', () => {}); if (!name || text.startsWith('E')) { s.destroy(); kept.delete(name); } done(text); };
    const timer = setTimeout(() => end('ETIMEDOUT'), 1500);
    s.on('error', (e) => end(fail(e)));
    s.on('data', (d) => end(String(d).trim()));
    s.write('hello');
  });
}
function udp([host, port, from]) {
  return new Promise((done) => {
    const s = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const end = (text) => { clearTimeout(timer); s.close(); done(text); };
    const timer = setTimeout(() => end('ETIMEDOUT'), 1500);
    s.on('error', (e) => end(fail(e)));
    s.on('message', (d) => end(String(d)));
    s.bind(+from || 0, () => s.connect(+port, host, () => s.send('hello')));
  });
}
console.log('ready');
require('readline').createInterface({ input: process.stdin }).on('line', async (line) => {
  const [kind, ...rest] = line.split(' ');
  console.log(await (kind === 'tcp' ? tcp : udp)(rest));
});`;

/** Asks from inside a namespace, one question at a time; the answer is the server's text or an error's code. */
export class Asker implements Disposable {
  readonly #child: ChildProcess;
  #text = '';
  #wake: () => void = () => {};

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout!.on('data', (chunk) => {
      this.#text += String(chunk);
      this.#wake();
    });
  }

  static async start(namespace: string): Promise<Asker> {
    const asker = new Asker(spawn('ip', ['netns', 'exec', namespace, 'node', '-e', ASKS], { stdio: ['pipe', 'pipe', 'inherit'] }));
    await asker.#line();
    return asker;
  }

  /** @param name the connection's, which then stays and is asked again under that name */
  tcp(host: string, port: number, name = ''): Promise<string> {
    return this.#ask(`tcp ${host} ${port} ${name}`.trim());
  }

  /** @param from the sender's port: conntrack knows a flow by it */
  udp(host: string, port: number, from = 0): Promise<string> {
    return this.#ask(`udp ${host} ${port} ${from}`);
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }

  #ask(question: string): Promise<string> {
    this.#child.stdin!.write(`${question}\n`);
    return this.#line();
  }

  async #line(): Promise<string> {
    while (!this.#text.includes('\n')) await new Promise<void>((resolve) => (this.#wake = resolve));
    const [line = '', ...rest] = this.#text.split('\n');
    this.#text = rest.join('\n');
    return line;
  }
}

/** What the proxy has to complain of belongs to the test's output. */
const log: Logger = { ...silent, error: (message, fields) => console.error(message, fields) };

const SERVICE = '/api/v1/namespaces/ns1/services/svc1';
const SLICE = '/apis/discovery.k8s.io/v1/namespaces/ns1/endpointslices/';

/** A proxy on the network's node, and the objects it sees. */
export async function proxyOn({ node }: ProxyNetwork, mode: ProxyMode) {
  const api = new FakeApi();
  const clock = new ManualClock();
  const informers = createInformers(createClient(api.transport), { clock, log: silent, random: seededRandom(1) });
  const start = () => startProxy({ informers, nodeName: 'here', clusterCidrs: ['10.244.0.0/16', 'fd00:7::/48'], mode, run: inside(node), clock, log });
  let running: AsyncDisposable | undefined;
  const stop = async () => {
    await running?.[Symbol.asyncDispose]();
    running = undefined;
  };
  return {
    /**
     * Resolves once the rules say so: a proxy takes over what is there, sees a change, writes it and goes. Its rules stay,
     * and are asked after; so each change is written as a change, and each state also as a whole.
     */
    async become(what: ReturnType<typeof service>, ...slices: readonly ReturnType<typeof slice>[]): Promise<void> {
      running = await start();
      api.put(SERVICE, what);
      for (const n of [0, 1]) {
        const one = slices[n];
        if (one) api.put(`${SLICE}svc1-${n}`, { ...one, metadata: { ...one.metadata, name: `svc1-${n}`, uid: `svc1-${n}` } });
        else api.remove(`${SLICE}svc1-${n}`);
      }
      await settle();
      await clock.advance(1_100);
      await stop();
    },
    /** One proxy gives way to the next. */
    async restart(): Promise<void> {
      running = await start();
      await stop();
    },
    /** Someone does harm to a proxy's rules, and it looks after them until `done`. */
    async lookUntil(done: () => Promise<boolean>, harm: () => Promise<unknown>): Promise<void> {
      running = await start();
      await harm();
      while (!(await done())) await clock.advance(31_000);
      await stop();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await stop();
      await informers[Symbol.asyncDispose]();
    },
  };
}
