import type { Collector } from '../base/metrics/family.ts';
import type { Clock, Millis } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/index.ts';
import type { Informers } from '../client/index.ts';
import type { Enforcement } from './cgroups/enforce.ts';
import type { SwapBehavior } from './containers/swap.ts';
import type { TopologyPolicy } from './cpus/hints.ts';
import type { Pod } from '../kinds/core/pod.ts';
import type { Cri } from './cri/cri.ts';
import type { ContainerGcPolicy } from './eviction/container-garbage.ts';
import type { EvictionConfig } from './eviction/thresholds.ts';
import type { ImageGcConfig } from './images/image-gc.ts';

/** What one kubelet needs to run; `cluster` gives it all. */
export interface KubeletOptions {
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Disposed by whoever made it. */
  readonly cri: Cri;
  /** The runtime's, where the runtime is this kubelet's alone: processes that it has forgotten are then ended. */
  readonly runtimeSocket?: string;

  readonly nodeName: string;
  /** Where other nodes and the API server reach this one. */
  readonly nodeIp: string;
  /** That and its address of the other family, where it has one. */
  readonly nodeIps?: readonly string[];
  readonly hostname: string;
  readonly nodeLabels?: Readonly<Record<string, string>>;
  readonly nodeTaints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  /** The pod networks this node registers with, one of each family, where they are known before; the control plane assigns them otherwise. */
  readonly podCidrs?: readonly string[];
  /** The address of the cluster's DNS, for pods whose dnsPolicy is ClusterFirst. */
  readonly clusterDns?: readonly string[];
  readonly clusterDomain: string;
  /** The node's resolver configuration; `/etc/resolv.conf` unless said. */
  readonly resolvConf?: string;

  /** Told of a pod's addresses before any container of it starts, which waits for the answer: for network policies. */
  readonly connected?: (pod: Pod, addresses: readonly string[]) => Promise<void>;

  /** Volumes, tokens, hosts files of pods: this kubelet's alone. */
  readonly rootDir: string;
  /** Container logs, this kubelet's alone: `<logDir>/pods/<namespace>_<name>_<uid>/<container>/<attempt>.log`, and links below `<logDir>/containers`. */
  readonly logDir: string;
  /** Parent of `kubepods`, this kubelet's alone: `/knarr/node-1`. */
  readonly cgroupRoot: string;

  /** 110 unless said. */
  readonly maxPods?: number;
  /** For the system and this node's own programs: pods together may not have it (kubeReserved and systemReserved). */
  readonly reserved?: { readonly cpuMillis?: number; readonly memoryBytes?: number; readonly storageBytes?: number; readonly pids?: number };
  /** Thresholds below which pods are evicted; upstream's unless said. */
  readonly eviction?: EvictionConfig;
  /** Between two looks at what is left; upstream's ten seconds unless said. */
  readonly evictionPeriod?: Millis;
  /** When dead containers go that their pods would keep; each keeps its newest two unless said. */
  readonly containerGc?: Partial<ContainerGcPolicy>;
  /** When unused images go. */
  readonly imageGc?: ImageGcConfig;
  /** Who is held to what is reserved; pods alone unless said. */
  readonly enforcement?: Enforcement;
  /** False: limits of CPU are not enforced. */
  readonly cpuCfsQuota?: boolean;
  /** Memory quality of service (KEP-2570), on cgroup v2: of what lies between request and limit the part that is had at full speed; off unless said. */
  readonly memoryThrottlingFactor?: number;
  /** Processes and threads one pod may have; unlimited unless said. */
  readonly podPidsLimit?: number;
  /** `static`: whole processors for containers of guaranteed pods that ask for them; none unless said. */
  readonly cpuManagerPolicy?: 'none' | 'static';
  /** Of the static policy, by upstream's names: `full-pcpus-only` and so on, to `true` or `false`. */
  readonly cpuManagerPolicyOptions?: Readonly<Record<string, string>>;
  /** Never given to a container alone: `0,2-3`; unless said, as many as are reserved. */
  readonly reservedCpus?: string;
  readonly memoryManagerPolicy?: 'None' | 'Static';
  /** Bytes of each memory node that pods may not have to themselves. */
  readonly reservedMemory?: ReadonlyMap<number, number>;
  /** How close a container's processors, memory and devices have to lie; none unless said. */
  readonly topologyManagerPolicy?: TopologyPolicy;
  readonly topologyManagerScope?: 'container' | 'pod';
  /** By upstream's names: `prefer-closest-numa-nodes`, `max-allowable-numa-nodes`. */
  readonly topologyManagerPolicyOptions?: Readonly<Record<string, string>>;
  /** True: of a container that is out of memory the kernel ends one process, as it always does on cgroup v1; all of them unless said. */
  readonly singleProcessOomKill?: boolean;
  /** `LimitedSwap`: burstable containers may swap in proportion; on cgroup v2 alone. None may unless said. */
  readonly swapBehavior?: SwapBehavior;
  /** Sysctls beside the safe ones that pods may set: names, or beginnings of names that end with `*`. */
  readonly allowedUnsafeSysctls?: readonly string[];
  /** RuntimeDefault for containers that say nothing of seccomp; unconfined unless said. */
  readonly seccompDefault?: boolean;
  /** Where lxcfs is mounted, if it is; /var/lib/lxcfs unless said. */
  readonly lxcfsDir?: string;
  /** Between two tries of a crashing container at most; upstream's 5 minutes unless said. */
  readonly maxCrashBackoff?: Millis;

  /** A settled pod is looked at again so often at least; upstream's minute unless said. */
  readonly syncFrequency?: Millis;
  /** Pods that the machine itself asks for; none unless said. */
  readonly staticPods?: StaticPodOptions;
  /** How pods end when the machine shuts down; they are not waited for unless said. */
  readonly shutdown?: ShutdownOptions;
  /** False: pods' and emptyDirs' use of disk is not held to their limits. */
  readonly localStorageIsolation?: boolean;
  /** At most so many pods for each processor; as many as maxPods unless said. */
  readonly podsPerCore?: number;
  /** False: somebody else makes the Node. */
  readonly registerNode?: boolean;
  /** The Node's spec.providerID. */
  readonly providerId?: string;
  readonly nodeStatus?: NodeStatusOptions;
  readonly imagePulls?: ImagePullOptions;
  readonly containerLogs?: ContainerLogOptions;
  /** Events a second; 0: as many as there are. */
  readonly events?: { readonly perSecond: number; readonly burst: number };
  /** Whether this machine's plain HTTP answers /healthz, and where: port 10248 of loopback upstream. */
  readonly healthz?: { readonly host: string; readonly port: number };
  /** What else `/metrics` tells, asked with each scrape. */
  readonly collectors?: readonly Collector[];
  /** The effective KubeletConfiguration, which `/configz` tells. */
  readonly configuration?: Readonly<Record<string, unknown>>;

  /** What the node says it runs; v1.36.0 unless said. */
  readonly version?: string;

  /** The HTTPS server; absent, there is none (simulated nodes). */
  readonly server?: KubeletServerOptions;
}

export interface StaticPodOptions {
  /** A file or a directory of manifests. */
  readonly path?: string;
  readonly fileCheckPeriod: Millis;
  readonly url?: string;
  readonly urlHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly httpCheckPeriod: Millis;
}

export interface ShutdownOptions {
  /** For all pods together, and how much of it is for critical ones at the end. */
  readonly period: Millis;
  readonly criticalPeriod: Millis;
  /** In place of both: pods of at least so high a priority have so long. */
  readonly byPriority?: readonly { readonly priority: number; readonly shutdownGracePeriodSeconds: number }[];
}

export interface NodeStatusOptions {
  /** Between two looks; 10 s unless said. */
  readonly updatePeriod?: Millis;
  /** Sent at least so often, changed or not; 5 min unless said. */
  readonly reportPeriod?: Millis;
  /** 40 unless said. */
  readonly leaseSeconds?: number;
  /** How many are listed, the largest first; 50 unless said, -1: all. */
  readonly mostImages?: number;
}

export interface ImagePullOptions {
  /** How many at a time; without limit unless said. */
  readonly parallel?: number;
  /** Pulls a second, and how many may come at once. */
  readonly rate?: { readonly perSecond: number; readonly burst: number };
  /** Who may use an image that is on the node: without a proof that they may pull it, nobody by AlwaysVerify (KEP-2535). */
  readonly verification?: 'NeverVerify' | 'NeverVerifyPreloadedImages' | 'NeverVerifyAllowlistedImages' | 'AlwaysVerify';
  readonly allowlist?: readonly string[];
  /** Programs that know credentials, those of a CredentialProviderConfig: the text of a CredentialProviderConfig, and where they are. */
  readonly providers?: { readonly config: string; readonly binDir: string };
}

export interface ContainerLogOptions {
  /** 10 MiB unless said. */
  readonly maxBytes?: number;
  /** 5 unless said. */
  readonly maxFiles?: number;
  /** Rotated at the same time; 1 unless said. */
  readonly workers?: number;
  /** Between two looks; 10 s unless said. */
  readonly period?: Millis;
}

export interface KubeletServerOptions {
  readonly host: string;
  /** 10250 everywhere but in tests. */
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string };
  /** Calls with every later certificate, until it is disposed of. */
  readonly renewed?: (take: (tls: KubeletServerOptions['tls']) => void) => Disposable;
  /** PEM. Certificates it signed identify callers: the API server's is let in, others only as the API server's authorizer says. */
  readonly clientCa: string;
  readonly ciphers?: string;
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** Strangers are `system:anonymous`, whom the authorizer judges; they are turned away unless said. */
  readonly anonymous?: boolean;
  /** Bearer tokens are reviewed by the API server; they are unless said. */
  readonly tokens?: boolean;
  /** `AlwaysAllow`: whoever is known may do everything. The API server is asked unless said. */
  readonly authorization?: 'Webhook' | 'AlwaysAllow';
  /** How long the API server's answers are believed. */
  readonly cache?: { readonly tokens: Millis; readonly allowed: Millis; readonly denied: Millis };
  /** False: no logs, exec, attach, port-forward, run. */
  readonly debugging?: boolean;
  /** False: nothing of /var/log. */
  readonly systemLogs?: boolean;
  /** Logs of services may be asked for by their names; not unless said. */
  readonly systemLogQuery?: boolean;
  /** Plain HTTP for anyone; there is none unless said. */
  readonly readOnlyPort?: number;
}
