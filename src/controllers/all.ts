import type { Controller } from './runtime/index.ts';
import { deploymentController } from './deployment/deployment.ts';
import { replicaSetController } from './replica-set/replica-set.ts';
import { replicationControllerController } from './replica-set/replication-controller.ts';

/** What the controllers need to know of the cluster they run in. */
export interface ControllersConfig {
  /** The cluster's CA, published in every namespace and in token Secrets. */
  readonly caPem: string;
  /** Every ServiceAccount gets a token Secret, as before v1.24. */
  readonly legacyServiceAccountTokens?: boolean;
  /** Signs tokens of legacy Secrets; without it such Secrets stay empty. */
  readonly serviceAccountKey?: { readonly jwk: object; readonly keyId?: string };
  /** Where nodes' pod ranges come from; 10.244.0.0/16 unless said. */
  readonly clusterCidr?: string;
}

/** Every controller, in the order in which they start. */
export function allControllers(_config: ControllersConfig): readonly Controller[] {
  return [
    deploymentController,
    replicaSetController,
    replicationControllerController,
  ];
}
