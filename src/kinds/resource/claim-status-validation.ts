/** What was given to a claim, and who uses it. */
import { deepEqual } from '../../base/deep-equal.ts';
import { parseCidr } from '../../meta/ip.ts';
import { type FieldPath, forbidden, invalid, notSupported, required, tooLong, tooMany } from '../../meta/field-error.ts';
import { type Errors, immutable } from '../checks.ts';
import { nodeSelectorErrors } from '../core/affinity-validation.ts';
import { conditionErrors } from '../meta/condition-validation.ts';
import { configurationErrors, type KnowsRequest, MAX_CONFIGS, MAX_REQUESTS, rawErrors, referenceErrors, referenceTo, requestsOf, tolerationErrors } from './claim-validation.ts';
import type { ResourceClaimSpec } from './device-claim.ts';
import type {
  AllocatedDeviceStatus, AllocationResult, DeviceAllocationConfiguration, DeviceRequestAllocationResult, NetworkDeviceData, ResourceClaimConsumerReference, ResourceClaimStatus,
} from './device-claim-status.ts';
import { bindingErrors } from './slice-validation.ts';
import { labelNameErrors, listErrors, poolNameErrors, resourceDriverErrors, uidErrors } from './device-names.ts';

interface ClaimLike {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly spec: ResourceClaimSpec;
  readonly status: ResourceClaimStatus;
}

const MAX_CONSUMERS = 256;

/** Which device, of those shared which share. */
export const deviceOf = ({ driver, pool, device, shareID }: Pick<AllocatedDeviceStatus, 'driver' | 'pool' | 'device' | 'shareID'>): string =>
  [driver, pool, device, ...(shareID === undefined ? [] : [shareID])].join('/');

export function* claimStatusErrors({ metadata, spec, status }: ClaimLike, { status: old }: ClaimLike, at: FieldPath): Errors {
  const here = at.child('status');
  const { allocation, reservedFor = [], devices } = status;
  yield* listErrors(reservedFor, here.child('reservedFor'), { max: MAX_CONSUMERS, each: consumerErrors, key: ({ uid }) => uid });
  const allocated = new Set((allocation?.devices.results ?? []).map(deviceOf));
  yield* listErrors(devices, here.child('devices'), { each: (device, place) => deviceStatusErrors(device, allocated, place), key: deviceOf });
  if (reservedFor.length > 0 && !allocation) yield forbidden(here.child('reservedFor'), 'may not be specified when `allocated` is not set');
  else if (metadata.deletionTimestamp && reservedFor.some((one) => !(old.reservedFor ?? []).some((other) => deepEqual(one, other)))) {
    yield forbidden(here.child('reservedFor'), 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set');
  }
  if (old.allocation && allocation) yield* immutable(here.child('allocation'), deepEqual(allocation, old.allocation), allocation);
  else if (allocation) yield* allocationErrors(allocation, requestsOf(spec.devices), here.child('allocation'));
}

function* consumerErrors({ resource, name, uid }: ResourceClaimConsumerReference, at: FieldPath): Errors {
  if (!resource) yield required(at.child('resource'));
  if (!name) yield required(at.child('name'));
  if (!uid) yield required(at.child('uid'));
}

function* allocationErrors({ devices, nodeSelector }: AllocationResult, knows: KnowsRequest, at: FieldPath): Errors {
  const here = at.child('devices');
  yield* listErrors(devices.results, here.child('results'), { max: MAX_REQUESTS, each: (one, place) => resultErrors(one, knows, place) });
  // Of the class and of the claim.
  yield* listErrors(devices.config, here.child('config'), { max: 2 * MAX_CONFIGS, each: (one, place) => configErrors(one, knows, place) });
  if (nodeSelector) yield* nodeSelectorErrors(nodeSelector, at.child('nodeSelector'));
}

function* resultErrors(result: DeviceRequestAllocationResult, knows: KnowsRequest, at: FieldPath): Errors {
  yield* referenceTo(result.request, knows, at.child('request'));
  yield* deviceNameErrors(result, at);
  yield* bindingErrors(result, at);
  yield* tolerationErrors(result.tolerations, at.child('tolerations'));
  if (result.shareID !== undefined) yield* uidErrors(result.shareID, at.child('shareID'));
}

function* deviceNameErrors({ driver, pool, device }: Pick<AllocatedDeviceStatus, 'driver' | 'pool' | 'device'>, at: FieldPath): Errors {
  yield* resourceDriverErrors(driver, at.child('driver'));
  yield* poolNameErrors(pool, at.child('pool'));
  yield* labelNameErrors(device, at.child('device'));
}

const SOURCES = ['FromClaim', 'FromClass'];

function* configErrors({ source, requests, opaque }: DeviceAllocationConfiguration, knows: KnowsRequest, at: FieldPath): Errors {
  if (!source) yield required(at.child('source'));
  else if (!SOURCES.includes(source)) yield notSupported(at.child('source'), source, SOURCES);
  yield* referenceErrors(requests, knows, at.child('requests'));
  yield* configurationErrors(opaque, at);
}

const MAX_CONDITIONS = 8;
const MAX_DATA_BYTES = 10 * 1024;

function* deviceStatusErrors(device: AllocatedDeviceStatus, allocated: ReadonlySet<string>, at: FieldPath): Errors {
  yield* deviceNameErrors(device, at);
  if (device.shareID !== undefined) yield* uidErrors(device.shareID, at.child('shareID'));
  if (!allocated.has(deviceOf(device))) yield invalid(at, deviceOf(device), 'must be an allocated device in the claim');
  const { data, networkData } = device;
  const conditions = device.conditions ?? [];
  if (conditions.length > MAX_CONDITIONS) yield tooMany(at.child('conditions'), conditions.length, MAX_CONDITIONS);
  yield* conditionErrors(conditions, at.child('conditions'));
  if (data !== undefined) yield* rawErrors(data, MAX_DATA_BYTES, at.child('data'));
  if (networkData) yield* networkErrors(networkData, at.child('networkData'));
}

const MAX_INTERFACE = 256;
const MAX_HARDWARE_ADDRESS = 128;
const MAX_IPS = 16;

function* networkErrors({ interfaceName = '', hardwareAddress = '', ips }: NetworkDeviceData, at: FieldPath): Errors {
  if (interfaceName.length > MAX_INTERFACE) yield tooLong(at.child('interfaceName'), MAX_INTERFACE);
  if (hardwareAddress.length > MAX_HARDWARE_ADDRESS) yield tooLong(at.child('hardwareAddress'), MAX_HARDWARE_ADDRESS);
  yield* listErrors(ips, at.child('ips'), {
    max: MAX_IPS,
    *each(ip, here) {
      if (!parseCidr(ip)) yield invalid(here, ip, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)');
    },
    key: (ip) => ip,
  });
}
