import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, bytes, map, string } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, plain } from '../cells.ts';
import { configMapErrors, configMapUpdateErrors } from './secret-validation.ts';

export const ConfigMap = defineKind({
  group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps',
  short: ['cm'], scope: 'Namespaced', package: 'api.core.v1',
  description: 'Configuration that pods read as files or variables.',
  fields: {
    data: map(string()).tag(2).describe('Texts by key.'),
    binaryData: map(bytes()).tag(3).describe('Bytes by key, in base64.'),
    immutable: boolean().pointer().tag(4).describe('Whether data may no longer change; cannot be taken back.'),
  },
  columns: {
    Data: plain(({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length),
    Age: age,
  },
  validate: configMapErrors,
  validateUpdate: configMapUpdateErrors,
});
export type ConfigMap = InstanceOf<typeof ConfigMap>;
