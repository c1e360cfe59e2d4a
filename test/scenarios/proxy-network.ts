/** A node between its pods and the world, each a network namespace, and the proxy's rules in the node's. */
import { ManualClock, settle } from '../../src/base/clock.ts';
import { silent, type Logger } from '../../src/base/log.ts';
import { mustRun } from '../../src/base/program.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createClient, createInformers } from '../../src/client/index.ts';
import { FakeApi } from '../../src/client/testing/fake-api.ts';
import { startProxy, type Proxying, type ProxyMode } from '../../src/proxy/index.ts';
import type { service, slice } from '../../src/proxy/testing/objects.ts';
import { within, type Host, type Talk } from './support/hosts.ts';

/** The node and its pods on a bridge; a client that is also where an endpoint of another node lives. */
export interface ProxyNetwork extends AsyncDisposable {
  readonly host: Host;
  readonly node: string;
  readonly client: string;
  readonly pods: readonly { readonly name: string; readonly address: string; readonly address6: string }[];
  readonly clientAddress: string;
}

export const NODE_ADDRESS = '192.0.2.1';

export async function buildNetwork(host: Host, id: string): Promise<ProxyNetwork> {
  const { run } = host;
  // Told at once: on a slow host each program of its own takes its time.
  const script: string[] = [];
  const ip = (line: string): unknown => script.push(`/sbin/ip ${line}`);
  const [node, client] = [`${id}-node`, `${id}-client`];
  const pods = ['a', 'b'].map((letter, n) => ({ name: `${id}-${letter}`, address: `10.244.7.${n + 2}`, address6: `fd00:7::${n + 2}` }));
  const names = [node, client, ...pods.map(({ name }) => name)];
  for (const name of names) {
    script.push(`/sbin/ip netns delete ${name} 2>/dev/null || true`);
    ip(`netns add ${name}`);
    ip(`-n ${name} link set lo up`);
  }
  ip(`link add c netns ${node} type veth peer name eth0 netns ${client}`);
  ip(`-n ${node} address add ${NODE_ADDRESS}/24 dev c`);
  ip(`-n ${node} address add fd00:99::1/64 dev c nodad`);
  ip(`-n ${node} link set c up`);
  ip(`-n ${client} address add 192.0.2.2/24 dev eth0`);
  ip(`-n ${client} address add fd00:99::2/64 dev eth0 nodad`);
  ip(`-n ${client} link set eth0 up`);
  ip(`-n ${client} route add default via ${NODE_ADDRESS}`);
  ip(`-n ${client} route add default via fd00:99::1`);
  ip(`-n ${node} link add cni0 type bridge`);
  ip(`-n ${node} address add 10.244.7.1/24 dev cni0`);
  ip(`-n ${node} address add fd00:7::1/64 dev cni0 nodad`);
  ip(`-n ${node} link set cni0 up`);
  ip(`-n ${node} route add default via 192.0.2.2`);
  ip(`-n ${node} route add default via fd00:99::2`);
  for (const [n, pod] of pods.entries()) {
    ip(`link add p${n} netns ${node} type veth peer name eth0 netns ${pod.name}`);
    ip(`-n ${node} link set p${n} master cni0 up`);
    ip(`-n ${node} link set p${n} type bridge_slave hairpin on`);
    ip(`-n ${pod.name} address add ${pod.address}/24 dev eth0`);
    ip(`-n ${pod.name} address add ${pod.address6}/64 dev eth0 nodad`);
    ip(`-n ${pod.name} link set eth0 up`);
    ip(`-n ${pod.name} route add default via 10.244.7.1`);
    ip(`-n ${pod.name} route add default via fd00:7::1`);
  }
  const settings = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding', 'bridge/bridge-nf-call-iptables', 'bridge/bridge-nf-call-ip6tables'];
  script.push(`/sbin/ip netns exec ${node} sh -c 'for name in ${settings.join(' ')}; do echo 1 > /proc/sys/net/$name; done'`);
  await mustRun(run, 'sh', ['-ec', script.join('\n')]);
  return {
    host, node, client, pods, clientAddress: '192.0.2.2',
    [Symbol.asyncDispose]: async () => {
      for (const name of names) await run('ip', ['netns', 'delete', name]);
    },
  };
}

/** Answers on port 80 (TCP, SCTP) and 53 (UDP) until disposed: its name and the caller's address. */
export async function answerIn(host: Host, namespace: string): Promise<Disposable> {
  const talk = host.talk('ip', ['netns', 'exec', namespace, 'perl', host.talkProgram, 'answer', namespace]);
  await talk.line();
  return talk;
}

/** Asks from inside a namespace, one question at a time; the answer is the server's text or an error's code. */
export class Asker implements Disposable {
  readonly #talk: Talk;

  private constructor(talk: Talk) {
    this.#talk = talk;
  }

  /** One program for all questions: starting one for each would take most of the time. */
  static async start(host: Host, namespace: string): Promise<Asker> {
    const asker = new Asker(host.talk('ip', ['netns', 'exec', namespace, 'perl', host.talkProgram, 'ask', String(host.patienceSeconds)]));
    await asker.#talk.line();
    return asker;
  }

  /** @param name the connection's, which then stays and is asked again under that name */
  tcp(address: string, port: number, name = ''): Promise<string> {
    return this.#ask(`tcp ${address} ${port} ${name}`.trim());
  }

  sctp(address: string, port: number): Promise<string> {
    return this.#ask(`sctp ${address} ${port}`);
  }

  /** @param from the sender's port: conntrack knows a flow by it */
  udp(address: string, port: number, from = 0): Promise<string> {
    return this.#ask(`udp ${address} ${port} ${from}`);
  }

  [Symbol.dispose](): void {
    this.#talk[Symbol.dispose]();
  }

  #ask(question: string): Promise<string> {
    this.#talk.say(question);
    return this.#talk.line();
  }
}

/** What the proxy has to complain of belongs to the test's output. */
const log: Logger = { ...silent, error: (message, fields) => console.error(message, fields) };

const SERVICE = '/api/v1/namespaces/ns1/services/svc1';
const SLICE = '/apis/discovery.k8s.io/v1/namespaces/ns1/endpointslices/';

/**
 * A proxy on the network's node, and the objects it sees. It takes over what is there, sees a change, writes it and goes; its
 * rules stay and are asked after: so each change is written as a change, and each state also as a whole. Where programs take
 * their time one proxy sees all changes.
 */
export async function proxyOn({ host, node }: ProxyNetwork, mode: ProxyMode) {
  const api = new FakeApi();
  const clock = new ManualClock();
  const informers = createInformers(createClient(api.transport), { clock, log: silent, random: seededRandom(1) });
  const start = () => startProxy({ informers, nodeName: 'here', clusterCidrs: ['10.244.0.0/16', 'fd00:7::/48'], mode, run: within(host, node), clock, log });
  let running: Proxying | undefined;
  const stop = async () => {
    await running?.[Symbol.asyncDispose]();
    running = undefined;
  };
  const rest = async () => {
    if (!host.slow) await stop();
  };
  return {
    /** Resolves once the rules say so. */
    async become(what: ReturnType<typeof service>, ...slices: readonly ReturnType<typeof slice>[]): Promise<void> {
      running ??= await start();
      api.put(SERVICE, what);
      for (const n of [0, 1]) {
        const one = slices[n];
        if (one) api.put(`${SLICE}svc1-${n}`, { ...one, metadata: { ...one.metadata, name: `svc1-${n}`, uid: `svc1-${n}` } });
        else api.remove(`${SLICE}svc1-${n}`);
      }
      await settle();
      await clock.advance(1_100);
      await running.written();
      await rest();
    },
    /** One proxy gives way to the next. */
    async restart(): Promise<void> {
      await stop();
      running = await start();
      await rest();
    },
    /** Someone does harm to a proxy's rules, and it looks after them until `done`. */
    async lookUntil(done: () => Promise<boolean>, harm: () => Promise<unknown>): Promise<void> {
      running ??= await start();
      await harm();
      while (!(await done())) await clock.advance(31_000);
      await rest();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await stop();
      await informers[Symbol.asyncDispose]();
    },
  };
}
