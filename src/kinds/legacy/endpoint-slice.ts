import type { InstanceOf } from '../../meta/resource.ts';
import { list, map, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, firstThree, UNSET } from '../cells.ts';
import { objectReference } from '../core/references.ts';
import { endpointConditions, endpointHints, endpointPort } from '../discovery/endpoint-slice.ts';
import { endpointSliceErrors, endpointSliceUpdateErrors } from '../discovery/endpoint-slice-validation.ts';

export const formerEndpoint = part(() =>
  object('api.discovery.v1beta1.Endpoint', {
    addresses: list(string()).set().required().tag(1).describe('Addresses of this endpoint, all alike; consumers use the first.'),
    conditions: endpointConditions().default({}).tag(2).describe('Whether it takes traffic.'),
    hostname: string().pointer().tag(3).describe('The name it has below the service\'s.'),
    targetRef: objectReference().tag(4).describe('What has the address.'),
    topology: map(string()).tag(5).describe('Labels of where it is: kubernetes.io/hostname, topology.kubernetes.io/zone and others.'),
    nodeName: string().pointer().tag(6).describe('The node it is on.'),
    hints: endpointHints().tag(7).describe('Who should prefer it.'),
  }));
export type FormerEndpoint = TypeOf<ReturnType<typeof formerEndpoint>>;

/** discovery.k8s.io/v1beta1: where endpoints say in a map what v1 has fields for. */
export const FormerEndpointSlice = defineKind({
  group: 'discovery.k8s.io', version: 'v1beta1', kind: 'EndpointSlice', plural: 'endpointslices',
  scope: 'Namespaced', package: 'api.discovery.v1beta1',
  description: 'Some of the addresses behind a service.',
  fields: {
    endpoints: list(formerEndpoint()).orNull().tag(2).describe('Up to 1000 endpoints.'),
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
export type FormerEndpointSlice = InstanceOf<typeof FormerEndpointSlice>;
