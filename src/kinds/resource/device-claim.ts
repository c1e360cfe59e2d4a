import { any, boolean, int64, list, map, object, part, quantity, string, type TypeOf } from '../../schema/field.ts';

export const celDeviceSelector = part(() =>
  object('api.resource.v1.CELDeviceSelector', {
    expression: string().required().tag(1),
  }));
export type CELDeviceSelector = TypeOf<ReturnType<typeof celDeviceSelector>>;

export const capacityRequirements = part(() =>
  object('api.resource.v1.CapacityRequirements', {
    requests: map(quantity()).tag(1),
  }));
export type CapacityRequirements = TypeOf<ReturnType<typeof capacityRequirements>>;

export const deviceClaim = part(() =>
  object('api.resource.v1.DeviceClaim', {
    requests: list(deviceRequest()).tag(1),
    constraints: list(deviceConstraint()).tag(2),
    config: list(deviceClaimConfiguration()).tag(3),
  }));
export type DeviceClaim = TypeOf<ReturnType<typeof deviceClaim>>;

export const deviceClaimConfiguration = part(() =>
  object('api.resource.v1.DeviceClaimConfiguration', {
    requests: list(string()).tag(1),
    opaque: opaqueDeviceConfiguration().within(2).tag(1),
  }));
export type DeviceClaimConfiguration = TypeOf<ReturnType<typeof deviceClaimConfiguration>>;

export const deviceConstraint = part(() =>
  object('api.resource.v1.DeviceConstraint', {
    requests: list(string()).tag(1),
    matchAttribute: string().pointer().tag(2),
    distinctAttribute: string().pointer().tag(3),
  }));
export type DeviceConstraint = TypeOf<ReturnType<typeof deviceConstraint>>;

export const deviceRequest = part(() =>
  object('api.resource.v1.DeviceRequest', {
    name: string().required().tag(1),
    exactly: exactDeviceRequest().tag(2),
    firstAvailable: list(deviceSubRequest()).tag(3),
  }));
export type DeviceRequest = TypeOf<ReturnType<typeof deviceRequest>>;

export const deviceSelector = part(() =>
  object('api.resource.v1.DeviceSelector', {
    cel: celDeviceSelector().tag(1),
  }));
export type DeviceSelector = TypeOf<ReturnType<typeof deviceSelector>>;

export const deviceSubRequest = part(() =>
  object('api.resource.v1.DeviceSubRequest', {
    name: string().required().tag(1),
    deviceClassName: string().required().tag(2),
    selectors: list(deviceSelector()).tag(3),
    allocationMode: string().tag(4),
    count: int64().tag(5),
    tolerations: list(deviceToleration()).tag(6),
    capacity: capacityRequirements().tag(7),
  }));
export type DeviceSubRequest = TypeOf<ReturnType<typeof deviceSubRequest>>;

export const deviceToleration = part(() =>
  object('api.resource.v1.DeviceToleration', {
    key: string().tag(1),
    operator: string().tag(2),
    value: string().tag(3),
    effect: string().tag(4),
    tolerationSeconds: int64().pointer().tag(5),
  }));
export type DeviceToleration = TypeOf<ReturnType<typeof deviceToleration>>;

export const exactDeviceRequest = part(() =>
  object('api.resource.v1.ExactDeviceRequest', {
    deviceClassName: string().required().tag(1),
    selectors: list(deviceSelector()).tag(2),
    allocationMode: string().tag(3),
    count: int64().tag(4),
    adminAccess: boolean().pointer().tag(5),
    tolerations: list(deviceToleration()).tag(6),
    capacity: capacityRequirements().tag(7),
  }));
export type ExactDeviceRequest = TypeOf<ReturnType<typeof exactDeviceRequest>>;

export const opaqueDeviceConfiguration = part(() =>
  object('api.resource.v1.OpaqueDeviceConfiguration', {
    driver: string().required().tag(1),
    parameters: any('apimachinery.pkg.runtime.RawExtension').required().tag(2),
  }));
export type OpaqueDeviceConfiguration = TypeOf<ReturnType<typeof opaqueDeviceConfiguration>>;

export const resourceClaimSpec = part(() =>
  object('api.resource.v1.ResourceClaimSpec', {
    devices: deviceClaim().default({}).tag(1),
  }));
export type ResourceClaimSpec = TypeOf<ReturnType<typeof resourceClaimSpec>>;
