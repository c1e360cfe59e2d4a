import type { InstanceOf } from '../../meta/resource.ts';
import { int32, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, firstThree, NONE } from '../cells.ts';
import { typedLocalObjectReference } from '../core/references.ts';
import { ingressCreateErrors, ingressStatusErrors, ingressUpdateErrors, ingressWarnings } from './networking-validation.ts';

export const httpIngressPath = part(() =>
  object('api.networking.v1.HTTPIngressPath', {
    path: string().tag(1).describe('The path.'),
    backend: ingressBackend().required().default({}).tag(2).describe('Where it leads.'),
    pathType: string().required().pointer().tag(3).describe('Exact, Prefix (by whole elements) or ImplementationSpecific.'),
  }));
export type HTTPIngressPath = TypeOf<ReturnType<typeof httpIngressPath>>;

export const httpIngressRuleValue = part(() =>
  object('api.networking.v1.HTTPIngressRuleValue', {
    paths: list(httpIngressPath()).required().tag(1).describe('The paths, of which the longest match wins.'),
  }));
export type HTTPIngressRuleValue = TypeOf<ReturnType<typeof httpIngressRuleValue>>;

export const ingressBackend = part(() =>
  object('api.networking.v1.IngressBackend', {
    resource: typedLocalObjectReference().tag(3).describe('An object of another kind.'),
    service: ingressServiceBackend().tag(4).describe('A service.'),
  }));
export type IngressBackend = TypeOf<ReturnType<typeof ingressBackend>>;

export const ingressLoadBalancerIngress = part(() =>
  object('api.networking.v1.IngressLoadBalancerIngress', {
    ip: string().tag(1).describe('An address.'),
    hostname: string().tag(2).describe('A name.'),
    ports: list(ingressPortStatus()).tag(4).describe('State of its ports.'),
  }));
export type IngressLoadBalancerIngress = TypeOf<ReturnType<typeof ingressLoadBalancerIngress>>;

export const ingressLoadBalancerStatus = part(() =>
  object('api.networking.v1.IngressLoadBalancerStatus', {
    ingress: list(ingressLoadBalancerIngress()).tag(1).describe('The points it is reached at.'),
  }));
export type IngressLoadBalancerStatus = TypeOf<ReturnType<typeof ingressLoadBalancerStatus>>;

export const ingressPortStatus = part(() =>
  object('api.networking.v1.IngressPortStatus', {
    port: int32().required().default(0).tag(1).describe('The port\'s number.'),
    protocol: string().required().default('').tag(2).describe('TCP, UDP or SCTP.'),
    error: string().pointer().tag(3).describe('What is wrong with it.'),
  }));
export type IngressPortStatus = TypeOf<ReturnType<typeof ingressPortStatus>>;

export const ingressRule = part(() =>
  object('api.networking.v1.IngressRule', {
    host: string().tag(1).describe('The host, *.example.com for all below it; every host unless said.'),
    http: httpIngressRuleValue().within(2).tag(1).describe('The paths.'),
  }));
export type IngressRule = TypeOf<ReturnType<typeof ingressRule>>;

export const ingressServiceBackend = part(() =>
  object('api.networking.v1.IngressServiceBackend', {
    name: string().required().tag(1).describe('The service\'s name.'),
    port: serviceBackendPort().default({}).tag(2).describe('Its port.'),
  }));
export type IngressServiceBackend = TypeOf<ReturnType<typeof ingressServiceBackend>>;

export const ingressSpec = part(() =>
  object('api.networking.v1.IngressSpec', {
    defaultBackend: ingressBackend().tag(1).describe('Where requests go that no rule matches.'),
    tls: list(ingressTLS()).tag(2).describe('Certificates for hosts.'),
    rules: list(ingressRule()).tag(3).describe('Hosts and paths, and where they lead.'),
    ingressClassName: string().pointer().tag(4).describe('The class that says who implements it.'),
  }));
export type IngressSpec = TypeOf<ReturnType<typeof ingressSpec>>;

export const ingressStatus = part(() =>
  object('api.networking.v1.IngressStatus', {
    loadBalancer: ingressLoadBalancerStatus().default({}).tag(1).describe('Where it is reached.'),
  }));
export type IngressStatus = TypeOf<ReturnType<typeof ingressStatus>>;

export const ingressTLS = part(() =>
  object('api.networking.v1.IngressTLS', {
    hosts: list(string()).tag(1).describe('The hosts the certificate is for.'),
    secretName: string().tag(2).describe('The Secret with the certificate and its key.'),
  }));
export type IngressTLS = TypeOf<ReturnType<typeof ingressTLS>>;

export const serviceBackendPort = part(() =>
  object('api.networking.v1.ServiceBackendPort', {
    name: string().tag(1).describe('The port\'s name.'),
    number: int32().tag(2).describe('The port\'s number.'),
  }).atomic());
export type ServiceBackendPort = TypeOf<ReturnType<typeof serviceBackendPort>>;

export const Ingress = defineKind({
  group: 'networking.k8s.io', version: 'v1', kind: 'Ingress', plural: 'ingresses',
  short: ['ing'], scope: 'Namespaced', package: 'api.networking.v1',
  description: 'Routes HTTP from outside to services.',
  spec: ingressSpec(),
  status: ingressStatus(),
  columns: {
    Class: ({ spec }) => spec.ingressClassName ?? NONE,
    Hosts: ({ spec }) => firstThree((spec.rules ?? []).map(({ host }) => host || '*'), '*'),
    Address: ({ status }) => [...new Set((status.loadBalancer.ingress ?? []).map(({ ip, hostname }) => ip || hostname || ''))].filter(Boolean).toSorted().join(','),
    Ports: ({ spec }) => (spec.tls?.length ? '80, 443' : '80'),
    Age: age,
  },
  validateCreate: ingressCreateErrors,
  validateUpdate: ingressUpdateErrors,
  validateStatusUpdate: ({ status }, _old, at) => ingressStatusErrors(status.loadBalancer, at.child('status').child('loadBalancer')),
  warnings: ingressWarnings,
});
export type Ingress = InstanceOf<typeof Ingress>;
