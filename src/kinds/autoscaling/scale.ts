import type { InstanceOf } from '../../meta/resource.ts';
import { int32, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';

export const scaleSpec = part(() =>
  object('api.autoscaling.v1.ScaleSpec', {
    replicas: int32().tag(1).describe('Replicas wanted.'),
  }));
export type ScaleSpec = TypeOf<ReturnType<typeof scaleSpec>>;

export const scaleStatus = part(() =>
  object('api.autoscaling.v1.ScaleStatus', {
    replicas: int32().required().default(0).tag(1).describe('Replicas there are.'),
    selector: string().tag(2).describe('The label selector of the replicas, as text.'),
  }));
export type ScaleStatus = TypeOf<ReturnType<typeof scaleStatus>>;

export const Scale = defineKind({
  group: 'autoscaling', version: 'v1', kind: 'Scale', plural: 'scales',
  scope: 'Namespaced', package: 'api.autoscaling.v1',
  description: 'How many replicas a workload wants and has.',
  verbs: [],
  spec: scaleSpec(),
  fields: {
    status: scaleStatus().default({}).tag(3).describe('What is, as last observed.'),
  },
});
export type Scale = InstanceOf<typeof Scale>;
