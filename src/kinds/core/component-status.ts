import type { InstanceOf } from '../../meta/resource.ts';
import { list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';

export const componentCondition = part(() =>
  object('api.core.v1.ComponentCondition', {
    type: string().required().tag(1).describe('Healthy.'),
    status: string().required().tag(2).describe('True, False or Unknown.'),
    message: string().tag(3).describe('Details for people.'),
    error: string().tag(4).describe('What is wrong.'),
  }));
export type ComponentCondition = TypeOf<ReturnType<typeof componentCondition>>;

export const ComponentStatus = defineKind({
  group: '', version: 'v1', kind: 'ComponentStatus', plural: 'componentstatuses',
  short: ['cs'], scope: 'Cluster', package: 'api.core.v1',
  description: 'Health of a component; deprecated.',
  verbs: ['get', 'list'],
  fields: {
    conditions: list(componentCondition()).keyedBy('type').tag(2).describe('What is known of its health.'),
  },
  columns: {
    Status: ({ conditions }) => (conditions?.some(({ type, status }) => type === 'Healthy' && status === 'True') ? 'Healthy' : 'Unhealthy'),
    Message: ({ conditions }) => conditions?.find(({ type }) => type === 'Healthy')?.message ?? '',
    Error: ({ conditions }) => conditions?.find(({ type }) => type === 'Healthy')?.error ?? '',
  },
});
export type ComponentStatus = InstanceOf<typeof ComponentStatus>;
