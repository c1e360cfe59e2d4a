import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int32, intOrString, list, map, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, formatLabels } from '../cells.ts';
import { withFields } from '../change.ts';
import { condition } from '../meta/condition.ts';
import { clusterIpCell, externalIpCell, portsCell } from './service-columns.ts';
import { defaultServiceSpec, defaultServiceStatus } from './service-defaults.ts';
import { serviceErrors, serviceStatusErrors, serviceUpdateErrors } from './service-validation.ts';

export const clientIPConfig = part(() =>
  object('api.core.v1.ClientIPConfig', {
    timeoutSeconds: int32().pointer().tag(1),
  }));
export type ClientIPConfig = TypeOf<ReturnType<typeof clientIPConfig>>;

export const loadBalancerIngress = part(() =>
  object('api.core.v1.LoadBalancerIngress', {
    ip: string().tag(1),
    hostname: string().tag(2),
    ipMode: string().pointer().tag(3),
    ports: list(portStatus()).tag(4),
  }));
export type LoadBalancerIngress = TypeOf<ReturnType<typeof loadBalancerIngress>>;

export const loadBalancerStatus = part(() =>
  object('api.core.v1.LoadBalancerStatus', {
    ingress: list(loadBalancerIngress()).tag(1),
  }));
export type LoadBalancerStatus = TypeOf<ReturnType<typeof loadBalancerStatus>>;

export const portStatus = part(() =>
  object('api.core.v1.PortStatus', {
    port: int32().required().default(0).tag(1),
    protocol: string().required().default('').tag(2),
    error: string().pointer().tag(3),
  }));
export type PortStatus = TypeOf<ReturnType<typeof portStatus>>;

export const servicePort = part(() =>
  object('api.core.v1.ServicePort', {
    name: string().tag(1),
    protocol: string().default('TCP').among('SCTP', 'TCP', 'UDP').tag(2),
    port: int32().required().tag(3),
    targetPort: intOrString().tag(4),
    nodePort: int32().tag(5),
    appProtocol: string().pointer().tag(6),
  }));
export type ServicePort = TypeOf<ReturnType<typeof servicePort>>;

export const serviceSpec = part(() =>
  object('api.core.v1.ServiceSpec', {
    ports: list(servicePort()).mapKeys('port', 'protocol').mergeKey('port').tag(1),
    selector: map(string()).atomic().tag(2),
    clusterIP: string().tag(3),
    type: string().default('ClusterIP').among('ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort').tag(4),
    externalIPs: list(string()).tag(5),
    sessionAffinity: string().default('None').among('ClientIP', 'None').tag(7),
    loadBalancerIP: string().tag(8),
    loadBalancerSourceRanges: list(string()).tag(9),
    externalName: string().tag(10),
    externalTrafficPolicy: string().tag(11),
    healthCheckNodePort: int32().tag(12),
    publishNotReadyAddresses: boolean().tag(13),
    sessionAffinityConfig: sessionAffinityConfig().tag(14),
    ipFamilyPolicy: string().pointer().tag(17),
    clusterIPs: list(string()).tag(18),
    ipFamilies: list(string()).tag(19),
    allocateLoadBalancerNodePorts: boolean().pointer().tag(20),
    loadBalancerClass: string().pointer().tag(21),
    internalTrafficPolicy: string().pointer().among('Cluster', 'Local').tag(22),
    trafficDistribution: string().pointer().among('PreferClose', 'PreferSameZone', 'PreferSameNode').tag(23),
  }));
export type ServiceSpec = TypeOf<ReturnType<typeof serviceSpec>>;

export const serviceStatus = part(() =>
  object('api.core.v1.ServiceStatus', {
    loadBalancer: loadBalancerStatus().default({}).tag(1),
    conditions: list(condition()).keyedBy('type').tag(2),
  }));
export type ServiceStatus = TypeOf<ReturnType<typeof serviceStatus>>;

export const sessionAffinityConfig = part(() =>
  object('api.core.v1.SessionAffinityConfig', {
    clientIP: clientIPConfig().tag(1),
  }));
export type SessionAffinityConfig = TypeOf<ReturnType<typeof sessionAffinityConfig>>;

export const Service = defineKind({
  group: '', version: 'v1', kind: 'Service', plural: 'services',
  short: ['svc'], categories: ['all'], scope: 'Namespaced', package: 'api.core.v1',
  nameRule: 'label1035',
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
});
export type Service = InstanceOf<typeof Service>;
