/** Requests that do not say how many devices ask for one. */
import { mapItems, withFields } from '../change.ts';
import type { DeviceRequest, DeviceSubRequest, ExactDeviceRequest, ResourceClaimSpec } from './device-claim.ts';

export function defaultClaimSpec(spec: ResourceClaimSpec): ResourceClaimSpec {
  const { requests } = spec.devices;
  return requests ? withFields(spec, { devices: withFields(spec.devices, { requests: mapItems(requests, defaultRequest) }) }) : spec;
}

const defaultRequest = (request: DeviceRequest): DeviceRequest => withFields(request, {
  ...(request.exactly && { exactly: defaultCount(request.exactly) }),
  ...(request.firstAvailable && { firstAvailable: mapItems(request.firstAvailable, defaultAlternative) }),
});

function defaultCount(request: ExactDeviceRequest): ExactDeviceRequest {
  const allocationMode = request.allocationMode || 'ExactCount';
  const tolerations = request.tolerations && mapItems(request.tolerations, (one) => (one.operator ? one : { ...one, operator: 'Equal' }));
  return withFields(request, { allocationMode, ...(allocationMode === 'ExactCount' && { count: request.count || 1 }), ...(tolerations && { tolerations }) });
}

const defaultAlternative = (request: DeviceSubRequest): DeviceSubRequest => ({ ...request, ...defaultCount(request) });
