/**
 * Pod to pod across nodes: iperf3 (Debian's) between two pods of a cluster, in turns with the same path built by hand: namespaces,
 * bridges, veth, and routes or a VXLAN device, without a rule. Needs root on Linux and iperf3; udp's figure is for information.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { layoutOf } from '../../src/cluster/layout.ts';
import { cgroupOf } from '../../src/cluster/node/place.ts';
import { readSettings } from '../../src/cluster/settings.ts';
import type { Transport } from '../../src/wire/api.ts';
import { askJson, median } from './load.ts';
import { freePort } from './machine.ts';
import { connectAdmin, knarr } from './up.ts';
import { until } from './workloads.ts';

export const networkCases = ['network: host-gw', 'network: vxlan', 'network: udp'] as const;

/** Where to send from and to: what enters the sender's and the receiver's network, and the receiver's address. */
interface Path {
  readonly sender: readonly string[];
  readonly receiver: readonly string[];
  readonly address: string;
}

const SECONDS = 2;
const TRIES = 50;
const POD = '/api/v1/namespaces/default/pods';

export async function measureNetwork(directory: string, options: { readonly rounds: number; readonly wanted: (name: string) => boolean }): Promise<void> {
  if (spawnSync('iperf3', ['--version']).error) {
    console.log('network: not measured: iperf3 is not installed (apt-get install iperf3)');
    return;
  }
  for (const name of networkCases.filter(options.wanted)) await measureBackend(join(directory, name.slice(9)), name.slice(9) as 'host-gw' | 'vxlan' | 'udp', options.rounds);
}

async function measureBackend(directory: string, backend: 'host-gw' | 'vxlan' | 'udp', rounds: number): Promise<void> {
  await knarr(['up', '--data-dir', directory, '--port', String(await freePort()), '--no-install', '--nodes', '2', '--network', backend]);
  const hand = backend === 'udp' ? undefined : buildByHand(backend);
  try {
    await using admin = await connectAdmin(directory);
    const ours = await betweenPods(admin, directory);
    const [mine, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      mine.push(await throughput(ours));
      if (hand) theirs.push(await throughput(hand));
    }
    const beside = hand ? `, by hand ${gigabits(median(theirs))}: ${((100 * median(mine)) / median(theirs)).toFixed(0)} %` : '';
    console.log(`network ${backend}: pod to pod across nodes ${gigabits(median(mine))}${beside}`);
  } finally {
    hand?.[Symbol.dispose]();
    await knarr(['down', '--data-dir', directory, '--purge']);
  }
}

const gigabits = (bits: number): string => `${(bits / 1e9).toFixed(2)} Gbit/s`;

async function betweenPods(admin: Transport, directory: string): Promise<Path> {
  const settings = (await readSettings(layoutOf(directory)))!;
  const pods = await Promise.all(settings.nodes.map(async (node) => {
    const name = `bench-${node.name}`;
    const { metadata } = await askJson<{ metadata: { uid: string } }>(admin, { method: 'POST', url: POD, body: {
      apiVersion: 'v1', kind: 'Pod', metadata: { name },
      spec: { nodeName: node.name, terminationGracePeriodSeconds: 0, containers: [{ name: 'sleep', image: 'knarr.local/busybox:1', command: ['sleep', '3600'] }] },
    } });
    const address = async () => (await askJson<{ status?: { phase?: string; podIP?: string } }>(admin, { method: 'GET', url: `${POD}/${name}` })).status;
    await until(async () => (await address())?.phase === 'Running');
    const pid = await processIn(cgroupOf(settings, node), metadata.uid);
    return { address: (await address())!.podIP!, enter: ['nsenter', `--net=/proc/${pid}/ns/net`] };
  }));
  return { sender: pods[0]!.enter, receiver: pods[1]!.enter, address: pods[1]!.address };
}

/** A process of a pod, by where its cgroup lies. */
async function processIn(cgroup: string, uid: string): Promise<string> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const groups = await readFile(join('/proc', pid, 'cgroup'), 'utf8').catch(() => '');
    if (groups.includes(`${cgroup}/`) && (groups.includes(uid) || groups.includes(uid.replaceAll('-', '_')))) return pid;
  }
  throw new Error(`no process of pod ${uid} below ${cgroup}`);
}

/** Bits a second that arrive, over one TCP connection. */
async function throughput({ sender, receiver, address }: Path): Promise<number> {
  const server = spawn(receiver[0]!, [...receiver.slice(1), 'iperf3', '--server', '--one-off'], { stdio: 'ignore' });
  try {
    for (let tries = 0; ; tries++) {
      const { stdout, stderr } = spawnSync(sender[0]!, [...sender.slice(1), 'iperf3', '--client', address, '--time', String(SECONDS), '--json'], { encoding: 'utf8' });
      const report = JSON.parse(stdout) as { end?: { sum_received?: { bits_per_second: number } }; error?: string };
      if (report.end?.sum_received) return report.end.sum_received.bits_per_second;
      if (tries === TRIES) throw new Error(`iperf3: ${report.error ?? stderr}`);
      await systemClock.sleep(100); // the server is not listening yet
    }
  } finally {
    server.kill('SIGKILL');
  }
}

/** Two hosts with a pod each and a bridge between them, as one would build them with `ip` alone. */
function buildByHand(backend: 'host-gw' | 'vxlan'): Path & Disposable {
  const id = `kb${process.pid}`;
  const [lan, ...hosts] = [`${id}-lan`, `${id}-1`, `${id}-2`];
  const pods = hosts.map((host) => `${host}p`);
  const remove = (): void => [lan!, ...hosts, ...pods].forEach((name) => void spawnSync('ip', ['netns', 'delete', name]));
  const ip = (line: string): void => {
    const { status, stderr } = spawnSync('ip', line.split(' '), { encoding: 'utf8' });
    if (status === 0) return;
    remove();
    throw new Error(`ip ${line}: ${stderr}`);
  };
  for (const name of [lan!, ...hosts, ...pods]) ip(`netns add ${name}`);
  ip(`-n ${lan} link add lan type bridge`);
  ip(`-n ${lan} link set lan up`);
  const mtu = backend === 'vxlan' ? 1450 : 1500;
  const macOf = (n: number): string => `02:00:00:00:00:0${n}`;
  for (const [at, host] of hosts.entries()) {
    const [n, other, pod] = [at + 1, 2 - at, pods[at]!];
    ip(`link add n${n} netns ${lan} type veth peer name eth0 netns ${host}`);
    ip(`-n ${lan} link set n${n} master lan up`);
    ip(`-n ${host} address add 192.0.2.${n}/24 dev eth0`);
    ip(`-n ${host} link set eth0 up`);
    ip(`-n ${host} link add pods type bridge`);
    ip(`-n ${host} address add 10.77.${n}.1/24 dev pods`);
    ip(`-n ${host} link set pods mtu ${mtu} up`);
    ip(`link add pod netns ${host} mtu ${mtu} type veth peer name eth0 netns ${pod}`);
    ip(`-n ${host} link set pod master pods up`);
    ip(`-n ${pod} address add 10.77.${n}.2/24 dev eth0`);
    ip(`-n ${pod} link set eth0 mtu ${mtu} up`);
    ip(`-n ${pod} route add default via 10.77.${n}.1`);
    ip(`netns exec ${host} sysctl -qw net.ipv4.ip_forward=1`);
    if (backend === 'host-gw') {
      ip(`-n ${host} route add 10.77.${other}.0/24 via 192.0.2.${other}`);
      continue;
    }
    ip(`-n ${host} link add vx address ${macOf(n)} mtu ${mtu} type vxlan id 7 dstport 8472 local 192.0.2.${n} dev eth0 nolearning`);
    ip(`-n ${host} link set vx up`);
    ip(`-n ${host} route add 10.77.${other}.0/24 via 10.77.${other}.0 dev vx onlink`);
    ip(`-n ${host} neighbour add 10.77.${other}.0 lladdr ${macOf(other)} dev vx nud permanent`);
    ip(`netns exec ${host} bridge fdb add ${macOf(other)} dev vx dst 192.0.2.${other} self permanent`);
  }
  const into = (name: string): readonly string[] => ['ip', 'netns', 'exec', name];
  return { sender: into(pods[0]!), receiver: into(pods[1]!), address: '10.77.2.2', [Symbol.dispose]: remove };
}
