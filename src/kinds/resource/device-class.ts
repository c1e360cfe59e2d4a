import type { InstanceOf } from '../../meta/resource.ts';
import { list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { deviceSelector, opaqueDeviceConfiguration } from './device-claim.ts';

export const deviceClassConfiguration = part(() =>
  object('api.resource.v1.DeviceClassConfiguration', {
    opaque: opaqueDeviceConfiguration().within(1).tag(1),
  }));
export type DeviceClassConfiguration = TypeOf<ReturnType<typeof deviceClassConfiguration>>;

export const deviceClassSpec = part(() =>
  object('api.resource.v1.DeviceClassSpec', {
    selectors: list(deviceSelector()).tag(1),
    config: list(deviceClassConfiguration()).tag(2),
    extendedResourceName: string().pointer().tag(4),
  }));
export type DeviceClassSpec = TypeOf<ReturnType<typeof deviceClassSpec>>;

export const DeviceClass = defineKind({
  group: 'resource.k8s.io', version: 'v1', kind: 'DeviceClass', plural: 'deviceclasses',
  scope: 'Cluster', package: 'api.resource.v1',
  description: 'A sort of devices.',
  spec: deviceClassSpec().required(),
});
export type DeviceClass = InstanceOf<typeof DeviceClass>;
