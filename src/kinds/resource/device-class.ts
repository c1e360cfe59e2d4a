import type { InstanceOf } from '../../meta/resource.ts';
import { list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { invalid } from '../../meta/field-error.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { isExtended } from '../core/resource-validation.ts';
import { configurationErrors, MAX_CONFIGS, selectorErrors } from './claim-validation.ts';
import { deviceSelector, opaqueDeviceConfiguration } from './device-claim.ts';
import { listErrors } from './device-names.ts';

export const deviceClassConfiguration = part(() =>
  object('api.resource.v1.DeviceClassConfiguration', {
    opaque: opaqueDeviceConfiguration().within(1).tag(1).describe('Parameters only the driver understands.'),
  }));
export type DeviceClassConfiguration = TypeOf<ReturnType<typeof deviceClassConfiguration>>;

export const deviceClassSpec = part(() =>
  object('api.resource.v1.DeviceClassSpec', {
    selectors: list(deviceSelector()).tag(1).describe('What must hold of a device of this class.'),
    config: list(deviceClassConfiguration()).tag(2).describe('Configuration that devices of this class get.'),
    extendedResourceName: string().pointer().tag(4).describe('An extended resource that pods may ask for to get such a device.'),
  }));
export type DeviceClassSpec = TypeOf<ReturnType<typeof deviceClassSpec>>;

export const DeviceClass = defineKind({
  group: 'resource.k8s.io', version: 'v1', kind: 'DeviceClass', plural: 'deviceclasses',
  scope: 'Cluster', package: 'api.resource.v1',
  description: 'A sort of devices.',
  spec: deviceClassSpec().required(),
  columns: { Age: age },
  *validate({ spec: { selectors, config, extendedResourceName: name } }, at) {
    const here = at.child('spec');
    yield* selectorErrors(selectors, here.child('selectors'));
    yield* listErrors(config, here.child('config'), { max: MAX_CONFIGS, each: ({ opaque }, place) => configurationErrors(opaque, place) });
    if (name !== undefined && !isExtended(name)) yield invalid(here.child('extendedResourceName'), name, 'must be a valid extended resource name');
  },
});
export type DeviceClass = InstanceOf<typeof DeviceClass>;
