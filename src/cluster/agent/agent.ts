import { hostname } from 'node:os';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { createClient, createInformers } from '../../client/index.ts';
import { connectCri, startKubelet } from '../../kubelet/index.ts';
import { startNetwork } from '../../network/index.ts';
import { startProxy } from '../../proxy/index.ts';
import { connect } from '../../wire/node/http-client.ts';
import type { Layout } from '../layout.ts';
import { machineExec } from '../machine/exec.ts';
import { BUSYBOX_IMAGES, PAUSE_IMAGE } from '../images/own.ts';
import { cgroupOf, POD_BRIDGE } from '../node/place.ts';
import { requirePair } from '../pki/ensure.ts';
import type { NodePlace, Settings } from '../settings.ts';
import { Started } from '../started.ts';
import { KUBERNETES_VERSION } from '../version.ts';
import { startNodeDns } from './dns.ts';

export interface AgentOptions {
  readonly layout: Layout;
  readonly settings: Settings;
  readonly node: NodePlace;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * A node shares the machine with its user: on a disk that is rather full of other things a share of it, upstream's tenth,
 * would be pressure for good. Nor are images removed before that: what was loaded by hand no registry has.
 */
const EVICTION = { hard: { 'memory.available': '100Mi', 'nodefs.available': '1Gi', 'imagefs.available': '1Gi', 'nodefs.inodesFree': '1%', 'imagefs.inodesFree': '1%' } };

export const KUBELET_PORT = 10_250;

/** One node's kubelet, proxy, network and DNS. What it made of the machine stays when it goes: containers, routes, rules. */
export async function startAgent(options: AgentOptions): Promise<AsyncDisposable> {
  const { layout, settings, node, clock, random, log } = options;
  const around = { clock, random, log };
  const { run } = machineExec; // the agent itself runs in the node's namespaces
  const started = new Started();
  const [ca, own, agent, serving] = await Promise.all(
    ['ca', `node-${node.name}`, `node-${node.name}-agent`, `node-${node.name}-serving`].map((name) => requirePair(layout, name)),
  );
  const reach = (pair: typeof own, userAgent: string) => {
    const transport = started.add(connect({ url: `https://${settings.advertiseAddress}:${settings.port}`, ca: ca!.cert, ...pair }));
    const client = createClient(transport, { userAgent });
    return { client, informers: started.add(createInformers(client, around)) };
  };
  const asAgent = reach(agent, `knarr-agent/${KUBERNETES_VERSION}`);
  const place = layout.node(node.name);
  started.add(await startNetwork({
    informers: asAgent.informers, run, clock, log: log.with({ room: 'network' }),
    nodeName: node.name, nodeIp: node.address, nodeCidr: node.podCidr, clusterCidr: settings.podCidr,
    cniConfigDir: place.cniConfig, cniDataDir: place.cniData, bridge: POD_BRIDGE,
  }));
  const asNode = reach(own, `kubelet/${KUBERNETES_VERSION}`);
  const cri = started.add(connectCri(place.containerdSocket, { clock }));
  started.add(await startKubelet({
    ...around, ...asNode, cri, log: log.with({ room: 'kubelet' }),
    nodeName: node.name, nodeIp: node.address, hostname: node.place === 'host' ? hostname() : node.name,
    podCidr: node.podCidr, clusterDns: [settings.dnsIp], clusterDomain: settings.clusterDomain,
    rootDir: place.kubelet, logDir: place.logs, cgroupRoot: cgroupOf(settings, node),
    eviction: EVICTION, imageGc: { highThresholdPercent: 100, keep: [PAUSE_IMAGE, ...BUSYBOX_IMAGES] },
    server: { host: '0.0.0.0', port: KUBELET_PORT, tls: serving!, clientCa: ca!.cert },
  }));
  started.add(await startProxy({
    informers: asAgent.informers, run, clock, log: log.with({ room: 'proxy' }),
    nodeName: node.name, clusterCidr: settings.podCidr,
  }));
  started.add(await startNodeDns({ ...around, ...asAgent, settings, node }));
  return started;
}
