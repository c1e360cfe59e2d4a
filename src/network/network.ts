import type { Clock, Millis } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { setSysctl } from '../base/program.ts';
import type { RunProgram } from '../base/program.ts';
import type { Informers } from '../client/index.ts';
import { writeCniConfig } from './cni.ts';
import { removeRules, rulesStand, writeRules } from './masquerade.ts';
import { removeRoutes, startRoutes } from './routes.ts';

export interface NetworkOptions {
  readonly informers: Informers;
  readonly nodeName: string;
  /** By which other nodes reach this one. */
  readonly nodeIp: string;
  /** This node's part of the pod network. */
  readonly nodeCidr: string;
  /** The pod network of the whole cluster. */
  readonly clusterCidr: string;
  /** Where containerd looks for its network. */
  readonly cniConfigDir: string;
  /** Where host-local remembers addresses. */
  readonly cniDataDir: string;
  readonly bridge: string;
  /** Runs programs in the node's network namespace. */
  readonly run: RunProgram;
  readonly clock: Clock;
  readonly log: Logger;
}

const LOOK: Millis = 60_000;
const ETHERNET_MTU = 1500;

/**
 * Prepares this node for pods and keeps routes to the others'. Resolves once pods can start: routes follow as soon as the
 * API server has told of the nodes.
 */
export async function startNetwork(options: NetworkOptions): Promise<AsyncDisposable> {
  const { run, clusterCidr, log } = options;
  await forward(run, log);
  await writeRules(run, clusterCidr);
  const { name: link, mtu } = await linkOf(run, options.nodeIp);
  if (link !== undefined) await sendNoRedirects(run, link);
  await writeCniConfig(options.cniConfigDir, { bridge: options.bridge, nodeCidr: options.nodeCidr, mtu, dataDir: options.cniDataDir });
  const routes = startRoutes(options);
  const watch = new RuleWatch(options);
  return {
    [Symbol.asyncDispose]: async () => {
      await watch[Symbol.asyncDispose]();
      await routes[Symbol.asyncDispose]();
    },
  };
}

/** Takes rules, routes and bridge off this node, after its pods are gone. Files stay for those who own their directories. */
export async function cleanNetwork({ run, bridge }: Pick<NetworkOptions, 'run' | 'bridge'>): Promise<void> {
  await removeRoutes(run);
  await removeRules(run);
  await run('ip', ['link', 'delete', bridge]);
}

async function forward(run: RunProgram, log: Logger): Promise<void> {
  if (!(await setSysctl(run, 'net/ipv4/ip_forward', '1'))) log.warn('network: packets are not forwarded: /proc/sys/net/ipv4/ip_forward cannot be set');
  // Without it a pod's packet to a Service whose endpoint is on the same bridge never meets iptables on its way back.
  if (await setSysctl(run, 'net/bridge/bridge-nf-call-iptables', '1')) return;
  await run('modprobe', ['br_netfilter']);
  if (!(await setSysctl(run, 'net/bridge/bridge-nf-call-iptables', '1'))) log.warn('network: no br_netfilter; pods on one node may not reach each other through Services');
}

interface Link {
  /** Undefined where no link has the node's address. */
  readonly name?: string;
  readonly mtu: number;
}

/** The link that has the node's address. */
export async function linkOf(run: RunProgram, nodeIp: string): Promise<Link> {
  const { stdout } = await run('ip', ['-4', '-o', 'address', 'show', 'to', nodeIp]);
  const name = /^\d+:\s+([^\s@]+)/.exec(stdout)?.[1];
  if (name === undefined) return { mtu: ETHERNET_MTU };
  const mtu = Number(/ mtu (\d+)/.exec((await run('ip', ['-o', 'link', 'show', 'dev', name])).stdout)?.[1]);
  // Loopback's 65536 says nothing about the way to anywhere.
  return { name, mtu: mtu > 0 && mtu < 65_536 ? mtu : ETHERNET_MTU };
}

/**
 * Who sends to a ClusterIP by way of this node is not to be told of a shorter way: there is none, and the kernel, which
 * counts redirects and refusals as one, would hold back the refusal of a Service without endpoints for seconds.
 */
async function sendNoRedirects(run: RunProgram, link: string): Promise<void> {
  for (const scope of ['all', link]) await setSysctl(run, `net/ipv4/conf/${scope}/send_redirects`, '0');
}

/** Writes the rules again where someone emptied the tables. */
class RuleWatch implements AsyncDisposable {
  readonly #options: NetworkOptions;
  #timer: Disposable;
  #working: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#timer = this.#next();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#timer[Symbol.dispose]();
    await this.#working;
  }

  #next(): Disposable {
    return this.#options.clock.after(LOOK, () => {
      this.#working = this.#look();
    });
  }

  async #look(): Promise<void> {
    const { run, clusterCidr, log } = this.#options;
    try {
      if (!(await rulesStand(run))) await writeRules(run, clusterCidr);
    } catch (error) {
      log.error('network: rules not written', { error: error instanceof Error ? error.message : String(error) });
    }
    if (!this.#closed) this.#timer = this.#next();
  }
}
