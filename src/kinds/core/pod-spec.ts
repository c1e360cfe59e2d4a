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
    ip: string().required().tag(1).describe('The address that the names stand for.'),
    hostnames: list(string()).tag(2).describe('The names.'),
  }));
export type HostAlias = TypeOf<ReturnType<typeof hostAlias>>;

export const podDNSConfig = part(() =>
  object('api.core.v1.PodDNSConfig', {
    nameservers: list(string()).tag(1).describe('Addresses of name servers, up to three.'),
    searches: list(string()).tag(2).describe('Domains that short names are looked up in.'),
    options: list(podDNSConfigOption()).tag(3).describe('Options of the resolver, such as ndots.'),
  }));
export type PodDNSConfig = TypeOf<ReturnType<typeof podDNSConfig>>;

export const podDNSConfigOption = part(() =>
  object('api.core.v1.PodDNSConfigOption', {
    name: string().tag(1).describe('The option\'s name.'),
    value: string().pointer().tag(2).describe('Its value, if it takes one.'),
  }));
export type PodDNSConfigOption = TypeOf<ReturnType<typeof podDNSConfigOption>>;

export const podOS = part(() =>
  object('api.core.v1.PodOS', {
    name: string().required().tag(1).describe('linux or windows.'),
  }));
export type PodOS = TypeOf<ReturnType<typeof podOS>>;

export const podReadinessGate = part(() =>
  object('api.core.v1.PodReadinessGate', {
    conditionType: string().required().tag(1).describe('The type of the condition in the pod\'s status.'),
  }));
export type PodReadinessGate = TypeOf<ReturnType<typeof podReadinessGate>>;

export const podResourceClaim = part(() =>
  object('api.core.v1.PodResourceClaim', {
    name: string().required().tag(1).describe('The name by which containers refer to the claim.'),
    resourceClaimName: string().pointer().tag(3).describe('A ResourceClaim in the pod\'s namespace.'),
    resourceClaimTemplateName: string().pointer().tag(4).describe('A ResourceClaimTemplate from which a claim is made for this pod alone.'),
  }));
export type PodResourceClaim = TypeOf<ReturnType<typeof podResourceClaim>>;

export const podSchedulingGate = part(() =>
  object('api.core.v1.PodSchedulingGate', {
    name: string().required().tag(1).describe('The gate\'s name, a qualified name.'),
  }));
export type PodSchedulingGate = TypeOf<ReturnType<typeof podSchedulingGate>>;

export const podSchedulingGroup = part(() =>
  object('api.core.v1.PodSchedulingGroup', {
    podGroupName: string().pointer().tag(1).describe('The PodGroup in the pod\'s namespace.'),
  }).union(['podGroupName']));
export type PodSchedulingGroup = TypeOf<ReturnType<typeof podSchedulingGroup>>;

export const podSpec = part(() =>
  object('api.core.v1.PodSpec', {
    volumes: list(volume()).mapKeys('name').mergeKey('name', { retainKeys: true }).tag(1).describe('Storage that the containers can mount.'),
    containers: list(container()).keyedBy('name').required().tag(2).describe('The containers of the pod, at least one; none may be added or removed later.'),
    restartPolicy: string().default('Always').among('Always', 'OnFailure', 'Never').tag(3).describe('What happens to containers that end: Always, OnFailure or Never.'),
    terminationGracePeriodSeconds: int64().pointer().default(30).tag(4).describe('Seconds the containers have to stop by themselves before they are killed.'),
    activeDeadlineSeconds: int64().pointer().tag(5).describe('Seconds after its start at which the pod is stopped and marked as failed.'),
    dnsPolicy: string().default('ClusterFirst').among('ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None').tag(6).describe('How the pod resolves names: ClusterFirst, ClusterFirstWithHostNet, Default (as its node) or None (by dnsConfig alone).'),
    nodeSelector: map(string()).atomic().tag(7).describe('Labels a node must have for the pod to run there.'),
    serviceAccountName: string().tag(8).describe('The service account the pod acts as.'),
    serviceAccount: string().tag(9).describe('Former name of serviceAccountName; both always agree.'),
    nodeName: string().tag(10).describe('The node the pod runs on; set by the scheduler, or by hand to pass it by.'),
    hostNetwork: boolean().tag(11).describe('Whether the pod uses its node\'s network instead of one of its own.'),
    hostPID: boolean().tag(12).describe('Whether the pod sees the processes of its node.'),
    hostIPC: boolean().tag(13).describe('Whether the pod shares inter-process communication with its node.'),
    securityContext: podSecurityContext().pointer().default({}).tag(14).describe('Privileges and identities for all containers.'),
    imagePullSecrets: list(localObjectReference()).keyedBy('name').tag(15).describe('Secrets with the credentials of image registries.'),
    hostname: string().tag(16).describe('The pod\'s host name; its own name unless said.'),
    subdomain: string().tag(17).describe('Makes the pod\'s name <hostname>.<subdomain>.<namespace>.svc.<cluster domain>.'),
    affinity: affinity().tag(18).describe('On which nodes, and beside which pods, the pod must or would rather run.'),
    schedulerName: string().default('default-scheduler').tag(19).describe('The scheduler that places the pod.'),
    initContainers: list(container()).keyedBy('name').tag(20).describe('Containers that run one after the other, each to its end, before the others start; with restartPolicy Always they are sidecars that stay.'),
    automountServiceAccountToken: boolean().pointer().tag(21).describe('Whether a token of the service account is mounted into the containers.'),
    tolerations: list(toleration()).tag(22).describe('Taints of nodes the pod puts up with.'),
    hostAliases: list(hostAlias()).keyedBy('ip').tag(23).describe('Lines added to the pod\'s /etc/hosts.'),
    priorityClassName: string().tag(24).describe('The PriorityClass that gives the pod\'s priority.'),
    priority: int32().pointer().tag(25).describe('The number behind priorityClassName; higher ones are scheduled first and may displace lower ones.'),
    dnsConfig: podDNSConfig().tag(26).describe('Name servers, search domains and options besides those of dnsPolicy.'),
    shareProcessNamespace: boolean().pointer().tag(27).describe('Whether the containers see each other\'s processes.'),
    readinessGates: list(podReadinessGate()).tag(28).describe('Conditions others set that must be True before the pod is ready.'),
    runtimeClassName: string().pointer().tag(29).describe('The RuntimeClass the pod runs with.'),
    enableServiceLinks: boolean().pointer().tag(30).describe('Whether containers get environment variables for the services of their namespace.'),
    preemptionPolicy: string().pointer().among('PreemptLowerPriority', 'Never').tag(31).describe('Whether the pod may displace others: PreemptLowerPriority or Never.'),
    overhead: map(quantity()).tag(32).describe('Resources the pod\'s sandbox takes besides its containers; set from the RuntimeClass.'),
    topologySpreadConstraints: list(topologySpreadConstraint()).mapKeys('topologyKey', 'whenUnsatisfiable').mergeKey('topologyKey').tag(33).describe('How evenly pods like this one spread over zones, nodes or other domains.'),
    ephemeralContainers: list(ephemeralContainer()).keyedBy('name').tag(34).describe('Containers added to a running pod for debugging, through the ephemeralcontainers subresource.'),
    setHostnameAsFQDN: boolean().pointer().tag(35).describe('Whether the kernel\'s host name is the fully qualified one.'),
    os: podOS().tag(36).describe('The operating system the pod is made for.'),
    hostUsers: boolean().pointer().tag(37).describe('Whether the pod shares its node\'s user IDs; false gives it a user namespace.'),
    schedulingGates: list(podSchedulingGate()).keyedBy('name').tag(38).describe('Names of those who must agree before the pod is scheduled; they can only be removed.'),
    resourceClaims: list(podResourceClaim()).mapKeys('name').mergeKey('name', { retainKeys: true }).tag(39).describe('Devices the pod claims and its containers refer to by name.'),
    resources: resourceRequirements().tag(40).describe('Resources for the pod as a whole.'),
    hostnameOverride: string().pointer().tag(41).describe('A host name that replaces what would follow from the other fields.'),
    schedulingGroup: podSchedulingGroup().tag(43).describe('The group of pods that is scheduled together with this one.'),
  }));
export type PodSpec = TypeOf<ReturnType<typeof podSpec>>;

export const topologySpreadConstraint = part(() =>
  object('api.core.v1.TopologySpreadConstraint', {
    maxSkew: int32().required().tag(1).describe('By how many pods the fullest domain may exceed the emptiest.'),
    topologyKey: string().required().tag(2).describe('The label of nodes whose values are the domains.'),
    whenUnsatisfiable: string().required().among('DoNotSchedule', 'ScheduleAnyway').tag(3).describe('DoNotSchedule makes it a demand, ScheduleAnyway a wish.'),
    labelSelector: labelSelector().tag(4).describe('The pods that are counted.'),
    minDomains: int32().pointer().tag(5).describe('How many domains there must be before empty ones stop counting as zero.'),
    nodeAffinityPolicy: string().pointer().among('Honor', 'Ignore').tag(6).describe('Whether nodes that nodeSelector and affinity rule out count: Honor leaves them out, Ignore counts them.'),
    nodeTaintsPolicy: string().pointer().among('Honor', 'Ignore').tag(7).describe('Whether nodes with taints the pod does not tolerate count: Honor leaves them out, Ignore counts them.'),
    matchLabelKeys: list(string()).tag(8).describe('Labels whose values the counted pods share with this one.'),
  }));
export type TopologySpreadConstraint = TypeOf<ReturnType<typeof topologySpreadConstraint>>;
