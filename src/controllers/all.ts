import type { JWK } from 'jose';
import { attachDetachController, attachedVolumesReporter } from './attach-detach/attach-detach.ts';
import { bootstrapSigner, tokenCleaner } from './bootstrap/bootstrap.ts';
import { type CertificateAuthority, csrApprovingController, csrCleaner, csrSigningController } from './certificates/certificates.ts';
import { clusterRoleAggregationController } from './cluster-role-aggregation/cluster-role-aggregation.ts';
import { cronJobController } from './cron-job/cron-job.ts';
import { daemonSetController } from './daemon-set/daemon-set.ts';
import { deploymentController } from './deployment/deployment.ts';
import { deviceTaintEvictionController } from './device-taint-eviction/device-taint-eviction.ts';
import { disruptionController, staleDisruptionController } from './disruption/disruption.ts';
import { endpointSliceController } from './endpoint-slice/endpoint-slice.ts';
import { endpointSliceMirroringController } from './endpoint-slice/mirroring.ts';
import { endpointsController } from './endpoints/endpoints.ts';
import { ephemeralVolumeController } from './ephemeral-volume/ephemeral-volume.ts';
import { expandController } from './expand/expand.ts';
import { garbageCollector } from './garbage-collector/garbage-collector.ts';
import { gatewayApi } from './gateway/served.ts';
import { horizontalPodAutoscalerController } from './horizontal-pod-autoscaler/horizontal-pod-autoscaler.ts';
import { ingressController } from './ingress/ingress.ts';
import { jobController, jobPodReleaseController } from './job/job.ts';
import { namespaceController } from './namespace/namespace.ts';
import { nodeIpamController } from './node-ipam/node-ipam.ts';
import { nodeLifecycleController } from './node-lifecycle/node-lifecycle.ts';
import { taintEvictionController } from './node-lifecycle/taint-eviction.ts';
import { claimBinder, volumeBinder } from './persistent-volume-binder/persistent-volume-binder.ts';
import { podGarbageCollector } from './pod-gc/pod-gc.ts';
import { pvcProtectionController, pvProtectionController, vacProtectionController } from './protection/protection.ts';
import { replicaSetController } from './replica-set/replica-set.ts';
import { replicationControllerController } from './replica-set/replication-controller.ts';
import { podResourceClaimController, resourceClaimController } from './resource-claim/resource-claim.ts';
import { resourceQuotaController } from './resource-quota/resource-quota.ts';
import { rootCaPublisher } from './root-ca/root-ca.ts';
import type { Controller } from './runtime/index.ts';
import { serviceAccountController } from './service-account/service-account.ts';
import { serviceLoadBalancer } from './service-load-balancer/service-load-balancer.ts';
import { statefulSetController } from './stateful-set/stateful-set.ts';
import { serviceCidrController } from './service-cidr/service-cidr.ts';
import { nodeTtlController } from './node-ttl/node-ttl.ts';
import { legacyTokenCleaner } from './token/legacy-token-cleaner.ts';
import { legacyTokenController, tokenSecretController } from './token/token.ts';
import { ttlAfterFinishedController } from './ttl-after-finished/ttl-after-finished.ts';
import { validatingAdmissionPolicyStatusController } from './validating-admission-policy-status/validating-admission-policy-status.ts';

/** What the controllers need to know of the cluster they run in. */
export interface ControllersConfig {
  /** The cluster's CA, published in every namespace and in token Secrets. */
  readonly caPem: string;
  /** Signs what was approved; without it requests stay unanswered. */
  readonly authority?: CertificateAuthority;
  /** The private key that signs ServiceAccounts' tokens; without it token Secrets stay empty. */
  readonly serviceAccountKey?: JWK;
  /** Every ServiceAccount gets a token Secret, as before v1.24. */
  readonly legacyServiceAccountTokens?: boolean;
  /** Where nodes' pod ranges come from, one of each family; 10.244.0.0/16 unless said. */
  readonly clusterCidrs?: readonly string[];
  /** The group of the nodes' agents, where they implement the built-in ingress. */
  readonly agents?: string;
}

/** Every controller, in the order in which they start. */
export function allControllers({ caPem, authority, serviceAccountKey: key, legacyServiceAccountTokens = false, clusterCidrs, agents }: ControllersConfig): readonly Controller[] {
  return [
    nodeIpamController(clusterCidrs),
    nodeLifecycleController(),
    taintEvictionController(),
    deviceTaintEvictionController(),
    nodeTtlController(),
    serviceAccountController,
    rootCaPublisher(caPem),
    ...(key ? [tokenSecretController({ caPem, key })] : []),
    ...(legacyServiceAccountTokens ? [legacyTokenController] : []),
    legacyTokenCleaner,
    csrApprovingController,
    ...(authority ? [csrSigningController(authority)] : []),
    csrCleaner,
    bootstrapSigner,
    tokenCleaner,
    clusterRoleAggregationController,
    serviceCidrController,
    namespaceController,
    garbageCollector,
    podGarbageCollector(),
    deploymentController,
    replicaSetController,
    replicationControllerController,
    statefulSetController,
    daemonSetController(),
    jobController(),
    jobPodReleaseController,
    cronJobController,
    ttlAfterFinishedController,
    validatingAdmissionPolicyStatusController,
    claimBinder,
    volumeBinder,
    attachDetachController(),
    attachedVolumesReporter,
    expandController(),
    resourceQuotaController,
    ephemeralVolumeController,
    podResourceClaimController,
    resourceClaimController,
    pvcProtectionController,
    pvProtectionController,
    vacProtectionController,
    disruptionController,
    staleDisruptionController,
    horizontalPodAutoscalerController(),
    endpointsController,
    endpointSliceController(),
    endpointSliceMirroringController,
    serviceLoadBalancer,
    ...(agents === undefined ? [] : [ingressController(agents), gatewayApi(agents)]),
  ];
}
