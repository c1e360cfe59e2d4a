import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int32, string } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';

export const PriorityClass = defineKind({
  group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass', plural: 'priorityclasses',
  short: ['pc'], scope: 'Cluster', package: 'api.scheduling.v1',
  fields: {
    value: int32().tag(2),
    globalDefault: boolean().tag(3),
    description: string().tag(4),
    preemptionPolicy: string().pointer().tag(5),
  },
});
export type PriorityClass = InstanceOf<typeof PriorityClass>;
