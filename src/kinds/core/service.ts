import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int32, intOrString, list, map, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, formatLabels } from '../cells.ts';
import { withFields } from '../change.ts';
import { condition } from '../meta/condition.ts';
import { clusterIpCell, externalIpCell, portsCell } from './service-columns.ts';
import { defaultServiceSpec, defaultServiceStatus } from './service-defaults.ts';
import { serviceWarnings } from './service-warnings.ts';
import { serviceErrors, serviceStatusErrors, serviceUpdateErrors } from './service-validation.ts';

export const clientIPConfig = part(() =>
  object('api.core.v1.ClientIPConfig', {
    timeoutSeconds: int32().pointer().tag(1).describe('How long a silent client is remembered.'),
  }));
export type ClientIPConfig = TypeOf<ReturnType<typeof clientIPConfig>>;

export const loadBalancerIngress = part(() =>
  object('api.core.v1.LoadBalancerIngress', {
    ip: string().tag(1).describe('Its address.'),
    hostname: string().tag(2).describe('Its name.'),
    ipMode: string().pointer().tag(3).describe('VIP if traffic arrives with its address, Proxy if with the node\'s.'),
    ports: list(portStatus()).tag(4).describe('State of its ports.'),
  }));
export type LoadBalancerIngress = TypeOf<ReturnType<typeof loadBalancerIngress>>;

export const loadBalancerStatus = part(() =>
  object('api.core.v1.LoadBalancerStatus', {
    ingress: list(loadBalancerIngress()).tag(1).describe('Where it is reached.'),
  }));
export type LoadBalancerStatus = TypeOf<ReturnType<typeof loadBalancerStatus>>;

export const portStatus = part(() =>
  object('api.core.v1.PortStatus', {
    port: int32().required().default(0).tag(1).describe('The port\'s number.'),
    protocol: string().required().default('').tag(2).describe('TCP, UDP or SCTP.'),
    error: string().pointer().tag(3).describe('What is wrong with it.'),
  }));
export type PortStatus = TypeOf<ReturnType<typeof portStatus>>;

export const servicePort = part(() =>
  object('api.core.v1.ServicePort', {
    name: string().tag(1).describe('A DNS label, needed where there are several ports.'),
    protocol: string().default('TCP').among('SCTP', 'TCP', 'UDP').tag(2).describe('TCP, UDP or SCTP.'),
    port: int32().required().tag(3).describe('The port of the service.'),
    targetPort: intOrString().tag(4).describe('The port of the pods, or its name there; port unless said.'),
    nodePort: int32().tag(5).describe('The port of every node, for NodePort and LoadBalancer.'),
    appProtocol: string().pointer().tag(6).describe('What is spoken on it, such as http or kubernetes.io/h2c.'),
  }));
export type ServicePort = TypeOf<ReturnType<typeof servicePort>>;

export const serviceSpec = part(() =>
  object('api.core.v1.ServiceSpec', {
    ports: list(servicePort()).mapKeys('port', 'protocol').mergeKey('port').tag(1).describe('The ports of the service.'),
    selector: map(string()).atomic().tag(2).describe('Labels of the pods that answer; without it, someone else writes the endpoints.'),
    clusterIP: string().tag(3).describe('The address within the cluster; None for a headless service, which has only DNS records of its pods.'),
    type: string().default('ClusterIP').among('ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort').tag(4).describe('ClusterIP within the cluster, NodePort on every node, LoadBalancer from outside, ExternalName as a mere alias.'),
    externalIPs: list(string()).tag(5).describe('Further addresses nodes accept traffic for; someone else must route them.'),
    sessionAffinity: string().default('None').among('ClientIP', 'None').tag(7).describe('None, or ClientIP to send one client always to the same pod.'),
    loadBalancerIP: string().tag(8).describe('A wish for the load balancer\'s address; deprecated.'),
    loadBalancerSourceRanges: list(string()).tag(9).describe('Ranges of clients the load balancer lets in.'),
    externalName: string().tag(10).describe('The name an ExternalName service stands for.'),
    externalTrafficPolicy: string().tag(11).describe('Cluster spreads traffic from outside over all pods, Local keeps it on the node it came to and so keeps the client\'s address.'),
    healthCheckNodePort: int32().tag(12).describe('Where load balancers ask a node whether it has pods, with Local.'),
    publishNotReadyAddresses: boolean().tag(13).describe('Whether pods that are not ready count as well.'),
    sessionAffinityConfig: sessionAffinityConfig().tag(14).describe('How affinity works.'),
    ipFamilyPolicy: string().pointer().tag(17).describe('SingleStack, PreferDualStack or RequireDualStack.'),
    clusterIPs: list(string()).tag(18).describe('The addresses within the cluster, one of each family.'),
    ipFamilies: list(string()).tag(19).describe('IPv4 and IPv6, in the order of clusterIPs.'),
    allocateLoadBalancerNodePorts: boolean().pointer().tag(20).describe('Whether a load balancer\'s ports also get node ports.'),
    loadBalancerClass: string().pointer().tag(21).describe('Which implementation makes the load balancer.'),
    internalTrafficPolicy: string().pointer().among('Cluster', 'Local').tag(22).describe('Cluster spreads traffic from within over all pods, Local keeps it on its node.'),
    trafficDistribution: string().pointer().among('PreferClose', 'PreferSameZone', 'PreferSameNode').tag(23).describe('A wish for close endpoints: PreferSameZone (PreferClose before) or PreferSameNode.'),
  }));
export type ServiceSpec = TypeOf<ReturnType<typeof serviceSpec>>;

export const serviceStatus = part(() =>
  object('api.core.v1.ServiceStatus', {
    loadBalancer: loadBalancerStatus().default({}).tag(1).describe('The load balancer, once there is one.'),
    conditions: list(condition()).keyedBy('type').tag(2).describe('What is known of the object\'s state, one entry for each type.'),
  }));
export type ServiceStatus = TypeOf<ReturnType<typeof serviceStatus>>;

export const sessionAffinityConfig = part(() =>
  object('api.core.v1.SessionAffinityConfig', {
    clientIP: clientIPConfig().tag(1).describe('For ClientIP.'),
  }));
export type SessionAffinityConfig = TypeOf<ReturnType<typeof sessionAffinityConfig>>;

export const Service = defineKind({
  group: '', version: 'v1', kind: 'Service', plural: 'services',
  short: ['svc'], categories: ['all'], scope: 'Namespaced', package: 'api.core.v1',
  description: 'One address and name for a set of pods.',
  nameRule: 'label',
  subresources: ['proxy'],
  spec: serviceSpec(),
  status: serviceStatus(),
  columns: { Type: ({ spec }) => spec.type, 'Cluster-IP': clusterIpCell, 'External-IP': externalIpCell, 'Port(s)': portsCell, Age: age },
  wideColumns: { Selector: ({ spec }) => formatLabels(spec.selector) },
  fieldSelectors: {
    'spec.clusterIP': ({ spec }) => spec.clusterIP ?? '',
    'spec.type': ({ spec }) => spec.type,
  },
  defaults: (service) => withFields(service, { spec: defaultServiceSpec(service.spec), status: defaultServiceStatus(service.status) }),
  validate: serviceErrors,
  validateUpdate: serviceUpdateErrors,
  validateStatusUpdate: serviceStatusErrors,
  warnings: (service) => [...serviceWarnings(service)],
});
export type Service = InstanceOf<typeof Service>;
