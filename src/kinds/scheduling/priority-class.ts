import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int32, string } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';

export const PriorityClass = defineKind({
  group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass', plural: 'priorityclasses',
  short: ['pc'], scope: 'Cluster', package: 'api.scheduling.v1',
  description: 'A name for a priority.',
  fields: {
    value: int32().tag(2).describe('The priority of its pods; higher goes first.'),
    globalDefault: boolean().tag(3).describe('Whether pods that name no class get this one.'),
    description: string().tag(4).describe('What the class is for.'),
    preemptionPolicy: string().pointer().default('PreemptLowerPriority').tag(5).describe('Whether its pods displace lower ones: PreemptLowerPriority or Never.'),
  },
  columns: {
    Value: { type: 'integer', cell: ({ value }) => value ?? 0 },
    'Global-Default': { type: 'boolean', cell: ({ globalDefault }) => globalDefault ?? false },
    Age: age,
    PreemptionPolicy: ({ preemptionPolicy }) => preemptionPolicy,
  },
});
export type PriorityClass = InstanceOf<typeof PriorityClass>;
