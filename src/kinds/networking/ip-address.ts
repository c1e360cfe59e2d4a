import type { InstanceOf } from '../../meta/resource.ts';
import { object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { addressErrors, addressUpdateErrors } from './address-validation.ts';

export const ipAddressSpec = part(() =>
  object('api.networking.v1.IPAddressSpec', {
    parentRef: parentReference().pointer().required().tag(1).describe('Who has the address.'),
  }));
export type IPAddressSpec = TypeOf<ReturnType<typeof ipAddressSpec>>;

export const parentReference = part(() =>
  object('api.networking.v1.ParentReference', {
    group: string().tag(1).describe('The object\'s group.'),
    resource: string().required().tag(2).describe('Its resource.'),
    namespace: string().tag(3).describe('Its namespace.'),
    name: string().required().tag(4).describe('Its name.'),
  }));
export type ParentReference = TypeOf<ReturnType<typeof parentReference>>;

export const IPAddress = defineKind({
  group: 'networking.k8s.io', version: 'v1', kind: 'IPAddress', plural: 'ipaddresses',
  short: ['ip'], scope: 'Cluster', package: 'api.networking.v1',
  description: 'An address that is taken.',
  nameRule: 'path-segment',
  spec: ipAddressSpec().required().describe('Who has the address.'),
  validateCreate: addressErrors,
  validateUpdate: addressUpdateErrors,
  columns: {
    ParentRef: ({ spec: { parentRef } }) => [[parentRef.resource, parentRef.group].filter(Boolean).join('.').toLowerCase(), parentRef.namespace, parentRef.name].filter(Boolean).join('/'),
  },
});
export type IPAddress = InstanceOf<typeof IPAddress>;
