import type { InstanceOf } from '../../meta/resource.ts';
import { map, string } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';

export const VolumeAttributesClass = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttributesClass', plural: 'volumeattributesclasses',
  short: ['vac'], scope: 'Cluster', package: 'api.storage.v1',
  description: 'Attributes of volumes that may change.',
  fields: {
    driverName: string().required().tag(2),
    parameters: map(string()).tag(3),
  },
  columns: { DriverName: ({ driverName }) => driverName, Age: age },
});
export type VolumeAttributesClass = InstanceOf<typeof VolumeAttributesClass>;
