import type { Terminal } from './terminal.ts';

/** Which cluster a command is about. */
export interface ClusterRef {
  readonly dataDir: string;
}

export interface UpRequest extends ClusterRef {
  readonly port: number;
  /** Real nodes; undefined lets the cluster decide (one, or none beside simulated ones). */
  readonly nodes: number | undefined;
  readonly simulated: number | undefined;
  readonly store: string;
  /** A further place for the admin's kubeconfig. */
  readonly kubeconfig: string | undefined;
  readonly foreground: boolean;
  /** May missing packages be installed? */
  readonly install: boolean;
  readonly legacyServiceAccountTokens: boolean;
  readonly legacyApis: boolean;
  readonly auditLog: boolean;
  /** How packets get from node to node; undefined: as before, or host-gw. `none` leaves that to a CNI of the user's choice. */
  readonly network: PodNetwork | undefined;
  /** Of pods and Services; undefined: as before, or IPv4. */
  readonly ipFamilies: readonly ('IPv4' | 'IPv6')[] | undefined;
  /** Of pods and of Services, one of each family at most; undefined: as before, or of our choice. */
  readonly podCidrs: readonly string[] | undefined;
  readonly serviceCidrs: readonly string[] | undefined;
  /** What writes Services into the kernel; undefined: what the cluster had, or what works best here. */
  readonly proxy: 'nftables' | 'iptables' | 'ipvs' | 'none' | undefined;
  /** Who answers for the cluster's names; undefined: as before, or ourselves. */
  readonly dns: 'built-in' | 'none' | undefined;
  /** Processes of controllers and of the scheduler each, beside the API server's; 0: all in one. */
  readonly components: number;
  /** Which of them others will run. */
  readonly without: readonly ('controllers' | 'scheduler')[];
  /** A file with the KubeletConfiguration of every real node. */
  readonly kubeletConfig: string | undefined;
  /** A file of configuration documents of the API server. */
  readonly apiConfig: string | undefined;
  /** A file of tokens, and who shows each. */
  readonly tokenAuthFile: string | undefined;
  /** A kubeconfig of a service that knows whose a token is. */
  readonly tokenWebhookFile: string | undefined;
  /** Admission plugins by name, on or off other than by default. */
  readonly admission: { readonly enable: readonly string[]; readonly disable: readonly string[] };
}

export type PodNetwork = 'host-gw' | 'vxlan' | 'udp' | 'bgp' | 'none';

/** What is done to the nodes of one machine, for trying failures. */
export type NodeRequest = ClusterRef & (
  | { readonly verb: 'add'; readonly count: number }
  | { readonly verb: 'remove' | 'stop' | 'start' | 'partition' | 'heal'; readonly name: string }
);

/** One thing this machine has or lacks. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** How to mend it; only where `ok` is false. */
  readonly mend?: string;
}

/** One process of a running cluster. */
export interface ComponentStatus {
  readonly name: string;
  readonly state: 'running' | 'backing-off' | 'stopped';
  readonly pid?: number;
  readonly restarts: number;
  /** Why it last died. */
  readonly lastExit?: string;
}

export interface NodeStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly address: string;
  readonly simulated: boolean;
}

export interface CertificateStatus {
  readonly name: string;
  /** RFC 3339. */
  readonly expires: string;
}

/** One certificate that a cluster should have, and what became of it. */
export interface CertificateReport {
  readonly name: string;
  /** `broken`: it cannot be read, or its key is another's. `untrusted`: its authority did not sign it. */
  readonly state: 'valid' | 'expired' | 'missing' | 'broken' | 'untrusted';
  /** Who signs it; authorities sign themselves. */
  readonly ca?: string;
  /** As `O=system:masters, CN=kubernetes-admin`. */
  readonly subject?: string;
  /** RFC 3339. */
  readonly expires?: string;
  /** Below zero once it has expired. */
  readonly secondsLeft?: number;
}

export interface ClusterStatus {
  readonly running: boolean;
  readonly dataDir: string;
  readonly server?: string;
  readonly ready: boolean;
  readonly components: readonly ComponentStatus[];
  readonly nodes: readonly NodeStatus[];
  readonly certificates: readonly CertificateStatus[];
  readonly store?: { readonly driver: string; readonly bytes: number };
}

export interface StoredImage {
  readonly node: string;
  readonly name: string;
  readonly digest: string;
  readonly size: string;
}

export interface ProxyRulesRequest extends ClusterRef {
  readonly service: string;
  readonly namespace: string;
  /** Number or name. */
  readonly port: string | undefined;
  readonly node: string | undefined;
}

/** What the commands do, as the composition root provides it. A `Refusal` ends in one line and exit code 1. */
export interface Actions {
  /** Resolves with the exit code. */
  up(request: UpRequest, terminal: Terminal): Promise<number>;
  down(request: ClusterRef & { readonly purge: boolean }, terminal: Terminal): Promise<void>;
  node(request: NodeRequest, terminal: Terminal): Promise<void>;
  status(cluster: ClusterRef): Promise<ClusterStatus>;
  doctor(): Promise<readonly Check[]>;
  checkCertificates(cluster: ClusterRef): Promise<readonly CertificateReport[]>;
  /** `all`, or one by its name. */
  renewCertificates(request: ClusterRef & { readonly name: string }, terminal: Terminal): Promise<void>;
  loadImage(request: ClusterRef & { readonly file: string }, terminal: Terminal): Promise<void>;
  listImages(cluster: ClusterRef): Promise<readonly StoredImage[]>;
  /** Prints the way packets to a Service take on a node. */
  proxyRules(request: ProxyRulesRequest, terminal: Terminal): Promise<void>;
  /** Runs kubectl as the admin; resolves with its exit code. */
  kubectl(request: ClusterRef & { readonly args: readonly string[] }): Promise<number>;
  readonly version: string;
  /** The Kubernetes version whose API is spoken. */
  readonly kubernetesVersion: string;
}
