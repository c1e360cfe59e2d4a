import type { InstanceOf } from '../../meta/resource.ts';
import { list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { rangesErrors, rangesUpdateErrors } from './address-validation.ts';
import { condition } from '../meta/condition.ts';

export const serviceCIDRSpec = part(() =>
  object('api.networking.v1.ServiceCIDRSpec', {
    cidrs: list(string()).tag(1).describe('The ranges, one of each family.'),
  }));
export type ServiceCIDRSpec = TypeOf<ReturnType<typeof serviceCIDRSpec>>;

export const serviceCIDRStatus = part(() =>
  object('api.networking.v1.ServiceCIDRStatus', {
    conditions: list(condition()).keyedBy('type').tag(1).describe('What is known of the object\'s state, one entry for each type.'),
  }));
export type ServiceCIDRStatus = TypeOf<ReturnType<typeof serviceCIDRStatus>>;

export const ServiceCIDR = defineKind({
  group: 'networking.k8s.io', version: 'v1', kind: 'ServiceCIDR', plural: 'servicecidrs',
  scope: 'Cluster', package: 'api.networking.v1',
  description: 'A range of addresses for services.',
  spec: serviceCIDRSpec(),
  status: serviceCIDRStatus(),
  validateCreate: ({ spec }, at) => rangesErrors(spec, at.child('spec').child('cidrs')),
  validateUpdate: ({ spec }, old, at) => rangesUpdateErrors(spec, old.spec, at.child('spec').child('cidrs')),
  columns: { CIDRs: ({ spec }) => (spec.cidrs ?? []).join(','), Age: age },
});
export type ServiceCIDR = InstanceOf<typeof ServiceCIDR>;
