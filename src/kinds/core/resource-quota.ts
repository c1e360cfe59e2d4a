import type { InstanceOf } from '../../meta/resource.ts';
import { list, map, object, part, quantity, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { scopeSelector } from './scope-selector.ts';

export const resourceQuotaSpec = part(() =>
  object('api.core.v1.ResourceQuotaSpec', {
    hard: map(quantity()).tag(1),
    scopes: list(string()).tag(2),
    scopeSelector: scopeSelector().tag(3),
  }));
export type ResourceQuotaSpec = TypeOf<ReturnType<typeof resourceQuotaSpec>>;

export const resourceQuotaStatus = part(() =>
  object('api.core.v1.ResourceQuotaStatus', {
    hard: map(quantity()).tag(1),
    used: map(quantity()).tag(2),
  }));
export type ResourceQuotaStatus = TypeOf<ReturnType<typeof resourceQuotaStatus>>;

export const ResourceQuota = defineKind({
  group: '', version: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas',
  short: ['quota'], scope: 'Namespaced', package: 'api.core.v1',
  spec: resourceQuotaSpec(),
  status: resourceQuotaStatus(),
});
export type ResourceQuota = InstanceOf<typeof ResourceQuota>;
