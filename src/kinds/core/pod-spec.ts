import { boolean, int32, int64, list, map, object, part, quantity, string, type TypeOf } from '../../schema/field.ts';
import { affinity } from './affinity.ts';
import { container, ephemeralContainer } from './container.ts';
import { localObjectReference } from './references.ts';
import { resourceRequirements } from './resources.ts';
import { podSecurityContext } from './security-context.ts';
import { toleration } from './toleration.ts';
import { volume } from './volume.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const hostAlias = part(() =>
  object('api.core.v1.HostAlias', {
    ip: string().required().tag(1),
    hostnames: list(string()).tag(2),
  }));
export type HostAlias = TypeOf<ReturnType<typeof hostAlias>>;

export const podDNSConfig = part(() =>
  object('api.core.v1.PodDNSConfig', {
    nameservers: list(string()).tag(1),
    searches: list(string()).tag(2),
    options: list(podDNSConfigOption()).tag(3),
  }));
export type PodDNSConfig = TypeOf<ReturnType<typeof podDNSConfig>>;

export const podDNSConfigOption = part(() =>
  object('api.core.v1.PodDNSConfigOption', {
    name: string().tag(1),
    value: string().pointer().tag(2),
  }));
export type PodDNSConfigOption = TypeOf<ReturnType<typeof podDNSConfigOption>>;

export const podOS = part(() =>
  object('api.core.v1.PodOS', {
    name: string().required().tag(1),
  }));
export type PodOS = TypeOf<ReturnType<typeof podOS>>;

export const podReadinessGate = part(() =>
  object('api.core.v1.PodReadinessGate', {
    conditionType: string().required().tag(1),
  }));
export type PodReadinessGate = TypeOf<ReturnType<typeof podReadinessGate>>;

export const podResourceClaim = part(() =>
  object('api.core.v1.PodResourceClaim', {
    name: string().required().tag(1),
    resourceClaimName: string().pointer().tag(3),
    resourceClaimTemplateName: string().pointer().tag(4),
  }));
export type PodResourceClaim = TypeOf<ReturnType<typeof podResourceClaim>>;

export const podSchedulingGate = part(() =>
  object('api.core.v1.PodSchedulingGate', {
    name: string().required().tag(1),
  }));
export type PodSchedulingGate = TypeOf<ReturnType<typeof podSchedulingGate>>;

export const podSchedulingGroup = part(() =>
  object('api.core.v1.PodSchedulingGroup', {
    podGroupName: string().pointer().tag(1),
  }));
export type PodSchedulingGroup = TypeOf<ReturnType<typeof podSchedulingGroup>>;

export const podSpec = part(() =>
  object('api.core.v1.PodSpec', {
    volumes: list(volume()).mapKeys('name').mergeKey('name', { retainKeys: true }).tag(1),
    containers: list(container()).keyedBy('name').required().tag(2),
    restartPolicy: string().default('Always').among('Always', 'OnFailure', 'Never').tag(3),
    terminationGracePeriodSeconds: int64().pointer().default(30).tag(4),
    activeDeadlineSeconds: int64().pointer().tag(5),
    dnsPolicy: string().default('ClusterFirst').among('ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None').tag(6),
    nodeSelector: map(string()).atomic().tag(7),
    serviceAccountName: string().tag(8),
    serviceAccount: string().tag(9),
    nodeName: string().tag(10),
    hostNetwork: boolean().tag(11),
    hostPID: boolean().tag(12),
    hostIPC: boolean().tag(13),
    securityContext: podSecurityContext().default({}).tag(14),
    imagePullSecrets: list(localObjectReference()).keyedBy('name').tag(15),
    hostname: string().tag(16),
    subdomain: string().tag(17),
    affinity: affinity().tag(18),
    schedulerName: string().default('default-scheduler').tag(19),
    initContainers: list(container()).keyedBy('name').tag(20),
    automountServiceAccountToken: boolean().pointer().tag(21),
    tolerations: list(toleration()).tag(22),
    hostAliases: list(hostAlias()).keyedBy('ip').tag(23),
    priorityClassName: string().tag(24),
    priority: int32().pointer().tag(25),
    dnsConfig: podDNSConfig().tag(26),
    shareProcessNamespace: boolean().pointer().tag(27),
    readinessGates: list(podReadinessGate()).tag(28),
    runtimeClassName: string().pointer().tag(29),
    enableServiceLinks: boolean().pointer().tag(30),
    preemptionPolicy: string().pointer().among('PreemptLowerPriority', 'Never').tag(31),
    overhead: map(quantity()).tag(32),
    topologySpreadConstraints: list(topologySpreadConstraint()).mapKeys('topologyKey', 'whenUnsatisfiable').mergeKey('topologyKey').tag(33),
    ephemeralContainers: list(ephemeralContainer()).keyedBy('name').tag(34),
    setHostnameAsFQDN: boolean().pointer().tag(35),
    os: podOS().tag(36),
    hostUsers: boolean().pointer().tag(37),
    schedulingGates: list(podSchedulingGate()).keyedBy('name').tag(38),
    resourceClaims: list(podResourceClaim()).mapKeys('name').mergeKey('name', { retainKeys: true }).tag(39),
    resources: resourceRequirements().tag(40),
    hostnameOverride: string().pointer().tag(41),
    schedulingGroup: podSchedulingGroup().tag(43),
  }));
export type PodSpec = TypeOf<ReturnType<typeof podSpec>>;

export const topologySpreadConstraint = part(() =>
  object('api.core.v1.TopologySpreadConstraint', {
    maxSkew: int32().required().tag(1),
    topologyKey: string().required().tag(2),
    whenUnsatisfiable: string().required().among('DoNotSchedule', 'ScheduleAnyway').tag(3),
    labelSelector: labelSelector().tag(4),
    minDomains: int32().pointer().tag(5),
    nodeAffinityPolicy: string().pointer().among('Honor', 'Ignore').tag(6),
    nodeTaintsPolicy: string().pointer().among('Honor', 'Ignore').tag(7),
    matchLabelKeys: list(string()).tag(8),
  }));
export type TopologySpreadConstraint = TypeOf<ReturnType<typeof topologySpreadConstraint>>;
