import type { InstanceOf } from '../../meta/resource.ts';
import { list, map, object, part, quantity, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { quotaStatusErrors, resourceQuotaErrors, resourceQuotaUpdateErrors } from './resource-quota-validation.ts';
import { scopeSelector } from './scope-selector.ts';

export const resourceQuotaSpec = part(() =>
  object('api.core.v1.ResourceQuotaSpec', {
    hard: map(quantity()).tag(1).describe('The most of each resource.'),
    scopes: list(string()).tag(2).describe('Which objects count, by what they are.'),
    scopeSelector: scopeSelector().tag(3).describe('Which objects count, by what they are and say.'),
  }));
export type ResourceQuotaSpec = TypeOf<ReturnType<typeof resourceQuotaSpec>>;

export const resourceQuotaStatus = part(() =>
  object('api.core.v1.ResourceQuotaStatus', {
    hard: map(quantity()).tag(1).describe('The most of each resource.'),
    used: map(quantity()).tag(2).describe('How much is used.'),
  }));
export type ResourceQuotaStatus = TypeOf<ReturnType<typeof resourceQuotaStatus>>;

/** `cpu: 1/4`, requests and limits apart, each in the order of names. */
function usage({ hard = {}, used = {} }: ResourceQuotaStatus): { readonly request: string; readonly limit: string } {
  const all = Object.keys(hard).toSorted().map((name) => [name, `${name}: ${Object.hasOwn(used, name) ? used[name] : '0'}/${hard[name]}`] as const);
  const [limits, requests] = [all.filter(([name]) => name.startsWith('limits.')), all.filter(([name]) => !name.startsWith('limits.'))];
  return { request: requests.map(([, text]) => text).join(', '), limit: limits.map(([, text]) => text).join(', ') };
}

export const ResourceQuota = defineKind({
  group: '', version: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas',
  short: ['quota'], scope: 'Namespaced', package: 'api.core.v1',
  description: 'What a namespace may use in all.',
  spec: resourceQuotaSpec(),
  status: resourceQuotaStatus(),
  columns: { Request: ({ status }) => usage(status).request, Limit: ({ status }) => usage(status).limit, Age: age },
  validate: resourceQuotaErrors,
  validateUpdate: resourceQuotaUpdateErrors,
  validateStatusUpdate: ({ status }, _old, at) => quotaStatusErrors(status, at.child('status')),
});
export type ResourceQuota = InstanceOf<typeof ResourceQuota>;
