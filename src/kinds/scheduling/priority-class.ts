import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int32, string } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';

export const PriorityClass = defineKind({
  group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass', plural: 'priorityclasses',
  short: ['pc'], scope: 'Cluster', package: 'api.scheduling.v1',
  fields: {
    value: int32().tag(2),
    globalDefault: boolean().tag(3),
    description: string().tag(4),
    preemptionPolicy: string().pointer().default('PreemptLowerPriority').tag(5),
  },
  columns: {
    Value: { type: 'integer', cell: ({ value }) => value ?? 0 },
    'Global-Default': { type: 'boolean', cell: ({ globalDefault }) => globalDefault ?? false },
    Age: age,
    PreemptionPolicy: ({ preemptionPolicy }) => preemptionPolicy,
  },
});
export type PriorityClass = InstanceOf<typeof PriorityClass>;
