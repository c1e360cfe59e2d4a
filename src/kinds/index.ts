/**
 * Every built-in kind of Kubernetes v1.36, declared once each in the DSL of schema/: shape, defaults, validation, columns.
 * Kinds whose `verbs` are only `create` or none are bodies of requests (reviews, bindings, evictions, scales): nothing is stored.
 * Knows no server, no store, no time.
 */
import type { Kind } from '../schema/kind.ts';
import { Binding } from './core/binding.ts';
import { ComponentStatus } from './core/component-status.ts';
import { ConfigMap } from './core/config-map.ts';
import { Endpoints } from './core/endpoints.ts';
import { Event } from './core/event.ts';
import { LimitRange } from './core/limit-range.ts';
import { Namespace } from './core/namespace.ts';
import { Node } from './core/node.ts';
import { PersistentVolume } from './core/persistent-volume.ts';
import { PersistentVolumeClaim } from './core/persistent-volume-claim.ts';
import { Pod } from './core/pod.ts';
import { PodTemplate } from './core/pod-template.ts';
import { ReplicationController } from './core/replication-controller.ts';
import { ResourceQuota } from './core/resource-quota.ts';
import { Secret } from './core/secret.ts';
import { Service } from './core/service.ts';
import { ServiceAccount } from './core/service-account.ts';
import { MutatingAdmissionPolicy } from './admissionregistration/mutating-admission-policy.ts';
import { MutatingAdmissionPolicyBinding } from './admissionregistration/mutating-admission-policy-binding.ts';
import { MutatingWebhookConfiguration } from './admissionregistration/mutating-webhook-configuration.ts';
import { ValidatingAdmissionPolicy } from './admissionregistration/validating-admission-policy.ts';
import { ValidatingAdmissionPolicyBinding } from './admissionregistration/validating-admission-policy-binding.ts';
import { ValidatingWebhookConfiguration } from './admissionregistration/validating-webhook-configuration.ts';
import { CustomResourceDefinition } from './apiextensions/custom-resource-definition.ts';
import { APIService } from './apiregistration/api-service.ts';
import { ControllerRevision } from './apps/controller-revision.ts';
import { DaemonSet } from './apps/daemon-set.ts';
import { Deployment } from './apps/deployment.ts';
import { ReplicaSet } from './apps/replica-set.ts';
import { StatefulSet } from './apps/stateful-set.ts';
import { SelfSubjectReview } from './authentication/self-subject-review.ts';
import { TokenRequest } from './authentication/token-request.ts';
import { TokenReview } from './authentication/token-review.ts';
import { LocalSubjectAccessReview } from './authorization/local-subject-access-review.ts';
import { SelfSubjectAccessReview } from './authorization/self-subject-access-review.ts';
import { SelfSubjectRulesReview } from './authorization/self-subject-rules-review.ts';
import { SubjectAccessReview } from './authorization/subject-access-review.ts';
import { HorizontalPodAutoscaler } from './autoscaling/horizontal-pod-autoscaler.ts';
import { HorizontalPodAutoscalerV1 } from './autoscaling/horizontal-pod-autoscaler-v1.ts';
import { Scale } from './autoscaling/scale.ts';
import { CronJob } from './batch/cron-job.ts';
import { Job } from './batch/job.ts';
import { CertificateSigningRequest } from './certificates/certificate-signing-request.ts';
import { Lease } from './coordination/lease.ts';
import { EndpointSlice } from './discovery/endpoint-slice.ts';
import { EventsV1Event } from './events/event.ts';
import { FlowSchema } from './flowcontrol/flow-schema.ts';
import { PriorityLevelConfiguration } from './flowcontrol/priority-level-configuration.ts';
import { Ingress } from './networking/ingress.ts';
import { IngressClass } from './networking/ingress-class.ts';
import { IPAddress } from './networking/ip-address.ts';
import { NetworkPolicy } from './networking/network-policy.ts';
import { ServiceCIDR } from './networking/service-cidr.ts';
import { RuntimeClass } from './node/runtime-class.ts';
import { Eviction } from './policy/eviction.ts';
import { PodDisruptionBudget } from './policy/pod-disruption-budget.ts';
import { ClusterRole } from './rbac/cluster-role.ts';
import { ClusterRoleBinding } from './rbac/cluster-role-binding.ts';
import { Role } from './rbac/role.ts';
import { RoleBinding } from './rbac/role-binding.ts';
import { DeviceClass } from './resource/device-class.ts';
import { ResourceClaim } from './resource/resource-claim.ts';
import { ResourceClaimTemplate } from './resource/resource-claim-template.ts';
import { ResourceSlice } from './resource/resource-slice.ts';
import { PriorityClass } from './scheduling/priority-class.ts';
import { CSIDriver } from './storage/csi-driver.ts';
import { CSINode } from './storage/csi-node.ts';
import { CSIStorageCapacity } from './storage/csi-storage-capacity.ts';
import { StorageClass } from './storage/storage-class.ts';
import { VolumeAttachment } from './storage/volume-attachment.ts';
import { VolumeAttributesClass } from './storage/volume-attributes-class.ts';

export { Binding } from './core/binding.ts';
export { ComponentStatus } from './core/component-status.ts';
export { ConfigMap } from './core/config-map.ts';
export { Endpoints } from './core/endpoints.ts';
export { Event } from './core/event.ts';
export { LimitRange } from './core/limit-range.ts';
export { Namespace } from './core/namespace.ts';
export { Node } from './core/node.ts';
export { PersistentVolume } from './core/persistent-volume.ts';
export { PersistentVolumeClaim } from './core/persistent-volume-claim.ts';
export { Pod } from './core/pod.ts';
export { PodTemplate } from './core/pod-template.ts';
export { ReplicationController } from './core/replication-controller.ts';
export { ResourceQuota } from './core/resource-quota.ts';
export { Secret } from './core/secret.ts';
export { Service } from './core/service.ts';
export { ServiceAccount } from './core/service-account.ts';
export { MutatingAdmissionPolicy } from './admissionregistration/mutating-admission-policy.ts';
export { MutatingAdmissionPolicyBinding } from './admissionregistration/mutating-admission-policy-binding.ts';
export { MutatingWebhookConfiguration } from './admissionregistration/mutating-webhook-configuration.ts';
export { ValidatingAdmissionPolicy } from './admissionregistration/validating-admission-policy.ts';
export { ValidatingAdmissionPolicyBinding } from './admissionregistration/validating-admission-policy-binding.ts';
export { ValidatingWebhookConfiguration } from './admissionregistration/validating-webhook-configuration.ts';
export { CustomResourceDefinition } from './apiextensions/custom-resource-definition.ts';
export { APIService } from './apiregistration/api-service.ts';
export { ControllerRevision } from './apps/controller-revision.ts';
export { DaemonSet } from './apps/daemon-set.ts';
export { Deployment } from './apps/deployment.ts';
export { ReplicaSet } from './apps/replica-set.ts';
export { StatefulSet } from './apps/stateful-set.ts';
export { SelfSubjectReview } from './authentication/self-subject-review.ts';
export { TokenRequest } from './authentication/token-request.ts';
export { TokenReview } from './authentication/token-review.ts';
export { LocalSubjectAccessReview } from './authorization/local-subject-access-review.ts';
export { SelfSubjectAccessReview } from './authorization/self-subject-access-review.ts';
export { SelfSubjectRulesReview } from './authorization/self-subject-rules-review.ts';
export { SubjectAccessReview } from './authorization/subject-access-review.ts';
export { HorizontalPodAutoscaler } from './autoscaling/horizontal-pod-autoscaler.ts';
export { HorizontalPodAutoscalerV1 } from './autoscaling/horizontal-pod-autoscaler-v1.ts';
export { Scale } from './autoscaling/scale.ts';
export { CronJob } from './batch/cron-job.ts';
export { Job } from './batch/job.ts';
export { CertificateSigningRequest } from './certificates/certificate-signing-request.ts';
export { Lease } from './coordination/lease.ts';
export { EndpointSlice } from './discovery/endpoint-slice.ts';
export { EventsV1Event } from './events/event.ts';
export { FlowSchema } from './flowcontrol/flow-schema.ts';
export { PriorityLevelConfiguration } from './flowcontrol/priority-level-configuration.ts';
export { Ingress } from './networking/ingress.ts';
export { IngressClass } from './networking/ingress-class.ts';
export { IPAddress } from './networking/ip-address.ts';
export { NetworkPolicy } from './networking/network-policy.ts';
export { ServiceCIDR } from './networking/service-cidr.ts';
export { RuntimeClass } from './node/runtime-class.ts';
export { Eviction } from './policy/eviction.ts';
export { PodDisruptionBudget } from './policy/pod-disruption-budget.ts';
export { ClusterRole } from './rbac/cluster-role.ts';
export { ClusterRoleBinding } from './rbac/cluster-role-binding.ts';
export { Role } from './rbac/role.ts';
export { RoleBinding } from './rbac/role-binding.ts';
export { DeviceClass } from './resource/device-class.ts';
export { ResourceClaim } from './resource/resource-claim.ts';
export { ResourceClaimTemplate } from './resource/resource-claim-template.ts';
export { ResourceSlice } from './resource/resource-slice.ts';
export { PriorityClass } from './scheduling/priority-class.ts';
export { CSIDriver } from './storage/csi-driver.ts';
export { CSINode } from './storage/csi-node.ts';
export { CSIStorageCapacity } from './storage/csi-storage-capacity.ts';
export { StorageClass } from './storage/storage-class.ts';
export { VolumeAttachment } from './storage/volume-attachment.ts';
export { VolumeAttributesClass } from './storage/volume-attributes-class.ts';

/** Every built-in kind, in the order discovery lists them. */
export const builtinKinds: readonly Kind[] = [
  Binding,
  ComponentStatus,
  ConfigMap,
  Endpoints,
  Event,
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
  ServiceAccount,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
  CustomResourceDefinition,
  APIService,
  ControllerRevision,
  DaemonSet,
  Deployment,
  ReplicaSet,
  StatefulSet,
  SelfSubjectReview,
  TokenRequest,
  TokenReview,
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerV1,
  Scale,
  CronJob,
  Job,
  CertificateSigningRequest,
  Lease,
  EndpointSlice,
  EventsV1Event,
  FlowSchema,
  PriorityLevelConfiguration,
  Ingress,
  IngressClass,
  IPAddress,
  NetworkPolicy,
  ServiceCIDR,
  RuntimeClass,
  Eviction,
  PodDisruptionBudget,
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
  DeviceClass,
  ResourceClaim,
  ResourceClaimTemplate,
  ResourceSlice,
  PriorityClass,
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
];
