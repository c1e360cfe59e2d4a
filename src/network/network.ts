import type { Clock, Millis } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { setSysctl } from '../base/program.ts';
import type { RunProgram } from '../base/program.ts';
import type { Client, EventRecorder, Informers } from '../client/index.ts';
import type { BackendName } from './backends/backend.ts';
import { makeBackend, unmakeOthers } from './backends/order.ts';
import { removeCniConfig, writeCniConfig } from './cni.ts';
import { Keeper } from './keeper.ts';
import { removeRoutes } from './kernel.ts';
import { linkOf } from './link.ts';
import { removeRules, rulesStand, writeRules } from './masquerade.ts';
import { familyOf } from './peers.ts';

export interface NetworkOptions {
  readonly informers: Informers;
  /** Acts as the node: tells the others of its end of tunnels. */
  readonly client: Client;
  /** How packets get to other nodes' pods; `none` leaves pods to a CNI of the user's choice. */
  readonly backend: BackendName | 'none';
  readonly events?: EventRecorder;
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
  /** For programs that the backend runs. */
  readonly stateDir: string;
  readonly bridge: string;
  /** Runs programs in the node's network namespace. */
  readonly run: RunProgram;
  readonly clock: Clock;
  readonly log: Logger;
}

const LOOK: Millis = 60_000;

/**
 * Prepares this node for pods and keeps the way to the others'. Resolves once pods can start: the way follows as soon as the
 * API server has told of the nodes.
 */
export async function startNetwork(options: NetworkOptions): Promise<AsyncDisposable> {
  const { run, clusterCidr, events, nodeIp, nodeCidr, log } = options;
  await forward(run, log);
  if (options.backend === 'none') return leaveNetwork(options);
  await writeRules(run, clusterCidr);
  const { name: link, mtu } = await linkOf(run, nodeIp);
  if (link !== undefined) await sendNoRedirects(run, link);
  const backend = makeBackend(options.backend, options);
  await writeCniConfig(options.cniConfigDir, { bridge: options.bridge, nodeCidr, mtu: mtu - backend.overhead(familyOf(nodeIp) ?? 4), dataDir: options.cniDataDir });
  await unmakeOthers(options.backend, options);
  const keeper = new Keeper({
    ...options, backend, nodeCidrs: [nodeCidr], clusterCidrs: [clusterCidr],
    onRefusal: (node, why) => events?.event(node, 'Warning', 'PodNetworkUnreachable', `Node ${options.nodeName} sends nothing to pods of node ${node.metadata.name}: ${why}`),
  });
  const watch = new RuleWatch(options);
  return {
    [Symbol.asyncDispose]: async () => {
      await watch[Symbol.asyncDispose]();
      await keeper[Symbol.asyncDispose]();
    },
  };
}

/** What we made in an earlier shape of the cluster would be in another CNI's way. */
async function leaveNetwork(options: NetworkOptions): Promise<AsyncDisposable> {
  await cleanNetwork(options);
  await removeCniConfig(options.cniConfigDir);
  return { [Symbol.asyncDispose]: async () => {} };
}

/** Takes rules, routes, devices and bridge off this node, after its pods are gone. Files stay for those who own their directories. */
export async function cleanNetwork(node: Pick<NetworkOptions, 'run' | 'bridge' | 'stateDir' | 'clock' | 'log'>): Promise<void> {
  await unmakeOthers(undefined, node);
  await removeRoutes(node.run);
  await removeRules(node.run);
  await node.run('ip', ['link', 'delete', node.bridge]);
}

async function forward(run: RunProgram, log: Logger): Promise<void> {
  if (!(await setSysctl(run, 'net/ipv4/ip_forward', '1'))) log.warn('network: packets are not forwarded: /proc/sys/net/ipv4/ip_forward cannot be set');
  // Without it a pod's packet to a Service whose endpoint is on the same bridge never meets iptables on its way back.
  if (await setSysctl(run, 'net/bridge/bridge-nf-call-iptables', '1')) return;
  await run('modprobe', ['br_netfilter']);
  if (!(await setSysctl(run, 'net/bridge/bridge-nf-call-iptables', '1'))) log.warn('network: no br_netfilter; pods on one node may not reach each other through Services');
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
