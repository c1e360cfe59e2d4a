/** The KubeletConfiguration of a cluster's nodes: what a file says, over what the cluster itself wants of its nodes. */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '../../base/log.ts';
import { messageOf } from '../../base/message-of.ts';
import { Refusal } from '../../cli/index.ts';
import {
  completeConfiguration, optionsOf, readConfiguration, readCredentialProviders, refusalOf, serverOptionsOf, warningsFor,
  type KubeletConfiguration, type KubeletOptions, type KubeletServerOptions, type MachineState, type ServerFiles,
} from '../../kubelet/index.ts';
import { BUSYBOX_IMAGES, PAUSE_IMAGE } from '../images/own.ts';
import type { NodeLayout } from '../layout.ts';
import type { NodePlace, Settings } from '../settings.ts';
import { cgroupOf } from './place.ts';

/**
 * A node shares the machine with its user: on a disk that is rather full of other things a share of it, upstream's tenth,
 * would be pressure for good. Nor are images removed before that: what was loaded by hand no registry has. Swap is the machine's own affair.
 */
const OWN = {
  evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1Gi', 'imagefs.available': '1Gi', 'nodefs.inodesFree': '1%', 'imagefs.inodesFree': '1%' },
  imageGCHighThresholdPercent: 100, failSwapOn: false,
};

export type KubeletSettings = Pick<Settings, 'kubelet' | 'credentialProviders'>;

/**
 * Reads what `--kubelet-config` names: a KubeletConfiguration, and perhaps, as another document, a CredentialProviderConfig, whose
 * programs lie beside the file.
 * @throws Refusal in upstream's words
 */
export async function readKubeletConfig(path: string, say: (line: string) => void): Promise<KubeletSettings> {
  try {
    const documents = (await readFile(path, 'utf8')).split(/^---.*$/m).filter((text) => /^[^#\s]/m.test(text));
    const [providers] = documents.filter(isProviders);
    const given = readConfiguration(documents.find((text) => !isProviders(text)) ?? '');
    if (providers !== undefined) readCredentialProviders(providers);
    const why = refusalOf(completeConfiguration(given, OWN), await machineState());
    if (why !== undefined) throw new Error(why);
    for (const warning of warningsFor(given)) say(`${path}: ${warning}`);
    return { kubelet: given, ...(providers === undefined ? {} : { credentialProviders: { config: providers, binDir: dirname(path) } }) };
  } catch (error) {
    const why = messageOf(error);
    throw new Refusal(`failed to load kubelet config file, path: ${path}, error: failed to load Kubelet config file ${path}, error ${why}`, 'its fields: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/');
  }
}

const isProviders = (text: string): boolean => /^kind:\s*["']?CredentialProviderConfig/m.test(text);

export interface NodeConfiguring {
  readonly settings: Settings;
  readonly node: NodePlace;
  readonly place: NodeLayout;
  /** The certificates the cluster made for the node. */
  readonly made: Pick<KubeletServerOptions, 'tls' | 'renewed' | 'clientCa'>;
}

export type NodeKubeletOptions = ReturnType<typeof optionsOf> & Pick<KubeletOptions, 'clusterDomain' | 'server'>;

export interface ConfiguredNode {
  readonly options: NodeKubeletOptions;
  readonly configuration: KubeletConfiguration;
}

/** What one node's configuration comes to. @throws Error where a file that it names cannot be read */
export async function configureNode({ settings, node, place, made }: NodeConfiguring): Promise<ConfiguredNode> {
  const configuration = completeConfiguration(settings.kubelet ?? {}, {
    ...OWN, clusterDomain: settings.clusterDomain, clusterDNS: [settings.dnsIp], podLogsDir: `${place.logs}/pods`, cgroupRoot: cgroupOf(settings, node), containerRuntimeEndpoint: `unix://${place.containerdSocket}`,
    staticPodPath: place.manifests,
  });
  const server = serverOptionsOf(configuration, made, await serverFiles(configuration));
  const options = optionsOf(configuration);
  return {
    configuration,
    options: {
      ...options, clusterDomain: configuration.clusterDomain ?? settings.clusterDomain, imageGc: { ...options.imageGc, keep: [PAUSE_IMAGE, ...BUSYBOX_IMAGES] },
      imagePulls: { ...options.imagePulls, ...(settings.credentialProviders ? { providers: settings.credentialProviders } : {}) },
      ...(server ? { server } : {}),
    },
  };
}

async function serverFiles({ tlsCertFile, tlsPrivateKeyFile, authentication: { x509: { clientCAFile } } }: KubeletConfiguration): Promise<ServerFiles> {
  const [cert, key, clientCa] = await Promise.all([tlsCertFile, tlsPrivateKeyFile, clientCAFile].map((path) => (path ? readFile(path, 'utf8') : undefined)));
  return { ...(cert ? { cert } : {}), ...(key ? { key } : {}), ...(clientCa ? { clientCa } : {}) };
}

async function machineState(): Promise<MachineState> {
  const [swaps, controllers] = await Promise.all([readFile('/proc/swaps', 'utf8').catch(() => ''), readFile('/sys/fs/cgroup/cgroup.controllers', 'utf8').catch(() => undefined)]);
  // The first line names the columns, Size the third of them, in KiB.
  const swapBytes = swaps.trim().split('\n').slice(1).reduce((sum, line) => sum + Number(line.split(/\s+/)[2] ?? 0) * 1024, 0);
  return { swapBytes, cgroupVersion: controllers === undefined ? 1 : 2 };
}

/** So that the kernel ends others before the agent; only who holds CAP_SYS_RESOURCE may lower it. */
export const adjustOomScore = (score: number, log: Logger): Promise<void> =>
  writeFile('/proc/self/oom_score_adj', String(score)).catch((error: unknown) => log.debug('the OOM score was not set', { score, error: String(error) }));
