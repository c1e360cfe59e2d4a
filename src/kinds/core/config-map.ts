import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, bytes, map, string } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, integer } from '../cells.ts';
import { configMapErrors, configMapUpdateErrors } from './secret-validation.ts';

export const ConfigMap = defineKind({
  group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps',
  short: ['cm'], scope: 'Namespaced', package: 'api.core.v1',
  fields: {
    data: map(string()).tag(2),
    binaryData: map(bytes()).tag(3),
    immutable: boolean().pointer().tag(4),
  },
  columns: {
    Data: integer(({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length),
    Age: age,
  },
  validate: configMapErrors,
  validateUpdate: configMapUpdateErrors,
});
export type ConfigMap = InstanceOf<typeof ConfigMap>;
