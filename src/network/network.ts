import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { setSysctl } from '../base/program.ts';
import type { RunProgram } from '../base/program.ts';
import type { Client, EventRecorder, Informers } from '../client/index.ts';
import type { BackendName } from './backends/backend.ts';
import { makeBackend, unmakeOthers } from './backends/order.ts';
import { removeCniConfig, writeCniConfig } from './cni.ts';
import { Keeper } from './keeper.ts';
import { removeRoutes } from './kernel.ts';
import type { KernelWatch } from './kernel-watch.ts';
import { linkOf } from './link.ts';
import { removeRules, writeRules } from './masquerade.ts';
import { FAMILIES, familyOf, type Family } from './peers.ts';
import { RuleWatch } from './rule-watch.ts';

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
  /** This node's part of the pod network, of each family. */
  readonly nodeCidrs: readonly string[];
  /** The pod network of the whole cluster, of each family. */
  readonly clusterCidrs: readonly string[];
  /** Where containerd looks for its network. */
  readonly cniConfigDir: string;
  /** Where host-local remembers addresses. */
  readonly cniDataDir: string;
  /** For programs that the backend runs. */
  readonly stateDir: string;
  readonly bridge: string;
  /** Tells of what others change, so that it is mended at once; without it, within a minute. */
  readonly kernel?: KernelWatch;
  /** Runs programs in the node's network namespace. */
  readonly run: RunProgram;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Prepares this node for pods and keeps the way to the others'. Resolves once pods can start: the way follows as soon as the
 * API server has told of the nodes.
 */
export async function startNetwork(options: NetworkOptions): Promise<AsyncDisposable> {
  const { run, clusterCidrs, events, nodeIp, nodeCidrs, log } = options;
  const families = FAMILIES.filter((family) => clusterCidrs.some((cidr) => familyOf(cidr) === family));
  await forward(run, { families, nodeIp, log });
  if (options.backend === 'none') return leaveNetwork(options);
  await writeRules(run, clusterCidrs);
  const { name: link, mtu } = await linkOf(run, nodeIp);
  if (link !== undefined) await sendNoRedirects(run, link);
  const backend = makeBackend(options.backend, options);
  await writeCniConfig(options.cniConfigDir, { bridge: options.bridge, nodeCidrs, mtu: mtu - backend.overhead(familyOf(nodeIp) ?? 4), dataDir: options.cniDataDir });
  await unmakeOthers(options.backend, options);
  const keeper = new Keeper({
    ...options, backend,
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

const FORWARDING: Readonly<Record<Family, { readonly forward: string; readonly bridge: string }>> = {
  4: { forward: 'net/ipv4/ip_forward', bridge: 'net/bridge/bridge-nf-call-iptables' },
  6: { forward: 'net/ipv6/conf/all/forwarding', bridge: 'net/bridge/bridge-nf-call-ip6tables' },
};

async function forward(run: RunProgram, { families, nodeIp, log }: { readonly families: readonly Family[]; readonly nodeIp: string; readonly log: Logger }): Promise<void> {
  // A host that forwards IPv6 stops listening to routers, who gave it its way out, unless told to listen nevertheless.
  const link = families.includes(6) ? (await linkOf(run, nodeIp)).name : undefined;
  if (link !== undefined) await setSysctl(run, `net/ipv6/conf/${link}/accept_ra`, '2');
  for (const family of families) {
    const { forward: name, bridge } = FORWARDING[family];
    if (!(await setSysctl(run, name, '1'))) log.warn(`network: packets are not forwarded: /proc/sys/${name} cannot be set`);
    // Without it a pod's packet to a Service whose endpoint is on the same bridge never meets iptables on its way back.
    if (await setSysctl(run, bridge, '1')) continue;
    await run('modprobe', ['br_netfilter']);
    if (!(await setSysctl(run, bridge, '1'))) log.warn('network: no br_netfilter; pods on one node may not reach each other through Services');
  }
}

/**
 * Who sends to a ClusterIP by way of this node is not to be told of a shorter way: there is none, and the kernel, which
 * counts redirects and refusals as one, would hold back the refusal of a Service without endpoints for seconds.
 */
async function sendNoRedirects(run: RunProgram, link: string): Promise<void> {
  for (const scope of ['all', link]) await setSysctl(run, `net/ipv4/conf/${scope}/send_redirects`, '0');
}
