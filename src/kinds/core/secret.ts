import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, bytes, map, string } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, integer } from '../cells.ts';

export const Secret = defineKind({
  group: '', version: 'v1', kind: 'Secret', plural: 'secrets',
  scope: 'Namespaced', package: 'api.core.v1',
  fields: {
    data: map(bytes()).tag(2),
    type: string().default('Opaque').tag(3),
    stringData: map(string()).tag(4),
    immutable: boolean().pointer().tag(5),
  },
  columns: {
    Type: ({ type }) => type,
    Data: integer(({ data }) => Object.keys(data ?? {}).length),
    Age: age,
  },
  fieldSelectors: { type: ({ type }) => type },
});
export type Secret = InstanceOf<typeof Secret>;
