import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int32, list, map, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, firstThree, UNSET } from '../cells.ts';
import { objectReference } from '../core/references.ts';
import { endpointSliceErrors, endpointSliceUpdateErrors } from './endpoint-slice-validation.ts';

export const endpoint = part(() =>
  object('api.discovery.v1.Endpoint', {
    addresses: list(string()).set().required().tag(1).describe('Addresses of this endpoint, all alike; consumers use the first.'),
    conditions: endpointConditions().default({}).tag(2).describe('Whether it takes traffic.'),
    hostname: string().pointer().tag(3).describe('The name it has below the service\'s.'),
    targetRef: objectReference().tag(4).describe('What has the address.'),
    deprecatedTopology: map(string()).tag(5).describe('Labels of where it is, in the former version.'),
    nodeName: string().pointer().tag(6).describe('The node it is on.'),
    zone: string().pointer().tag(7).describe('The zone it is in.'),
    hints: endpointHints().tag(8).describe('Who should prefer it.'),
  }));
export type Endpoint = TypeOf<ReturnType<typeof endpoint>>;

export const endpointConditions = part(() =>
  object('api.discovery.v1.EndpointConditions', {
    ready: boolean().pointer().tag(1).describe('Whether it takes new connections; true where nothing is said.'),
    serving: boolean().pointer().tag(2).describe('Whether it answers, even while it goes away.'),
    terminating: boolean().pointer().tag(3).describe('Whether it goes away.'),
  }));
export type EndpointConditions = TypeOf<ReturnType<typeof endpointConditions>>;

export const endpointHints = part(() =>
  object('api.discovery.v1.EndpointHints', {
    forZones: list(forZone()).tag(1).describe('Zones whose clients should use it.'),
    forNodes: list(forNode()).tag(2).describe('Nodes whose clients should use it.'),
  }));
export type EndpointHints = TypeOf<ReturnType<typeof endpointHints>>;

export const endpointPort = part(() =>
  object('api.discovery.v1.EndpointPort', {
    name: string().pointer().default('').tag(1).describe('The port\'s name, as in the service.'),
    protocol: string().pointer().default('TCP').tag(2).describe('TCP, UDP or SCTP.'),
    port: int32().pointer().tag(3).describe('The port\'s number.'),
    appProtocol: string().pointer().tag(4).describe('What is spoken on it.'),
  }).atomic());
export type EndpointPort = TypeOf<ReturnType<typeof endpointPort>>;

export const forNode = part(() =>
  object('api.discovery.v1.ForNode', {
    name: string().required().tag(1).describe('The node.'),
  }));
export type ForNode = TypeOf<ReturnType<typeof forNode>>;

export const forZone = part(() =>
  object('api.discovery.v1.ForZone', {
    name: string().required().tag(1).describe('The zone.'),
  }));
export type ForZone = TypeOf<ReturnType<typeof forZone>>;

export const EndpointSlice = defineKind({
  group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice', plural: 'endpointslices',
  scope: 'Namespaced', package: 'api.discovery.v1',
  description: 'Some of the addresses behind a service.',
  fields: {
    endpoints: list(endpoint()).orNull().tag(2).describe('Up to 1000 endpoints.'),
    ports: list(endpointPort()).orNull().tag(3).describe('The ports of all of them.'),
    addressType: string().required().tag(4).describe('IPv4, IPv6 or FQDN; all endpoints are of this type.'),
  },
  columns: {
    AddressType: ({ addressType }) => addressType,
    Ports: ({ ports }) => firstThree((ports ?? []).map(({ name, port }) => String(port ?? (name || '*'))), UNSET),
    Endpoints: ({ endpoints }) => firstThree((endpoints ?? []).flatMap(({ addresses }) => addresses), UNSET),
    Age: age,
  },
  validate: endpointSliceErrors,
  validateUpdate: endpointSliceUpdateErrors,
});
export type EndpointSlice = InstanceOf<typeof EndpointSlice>;
