import type { InstanceOf } from '../../meta/resource.ts';
import { map, string } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { fixedErrors, parameterErrors, provisionerErrors } from './class-validation.ts';

export const VolumeAttributesClass = defineKind({
  group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttributesClass', plural: 'volumeattributesclasses',
  short: ['vac'], scope: 'Cluster', package: 'api.storage.v1',
  description: 'Attributes of volumes that may change.',
  fields: {
    driverName: string().required().tag(2).describe('The CSI driver that knows the parameters.'),
    parameters: map(string()).tag(3).describe('What the driver sets on the volumes.'),
  },
  columns: { DriverName: ({ driverName }) => driverName, Age: age },
  *validate({ driverName, parameters }, at) {
    yield* provisionerErrors(at.child('driverName'), driverName);
    yield* parameterErrors(at.child('parameters'), parameters, false);
  },
  validateUpdate: (next, old, at) => fixedErrors(at, { next, old }, ['driverName', 'parameters']),
});
export type VolumeAttributesClass = InstanceOf<typeof VolumeAttributesClass>;
