import type { InstanceOf } from '../../meta/resource.ts';
import { int32, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, firstThree } from '../cells.ts';
import { endpointsErrors } from './endpoints-validation.ts';
import { objectReference } from './references.ts';

export const endpointAddress = part(() =>
  object('api.core.v1.EndpointAddress', {
    ip: string().required().tag(1).describe('The address.'),
    targetRef: objectReference().tag(2).describe('What has the address.'),
    hostname: string().tag(3).describe('The name it has below the service\'s.'),
    nodeName: string().pointer().tag(4).describe('The node it is on.'),
  }).atomic());
export type EndpointAddress = TypeOf<ReturnType<typeof endpointAddress>>;

export const endpointPort = part(() =>
  object('api.core.v1.EndpointPort', {
    name: string().tag(1).describe('The port\'s name, as in the service.'),
    port: int32().required().tag(2).describe('The port\'s number.'),
    protocol: string().default('TCP').among('SCTP', 'TCP', 'UDP').tag(3).describe('TCP, UDP or SCTP.'),
    appProtocol: string().pointer().tag(4).describe('What is spoken on it.'),
  }).atomic());
export type EndpointPort = TypeOf<ReturnType<typeof endpointPort>>;

export const endpointSubset = part(() =>
  object('api.core.v1.EndpointSubset', {
    addresses: list(endpointAddress()).tag(1).describe('Addresses that are ready for traffic.'),
    notReadyAddresses: list(endpointAddress()).tag(2).describe('Addresses that are not.'),
    ports: list(endpointPort()).tag(3).describe('The ports of all of them.'),
  }));
export type EndpointSubset = TypeOf<ReturnType<typeof endpointSubset>>;

/** `ip:port` of each that is ready, as the Endpoints column lists them. */
const endpointsOf = (subsets: readonly EndpointSubset[] | undefined): readonly string[] =>
  (subsets ?? []).flatMap(({ addresses = [], ports = [] }) => {
    if (ports.length === 0) return addresses.map(({ ip }) => ip);
    return ports.flatMap(({ port }) => addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)));
  });

export const Endpoints = defineKind({
  group: '', version: 'v1', kind: 'Endpoints', plural: 'endpoints',
  short: ['ep'], scope: 'Namespaced', package: 'api.core.v1',
  description: 'Addresses behind a service; EndpointSlice replaces it.',
  fields: {
    subsets: list(endpointSubset()).tag(2).describe('Groups of addresses with the same ports.'),
  },
  columns: {
    Endpoints: ({ subsets }) => firstThree(endpointsOf(subsets)),
    Age: age,
  },
  validate: endpointsErrors,
});
export type Endpoints = InstanceOf<typeof Endpoints>;
