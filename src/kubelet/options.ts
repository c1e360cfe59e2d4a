import type { Clock, Millis } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/index.ts';
import type { Informers } from '../client/index.ts';
import type { SwapBehavior } from './containers/swap.ts';
import type { TopologyPolicy } from './cpus/hints.ts';
import type { Cri } from './cri/cri.ts';
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

  readonly nodeName: string;
  /** Where other nodes and the API server reach this one. */
  readonly nodeIp: string;
  readonly hostname: string;
  readonly nodeLabels?: Readonly<Record<string, string>>;
  readonly nodeTaints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  /** The pod network this node registers with, where it is known before; the control plane assigns one otherwise. */
  readonly podCidr?: string;
  /** The address of the cluster's DNS, for pods whose dnsPolicy is ClusterFirst. */
  readonly clusterDns?: readonly string[];
  readonly clusterDomain: string;
  /** The node's resolver configuration; `/etc/resolv.conf` unless said. */
  readonly resolvConf?: string;

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
  /** When unused images go. */
  readonly imageGc?: ImageGcConfig;
  /** Processes and threads one pod may have; unlimited unless said. */
  readonly podPidsLimit?: number;
  /** `static`: whole processors for containers of guaranteed pods that ask for them; none unless said. */
  readonly cpuManagerPolicy?: 'none' | 'static';
  /** Never given to a container alone: `0,2-3`; unless said, as many as are reserved. */
  readonly reservedCpus?: string;
  readonly memoryManagerPolicy?: 'None' | 'Static';
  /** How close a container's processors, memory and devices have to lie; none unless said. */
  readonly topologyManagerPolicy?: TopologyPolicy;
  readonly topologyManagerScope?: 'container' | 'pod';
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

  /** What the node says it runs; v1.36.0 unless said. */
  readonly version?: string;

  /** The HTTPS server; absent, there is none (simulated nodes). */
  readonly server?: KubeletServerOptions;
}

export interface KubeletServerOptions {
  readonly host: string;
  /** 10250 everywhere but in tests. */
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string };
  /** PEM. Certificates it signed identify callers: the API server's is let in, others only as the API server's authorizer says. */
  readonly clientCa: string;
}
