/** Hosts on one link, each a network namespace with our network in it, and pods plugged in as containerd would. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { systemClock } from '../../../src/base/clock.ts';
import { silent } from '../../../src/base/log.ts';
import { mustRun } from '../../../src/base/program.ts';
import type { Node } from '../../../src/kinds/core/node.ts';
import { cleanNetwork, type BackendName } from '../../../src/network/index.ts';
import { node } from '../../../src/network/testing/nodes.ts';
import { inside, ip, isRoot, run, runWith } from '../support/namespaces.ts';
import { installed } from '../testing/install.ts';
import type { NodeOptions } from './node.ts';

export const CLUSTER_CIDR = '10.244.0.0/16';
const PLUGIN_DIRS = ['/usr/lib/cni', '/opt/cni/bin'];
const pluginDir = (): string | undefined => PLUGIN_DIRS.find((directory) => existsSync(join(directory, 'bridge')));
if (isRoot) {
  if (pluginDir() === undefined) await installed('/usr/lib/cni/bridge', 'containernetworking-plugins');
  for (const [program, name] of [['iptables', 'iptables'], ['socat', 'socat'], ['bird', 'bird2']] as const) await installed(program, name);
}
export const PLUGINS = pluginDir();
export interface Host {
  readonly name: string;
  /** Its link is `n<index>` on the bridge. */
  readonly index: number;
  readonly address: string;
  readonly cidr: string;
  /** The namespace of its one pod. */
  readonly pod: string;
}

/** A link with hosts on it, an API that tells them of each other, and the world behind a router. */
export class Lan implements AsyncDisposable {
  readonly outside: string;
  readonly events: string[] = [];
  readonly #id: string;
  readonly #backend: BackendName;
  readonly #root: string;
  readonly #program: string;
  readonly #nodes = new Map<string, Node>();
  readonly #running = new Map<string, ChildProcess>();
  readonly #hosts = new Map<string, Host>();

  private constructor(id: string, backend: BackendName, root: string) {
    this.#id = id;
    this.#backend = backend;
    this.#root = root;
    this.#program = join(root, 'node.mjs');
    this.outside = `${id}-out`;
  }

  static async make(id: string, backend: BackendName): Promise<Lan> {
    const lan = new Lan(id, backend, await mkdtemp(join(tmpdir(), 'knarr-network-')));
    await build({
      entryPoints: [join(import.meta.dirname, 'node.ts')], outfile: lan.#program, bundle: true, platform: 'node', target: 'node20.19', format: 'esm', logLevel: 'error',
      banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    });
    await ip(`netns add ${lan.outside}`);
    await ip(`-n ${lan.outside} link set lo up`);
    await ip(`-n ${lan.outside} link add lan type bridge`);
    await ip(`-n ${lan.outside} address add 192.0.2.254/24 dev lan`);
    await ip(`-n ${lan.outside} address add 198.51.100.254/24 dev lan`);
    await mustRun(inside(lan.outside), 'sh', ['-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv4/conf/all/send_redirects; echo 0 > /proc/sys/net/ipv4/conf/lan/send_redirects']);
    await ip(`-n ${lan.outside} link set lan up`);
    return lan;
  }

  /** A further host with one pod to come; its network starts with `start`. */
  async host(index: number, { address = `192.0.2.${index}`, cidr = `10.244.${index}.0/24` } = {}): Promise<Host> {
    const host = { name: `${this.#id}-${index}`, index, address, cidr, pod: `${this.#id}-pod${index}` };
    for (const name of [host.name, host.pod]) {
      await ip(`netns add ${name}`);
      await ip(`-n ${name} link set lo up`);
    }
    await ip(`link add n${index} netns ${this.outside} mtu 1400 type veth peer name eth0 netns ${host.name}`);
    await ip(`-n ${this.outside} link set n${index} master lan up`);
    await ip(`-n ${host.name} link set eth0 mtu 1400 up`);
    this.#hosts.set(host.name, host);
    return host;
  }

  /** Starts the host's network and tells everybody of the node, once the host's address is on its link. */
  async start(host: Host): Promise<void> {
    const { name, address, cidr } = host;
    this.#hosts.set(name, host);
    await ip(`-n ${name} address flush dev eth0`);
    await ip(`-n ${name} address add ${address}/24 dev eth0`);
    await ip(`-n ${name} route replace default via ${address.replace(/\d+$/, '254')}`);
    const root = join(this.#root, name);
    await mkdir(root, { recursive: true });
    const options: NodeOptions = { name, address, cidrs: [cidr], clusterCidrs: [CLUSTER_CIDR], backend: this.#backend, root };
    const child = spawn('ip', ['netns', 'exec', name, process.execPath, this.#program, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#running.set(name, child);
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the network of ${name} ended with ${code}`)));
      createInterface(child.stdout).on('line', (line) => {
        const said = JSON.parse(line) as { readonly ready?: true; readonly event?: string; readonly annotations?: Readonly<Record<string, string>> };
        if (said.ready) resolve();
        if (said.event !== undefined) this.events.push(`${name}: ${said.event}`);
        const known = this.#nodes.get(name);
        if (said.annotations && known) {
          this.#nodes.set(name, { ...known, metadata: { ...known.metadata, annotations: said.annotations } });
          this.#publish();
        }
      });
    });
    this.tell(node(name, address, cidr));
  }

  /** Takes the host's end of its cable off the link, or plugs it in again. */
  async cut({ index }: Host, isCut: boolean): Promise<void> {
    await ip(`-n ${this.outside} link set n${index} ${isCut ? 'nomaster' : 'master lan'}`);
  }

  /** Everybody learns of the node as it is now; without one, that it is gone. */
  tell(node: Node): void {
    const annotations = this.#nodes.get(node.metadata.name)?.metadata.annotations;
    this.#nodes.set(node.metadata.name, annotations ? { ...node, metadata: { annotations, ...node.metadata } } : node);
    this.#publish();
  }

  forget({ name }: Pick<Host, 'name'>): void {
    this.#nodes.delete(name);
    this.#publish();
  }

  #publish(): void {
    const line = `${JSON.stringify([...this.#nodes.values()])}\n`;
    for (const child of this.#running.values()) child.stdin!.write(line);
  }

  /** Ends the network's program; what it made stays. */
  async stop({ name }: Host, signal?: 'SIGKILL'): Promise<void> {
    const child = this.#running.get(name);
    this.#running.delete(name);
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (signal) child.kill(signal); // `ip netns exec` became the program itself
    else child.stdin!.end();
    await ended;
  }

  /** Runs the plugins of the list that was written, in the node's namespace, as a container runtime does (CNI spec). */
  async plug(command: 'ADD' | 'DEL', { name, pod }: Host, type = 'bridge'): Promise<string> {
    const list = JSON.parse(await readFile(join(this.#root, name, 'conf', '10-knarr.conflist'), 'utf8')) as { name: string; cniVersion: string; plugins: readonly { readonly type: string }[] };
    const input = JSON.stringify({ ...list.plugins.find((plugin) => plugin.type === type), name: list.name, cniVersion: list.cniVersion });
    const env = { CNI_COMMAND: command, CNI_CONTAINERID: pod, CNI_NETNS: `/run/netns/${pod}`, CNI_IFNAME: 'eth0', CNI_PATH: PLUGINS! };
    const { code, stdout, stderr } = await runWith(env, 'ip', ['netns', 'exec', name, `${PLUGINS!}/${type}`], { input });
    if (code !== 0) throw new Error(stdout + stderr);
    return stdout;
  }

  /** Takes everything of ours off the host. */
  async clean(host: Host): Promise<void> {
    await this.stop(host);
    await cleanNetwork({ run: inside(host.name), bridge: 'cni0', stateDir: join(this.#root, host.name, 'state'), clock: systemClock, log: silent });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#hosts.values()) {
      await this.stop(host);
      await run('birdc', ['-s', join(this.#root, host.name, 'state', 'bird.ctl'), 'down']);
      await run('ip', ['netns', 'delete', host.pod]);
      await run('ip', ['netns', 'delete', host.name]);
    }
    await run('ip', ['netns', 'delete', this.outside]);
    await rm(this.#root, { recursive: true, force: true });
  }
}

/** A question in packets as large as they come, which nobody on the way may cut up (TCP sets DF). */
export async function getInFullPackets(namespace: string, address: string): Promise<string> {
  const script = `fetch('http://${address}/', { headers: { x: 'x'.repeat(12000) }, signal: AbortSignal.timeout(5000) }).then((r) => r.text()).catch((e) => e.cause?.code ?? e.name).then((t) => process.stdout.write(t))`;
  return (await inside(namespace)('node', ['-e', script])).stdout;
}

/** Asks until it is so, and prints how long that took. @throws with the last answer when a minute and a half has passed */
export async function until<T>(what: string, check: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  const began = systemClock.monotonic();
  const deadline = began + 90_000;
  for (;;) {
    const answer = await check();
    if (fits(answer)) {
      process.stdout.write(`  ${what}: ${((systemClock.monotonic() - began) / 1000).toFixed(1)} s\n`);
      return answer;
    }
    if (systemClock.monotonic() > deadline) throw new Error(`${what}: ${JSON.stringify(answer)}`);
    await systemClock.sleep(50);
  }
}
