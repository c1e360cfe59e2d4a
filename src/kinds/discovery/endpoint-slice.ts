import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int32, list, map, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, firstThree, UNSET } from '../cells.ts';
import { objectReference } from '../core/references.ts';
import { endpointSliceErrors, endpointSliceUpdateErrors } from './endpoint-slice-validation.ts';

export const endpoint = part(() =>
  object('api.discovery.v1.Endpoint', {
    addresses: list(string()).set().required().tag(1),
    conditions: endpointConditions().default({}).tag(2),
    hostname: string().pointer().tag(3),
    targetRef: objectReference().tag(4),
    deprecatedTopology: map(string()).tag(5),
    nodeName: string().pointer().tag(6),
    zone: string().pointer().tag(7),
    hints: endpointHints().tag(8),
  }));
export type Endpoint = TypeOf<ReturnType<typeof endpoint>>;

export const endpointConditions = part(() =>
  object('api.discovery.v1.EndpointConditions', {
    ready: boolean().pointer().tag(1),
    serving: boolean().pointer().tag(2),
    terminating: boolean().pointer().tag(3),
  }));
export type EndpointConditions = TypeOf<ReturnType<typeof endpointConditions>>;

export const endpointHints = part(() =>
  object('api.discovery.v1.EndpointHints', {
    forZones: list(forZone()).tag(1),
    forNodes: list(forNode()).tag(2),
  }));
export type EndpointHints = TypeOf<ReturnType<typeof endpointHints>>;

export const endpointPort = part(() =>
  object('api.discovery.v1.EndpointPort', {
    name: string().pointer().default('').tag(1),
    protocol: string().pointer().default('TCP').tag(2),
    port: int32().pointer().tag(3),
    appProtocol: string().pointer().tag(4),
  }).atomic());
export type EndpointPort = TypeOf<ReturnType<typeof endpointPort>>;

export const forNode = part(() =>
  object('api.discovery.v1.ForNode', {
    name: string().required().tag(1),
  }));
export type ForNode = TypeOf<ReturnType<typeof forNode>>;

export const forZone = part(() =>
  object('api.discovery.v1.ForZone', {
    name: string().required().tag(1),
  }));
export type ForZone = TypeOf<ReturnType<typeof forZone>>;

export const EndpointSlice = defineKind({
  group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice', plural: 'endpointslices',
  scope: 'Namespaced', package: 'api.discovery.v1',
  fields: {
    endpoints: list(endpoint()).default([]).tag(2),
    ports: list(endpointPort()).tag(3),
    addressType: string().required().tag(4),
  },
  columns: {
    AddressType: ({ addressType }) => addressType,
    Ports: ({ ports }) => firstThree((ports ?? []).map(({ name, port }) => String(port ?? (name || '*'))), UNSET),
    Endpoints: ({ endpoints }) => firstThree(endpoints.flatMap(({ addresses }) => addresses), UNSET),
    Age: age,
  },
  validate: endpointSliceErrors,
  validateUpdate: endpointSliceUpdateErrors,
});
export type EndpointSlice = InstanceOf<typeof EndpointSlice>;
