import { join } from 'node:path';
import type { Loop } from './settings.ts';

/** Where a cluster keeps what it has. Everything lies below the data directory, so that `down --purge` can delete it whole. */
export interface Layout {
  readonly dataDir: string;
  /** What the cluster was made as; see settings.ts. */
  readonly settings: string;
  /** What the API server is configured by, as `up --api-config` gave it; it may hold keys. */
  readonly apiConfig: string;
  /** Tokens of users, as `up --token-auth-file` gave them. */
  readonly tokenFile: string;
  /** Of the service that knows tokens, as `up --authentication-token-webhook-config-file` gave it. */
  readonly tokenWebhook: string;
  readonly adminKubeconfig: string;
  /** For a controller manager or a scheduler of others' making. */
  readonly loopKubeconfigs: Readonly<Record<Loop, string>>;
  readonly pki: string;
  readonly store: string;
  readonly logs: string;
  /** Process identities and what else is void after a reboot. */
  readonly run: string;
  node(name: string): NodeLayout;
}

/** One node's own part. */
export interface NodeLayout {
  readonly dir: string;
  /** containerd's configuration, content store and snapshots. */
  readonly containerdConfig: string;
  readonly containerdRoot: string;
  readonly containerdState: string;
  readonly containerdSocket: string;
  readonly cniConfig: string;
  /** Programs of another CNI. */
  readonly cniPrograms: string;
  /** What another CNI's programs tell each other. */
  readonly cniRun: string;
  /** Which pod has which address. */
  readonly cniData: string;
  /** Of the network's own programs. */
  readonly network: string;
  /** The kubelet's own: pods' volumes, checkpoints. */
  readonly kubelet: string;
  /** Pods its user wants there come what may: the node's static pods. */
  readonly manifests: string;
  readonly logs: string;
}

export function layoutOf(dataDir: string): Layout {
  return {
    dataDir,
    settings: join(dataDir, 'cluster.json'),
    apiConfig: join(dataDir, 'api-config.yaml'),
    tokenFile: join(dataDir, 'tokens.csv'),
    tokenWebhook: join(dataDir, 'token-webhook.kubeconfig'),
    adminKubeconfig: join(dataDir, 'admin.kubeconfig'),
    loopKubeconfigs: { controllers: join(dataDir, 'controller-manager.kubeconfig'), scheduler: join(dataDir, 'scheduler.kubeconfig') },
    pki: join(dataDir, 'pki'),
    store: join(dataDir, 'store'),
    logs: join(dataDir, 'logs'),
    run: join(dataDir, 'run'),
    node: (name) => {
      const dir = join(dataDir, 'nodes', name);
      return {
        dir,
        containerdConfig: join(dir, 'containerd', 'config.toml'),
        containerdRoot: join(dir, 'containerd', 'root'),
        containerdState: join(dir, 'containerd', 'state'),
        containerdSocket: join(dir, 'containerd', 'containerd.sock'),
        cniConfig: join(dir, 'cni', 'conf'),
        cniPrograms: join(dir, 'cni', 'bin'),
        cniRun: join(dir, 'cni', 'run'),
        cniData: join(dir, 'cni', 'data'),
        network: join(dir, 'network'),
        kubelet: join(dir, 'kubelet'),
        manifests: join(dir, 'manifests'),
        logs: join(dir, 'logs'),
      };
    },
  };
}
