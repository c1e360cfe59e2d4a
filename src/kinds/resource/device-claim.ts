import { any, boolean, int64, list, map, object, part, quantity, string, type TypeOf } from '../../schema/field.ts';

export const celDeviceSelector = part(() =>
  object('api.resource.v1.CELDeviceSelector', {
    expression: string().required().tag(1).describe('A CEL expression over `device`; true selects it.'),
  }));
export type CELDeviceSelector = TypeOf<ReturnType<typeof celDeviceSelector>>;

export const capacityRequirements = part(() =>
  object('api.resource.v1.CapacityRequirements', {
    requests: map(quantity()).tag(1).describe('How much of each capacity is needed at least.'),
  }));
export type CapacityRequirements = TypeOf<ReturnType<typeof capacityRequirements>>;

export const deviceClaim = part(() =>
  object('api.resource.v1.DeviceClaim', {
    requests: list(deviceRequest()).orNull().tag(1).describe('What is asked for; all of it must be had.'),
    constraints: list(deviceConstraint()).tag(2).describe('What the devices must have in common.'),
    config: list(deviceClaimConfiguration()).tag(3).describe('Configuration passed to drivers.'),
  }));
export type DeviceClaim = TypeOf<ReturnType<typeof deviceClaim>>;

export const deviceClaimConfiguration = part(() =>
  object('api.resource.v1.DeviceClaimConfiguration', {
    requests: list(string()).tag(1).describe('Which requests it is for; all unless named.'),
    opaque: opaqueDeviceConfiguration().within(2).tag(1).describe('Parameters only the driver understands.'),
  }));
export type DeviceClaimConfiguration = TypeOf<ReturnType<typeof deviceClaimConfiguration>>;

export const deviceConstraint = part(() =>
  object('api.resource.v1.DeviceConstraint', {
    requests: list(string()).tag(1).describe('Which requests must agree; all unless named.'),
    matchAttribute: string().pointer().tag(2).describe('An attribute that must be the same of all the devices.'),
    distinctAttribute: string().pointer().tag(3).describe('An attribute that must differ between any two of the devices.'),
  }));
export type DeviceConstraint = TypeOf<ReturnType<typeof deviceConstraint>>;

export const deviceRequest = part(() =>
  object('api.resource.v1.DeviceRequest', {
    name: string().required().tag(1).describe('A DNS label; containers and constraints refer to it.'),
    exactly: exactDeviceRequest().tag(2).describe('One sort of device.'),
    firstAvailable: list(deviceSubRequest()).tag(3).describe('Alternatives, the first that can be had being taken.'),
  }));
export type DeviceRequest = TypeOf<ReturnType<typeof deviceRequest>>;

export const deviceSelector = part(() =>
  object('api.resource.v1.DeviceSelector', {
    cel: celDeviceSelector().tag(1).describe('Selects by an expression.'),
  }));
export type DeviceSelector = TypeOf<ReturnType<typeof deviceSelector>>;

export const deviceSubRequest = part(() =>
  object('api.resource.v1.DeviceSubRequest', {
    name: string().required().tag(1).describe('A DNS label; the whole is then `request/name`.'),
    deviceClassName: string().required().tag(2).describe('The class the devices must fit.'),
    selectors: list(deviceSelector()).tag(3).describe('What else must hold of each device.'),
    allocationMode: string().tag(4).describe('ExactCount, or All that fit.'),
    count: int64().tag(5).describe('How many, for ExactCount.'),
    tolerations: list(deviceToleration()).tag(6).describe('Taints of devices that are put up with.'),
    capacity: capacityRequirements().tag(7).describe('How much of a shared device is needed.'),
  }));
export type DeviceSubRequest = TypeOf<ReturnType<typeof deviceSubRequest>>;

export const deviceToleration = part(() =>
  object('api.resource.v1.DeviceToleration', {
    key: string().tag(1).describe('The taint\'s key; empty for all.'),
    operator: string().tag(2).describe('Equal, or Exists whatever the value.'),
    value: string().tag(3).describe('The taint\'s value, for Equal.'),
    effect: string().tag(4).describe('NoSchedule or NoExecute; empty for both.'),
    tolerationSeconds: int64().pointer().tag(5).describe('How long NoExecute is put up with; for ever unless said.'),
  }));
export type DeviceToleration = TypeOf<ReturnType<typeof deviceToleration>>;

export const exactDeviceRequest = part(() =>
  object('api.resource.v1.ExactDeviceRequest', {
    deviceClassName: string().required().tag(1).describe('The class the devices must fit.'),
    selectors: list(deviceSelector()).tag(2).describe('What else must hold of each device.'),
    allocationMode: string().tag(3).describe('ExactCount, or All that fit.'),
    count: int64().tag(4).describe('How many, for ExactCount.'),
    adminAccess: boolean().pointer().tag(5).describe('To watch over devices that others use; only in namespaces marked for it.'),
    tolerations: list(deviceToleration()).tag(6).describe('Taints of devices that are put up with.'),
    capacity: capacityRequirements().tag(7).describe('How much of a shared device is needed.'),
  }));
export type ExactDeviceRequest = TypeOf<ReturnType<typeof exactDeviceRequest>>;

export const opaqueDeviceConfiguration = part(() =>
  object('api.resource.v1.OpaqueDeviceConfiguration', {
    driver: string().required().tag(1).describe('For which driver.'),
    parameters: any('apimachinery.pkg.runtime.RawExtension').required().tag(2).describe('A JSON object of at most 10 KiB.'),
  }));
export type OpaqueDeviceConfiguration = TypeOf<ReturnType<typeof opaqueDeviceConfiguration>>;

export const resourceClaimSpec = part(() =>
  object('api.resource.v1.ResourceClaimSpec', {
    devices: deviceClaim().default({}).tag(1).describe('The devices asked for.'),
  }));
export type ResourceClaimSpec = TypeOf<ReturnType<typeof resourceClaimSpec>>;
