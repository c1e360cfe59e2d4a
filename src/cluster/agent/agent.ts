import { mkdir } from 'node:fs/promises';
import { availableParallelism, hostname } from 'node:os';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { createClient, createEventRecorder, createInformers } from '../../client/index.ts';
import { connectCri, measuredTransport, paced, startKubelet, type KubeletServerOptions } from '../../kubelet/index.ts';
import { KernelWatch, startNetwork, startPolicies } from '../../network/index.ts';
import { cleanProxy, startProxy } from '../../proxy/index.ts';
import { connect } from '../../wire/node/http-client.ts';
import { DNS_NAMESPACE, DNS_PORT, DNS_SERVICE } from '../control-plane/cluster-objects.ts';
import type { Layout } from '../layout.ts';
import { machineExec } from '../machine/exec.ts';
import { adjustOomScore, configureNode } from '../node/kubelet-config.ts';
import { cgroupOf, POD_BRIDGE } from '../node/place.ts';
import { requirePair } from '../pki/ensure.ts';
import { followPairs } from '../pki/follow.ts';
import { clusterCidrsOf, nodeIpsOf, podCidrsOf } from '../settings-families.ts';
import { networkOf, type NodePlace, type Settings } from '../settings.ts';
import { Started } from '../started.ts';
import { KUBERNETES_VERSION } from '../version.ts';
import { agentFacts } from './agent-facts.ts';
import { startNodeDns } from './dns.ts';
import { startNodeIngress } from './ingress.ts';

export interface AgentOptions {
  readonly layout: Layout;
  readonly settings: Settings;
  readonly node: NodePlace;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface Agent extends AsyncDisposable {
  /** The node is to stop: where so configured, its pods end in order first. */
  shutdown(): Promise<void>;
}

/** One node's kubelet, proxy, network, ingress and DNS. What it made of the machine stays when it goes: containers, routes, rules. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { layout, settings, node, clock, random, log } = options;
  const around = { clock, random, log };
  const { run } = machineExec; // the agent itself runs in the node's namespaces
  const started = new Started();
  const ca = await requirePair(layout, 'ca');
  const host = `${settings.advertiseAddress}:${settings.port}`;
  const reach = async (name: string, userAgent: string) => {
    const pair = await requirePair(layout, name);
    const connection = started.add(connect({ url: `https://${host}`, ca: ca.cert, ...pair }));
    started.add(followPairs([{ name, pair, take: (next) => connection.setIdentity(next) }], options));
    const { transport, collector } = measuredTransport(connection, { host, clock });
    const client = createClient(transport, { userAgent });
    return { client, informers: started.add(createInformers(client, around)), collector };
  };
  const asAgent = await reach(`node-${node.name}-agent`, `knarr-agent/${KUBERNETES_VERSION}`);
  const place = layout.node(node.name);
  const asNode = await reach(`node-${node.name}`, `kubelet/${KUBERNETES_VERSION}`);
  const kernel = started.add(new KernelWatch({ run, clock, log: log.with({ room: 'network' }) }));
  started.add(await startNetwork({
    informers: asAgent.informers, client: asNode.client, kernel, run, clock, log: log.with({ room: 'network' }),
    events: started.add(createEventRecorder(asAgent.client, { component: 'knarr-network', host: node.name, clock, random })),
    backend: networkOf(settings), nodeName: node.name, nodeIp: node.address, nodeCidrs: podCidrsOf(settings, node), clusterCidrs: clusterCidrsOf(settings),
    cniConfigDir: place.cniConfig, cniDataDir: place.cniData, stateDir: place.network, bridge: POD_BRIDGE,
  }));
  const policies = started.add(startPolicies({
    informers: asAgent.informers, kernel, run, clock, log: log.with({ room: 'network' }), nodeName: node.name,
    names: { namespace: DNS_NAMESPACE, labels: { 'k8s-app': DNS_SERVICE }, service: settings.dnsIp, port: DNS_PORT },
  }));
  const { configuration, options: kubelet } = await configureNode({ settings, node, place, made: { ...await servingOf(options), clientCa: ca.cert } });
  const cri = paced(started.add(connectCri(place.containerdSocket, { clock })), { clock, atOnce: 4 * availableParallelism() });
  await adjustOomScore(configuration.oomScoreAdj, log);
  await mkdir(place.manifests, { recursive: true, mode: 0o755 });
  const running = started.add(await startKubelet({
    ...around, ...asNode, cri, runtimeSocket: place.containerdSocket, log: log.with({ room: 'kubelet' }), ...kubelet, collectors: [asNode.collector, agentFacts],
    nodeName: node.name, nodeIp: node.address, nodeIps: nodeIpsOf(settings, node), hostname: node.place === 'host' ? hostname() : node.name,
    podCidrs: podCidrsOf(settings, node), connected: (pod, addresses) => policies.admit(pod, addresses),
    rootDir: place.kubelet, logDir: place.logs, cgroupRoot: cgroupOf(settings, node),
  }));
  if (settings.proxy === 'none') await cleanProxy(run); // it may have been ours before
  else {
    started.add(await startProxy({
      informers: asAgent.informers, run, clock, log: log.with({ room: 'proxy' }),
      events: started.add(createEventRecorder(asAgent.client, { component: 'kube-proxy', host: node.name, clock, random })),
      nodeName: node.name, clusterCidrs: clusterCidrsOf(settings), healthz: { host: '0.0.0.0' }, ...(settings.proxy === undefined ? {} : { mode: settings.proxy }),
    }));
  }
  started.add(startNodeIngress({ ...around, ...asAgent, node, log: log.with({ room: 'ingress' }) }));
  started.add(await startNodeDns({ ...around, ...asAgent, settings, node }));
  return { shutdown: () => running.shutdown(), [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
}

/** What the kubelet's server shows, and how it learns of another. */
async function servingOf(options: AgentOptions): Promise<Pick<KubeletServerOptions, 'tls' | 'renewed'>> {
  const name = `node-${options.node.name}-serving`;
  const tls = await requirePair(options.layout, name);
  return { tls, renewed: (take) => followPairs([{ name, pair: tls, take }], options) };
}
