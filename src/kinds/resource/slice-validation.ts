/** What a driver offers: pools, their devices, counters that devices share. */
import { type FieldPath, invalid, notSupported, required, tooLong } from '../../meta/field-error.ts';
import { dnsSubdomainProblems } from '../../meta/names.ts';
import { type Errors, immutable, problemsAt } from '../checks.ts';
import { nodeSelectorErrors } from '../core/affinity-validation.ts';
import { capacityErrors } from './capacity-validation.ts';
import { DEVICE_EFFECTS } from './claim-validation.ts';
import type { CounterSet, Device, DeviceAttribute, DeviceCounterConsumption, DeviceTaint } from './device.ts';
import { attributeNameErrors, keyErrors, labelNameErrors, labelValueErrors, listErrors, mapErrors, poolNameErrors, resourceDriverErrors } from './device-names.ts';
import type { ResourceSliceSpec } from './resource-slice.ts';

const MAX_DEVICES = 128;
/** Where a device has taints or consumes counters. */
const MAX_COSTLY_DEVICES = 64;
const MAX_COUNTER_SETS = 8;
const MAX_COUNTERS = 32;
const MAX_CONSUMPTIONS = 2;
const MAX_ATTRIBUTES = 32;
const MAX_TAINTS = 16;
const MAX_KEY = 63 + 1 + 32;
const MAX_COUNTER_NAME = 63;

export function* sliceErrors({ spec }: { readonly spec: ResourceSliceSpec }, at: FieldPath): Errors {
  const here = at.child('spec');
  yield* resourceDriverErrors(spec.driver, here.child('driver'));
  yield* poolNameErrors(spec.pool.name, here.child('pool').child('name'));
  const { resourceSliceCount: count, generation } = spec.pool;
  if (count <= 0) yield invalid(here.child('pool').child('resourceSliceCount'), count, 'must be greater than zero');
  if (generation < 0) yield invalid(here.child('pool').child('generation'), generation, 'must be greater than or equal to zero');
  yield* placeErrors(spec, here);
  const { devices = [], sharedCounters } = spec;
  if (sharedCounters && spec.devices) yield invalid(here, '', 'only one of `sharedCounters` or `devices` is allowed');
  const isCostly = devices.some(({ taints = [], consumesCounters = [] }) => taints.length > 0 || consumesCounters.length > 0);
  yield* listErrors(devices, here.child('devices'), {
    max: isCostly ? MAX_COSTLY_DEVICES : MAX_DEVICES, each: (device, place) => deviceErrors(device, spec.perDeviceNodeSelection === true, place), key: ({ name }) => name,
  });
  yield* listErrors(sharedCounters, here.child('sharedCounters'), { max: MAX_COUNTER_SETS, each: counterSetErrors, key: ({ name }) => name });
}

export function* sliceUpdateErrors({ spec }: { readonly spec: ResourceSliceSpec }, { spec: old }: { readonly spec: ResourceSliceSpec }, at: FieldPath): Errors {
  const here = at.child('spec');
  yield* immutable(here.child('pool').child('name'), spec.pool.name === old.pool.name, spec.pool.name);
  yield* immutable(here.child('driver'), spec.driver === old.driver, spec.driver);
  yield* immutable(here.child('nodeName'), spec.nodeName === old.nodeName, spec.nodeName);
}

const WAYS = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';

function* placeErrors(spec: ResourceSliceSpec, at: FieldPath): Errors {
  const { nodeName, nodeSelector, allNodes, perDeviceNodeSelection } = spec;
  if (nodeName === '') yield invalid(at.child('nodeName'), '', 'must be either unset or set to a non-empty string');
  else if (nodeName !== undefined) yield* problemsAt(at.child('nodeName'), nodeName, dnsSubdomainProblems(nodeName));
  if (nodeSelector) {
    const here = at.child('nodeSelector');
    yield* nodeSelectorErrors(nodeSelector, here);
    if (nodeSelector.nodeSelectorTerms.length !== 1) yield invalid(here.child('nodeSelectorTerms'), nodeSelector.nodeSelectorTerms, 'must have exactly one node selector term');
  }
  for (const [field, value] of [['allNodes', allNodes], ['perDeviceNodeSelection', perDeviceNodeSelection]] as const) {
    if (value === false) yield invalid(at.child(field), value, 'must be either unset or set to true');
  }
  const given = waysOf({ nodeName, nodeSelector, allNodes, perDeviceNodeSelection });
  if (given.length === 0) yield required(at, WAYS);
  else if (given.length > 1) yield invalid(at, `{${given.join(', ')}}`, `${WAYS}, but multiple fields are set`);
}

const waysOf = (fields: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries(fields).filter(([, value]) => Boolean(value)).map(([field]) => `\`${field}\``);

function* deviceErrors(device: Device, ownPlace: boolean, at: FieldPath): Errors {
  yield* labelNameErrors(device.name, at.child('name'));
  const { attributes = {}, capacity = {}, taints, consumesCounters } = device;
  const total = Object.keys(attributes).length + Object.keys(capacity).length;
  if (total > MAX_ATTRIBUTES) yield invalid(at, total, `the total number of attributes and capacities must not exceed ${MAX_ATTRIBUTES}`);
  yield* mapErrors(attributes, at.child('attributes'), { shown: MAX_KEY, key: attributeNameErrors, each: attributeErrors });
  yield* mapErrors(capacity, at.child('capacity'), {
    shown: MAX_KEY, key: attributeNameErrors, each: (one, here) => capacityErrors(one, device.allowMultipleAllocations === true, here),
  });
  yield* listErrors(taints, at.child('taints'), { max: MAX_TAINTS, each: taintErrors });
  yield* listErrors(consumesCounters, at.child('consumesCounters'), { max: MAX_CONSUMPTIONS, each: consumptionErrors, key: ({ counterSet }) => counterSet });
  yield* devicePlaceErrors(device, ownPlace, at);
  yield* bindingErrors(device, at);
}

const DEVICE_WAYS = 'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';

function* devicePlaceErrors({ nodeName, nodeSelector, allNodes }: Device, ownPlace: boolean, at: FieldPath): Errors {
  if (!ownPlace) {
    if (nodeName !== undefined || nodeSelector || allNodes !== undefined) {
      yield invalid(at, undefined, '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec');
    }
    return;
  }
  if (nodeName === '') yield invalid(at.child('nodeName'), '', 'must not be empty');
  else if (nodeName !== undefined) yield* problemsAt(at.child('nodeName'), nodeName, dnsSubdomainProblems(nodeName));
  if (nodeSelector) yield* nodeSelectorErrors(nodeSelector, at.child('nodeSelector'));
  if (allNodes === false) yield invalid(at.child('allNodes'), allNodes, 'must be either unset or set to true');
  const given = waysOf({ nodeName, nodeSelector, allNodes });
  if (given.length === 0) yield required(at, DEVICE_WAYS);
  else if (given.length > 1) yield invalid(at, `{${given.join(', ')}}`, DEVICE_WAYS);
}

const MAX_VALUE = 64;
const NUMBER = String.raw`(0|[1-9]\d*)`;
const PRERELEASE = String.raw`(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)`;
const SEMVER = new RegExp(String.raw`^${NUMBER}\.${NUMBER}\.${NUMBER}(-${PRERELEASE}(\.${PRERELEASE})*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$`);

/** Lists of values stand behind the gate DRAListTypeAttributes and never get here. */
function* attributeErrors(attribute: DeviceAttribute, at: FieldPath): Errors {
  const { bool, int, string, version } = attribute;
  if ((string ?? '').length > MAX_VALUE) yield tooLong(at.child('string'), MAX_VALUE);
  if (version !== undefined) {
    if (!SEMVER.test(version)) yield invalid(at.child('version'), version, 'must be a string compatible with semver.org spec 2.0.0');
    if (version.length > MAX_VALUE) yield tooLong(at.child('version'), MAX_VALUE);
  }
  const given = [bool, int, string, version].filter((value) => value !== undefined);
  if (given.length !== 1) yield invalid(at, given.length === 0 ? '' : attribute, 'exactly one value must be specified');
}

function* taintErrors({ key, value, effect }: DeviceTaint, at: FieldPath): Errors {
  yield* keyErrors(key, at.child('key'));
  if (value) yield* labelValueErrors(value, at.child('value'));
  if (!effect) yield required(at.child('effect'));
  else if (!DEVICE_EFFECTS.includes(effect)) yield notSupported(at.child('effect'), effect, DEVICE_EFFECTS);
}

function* consumptionErrors({ counterSet, counters }: DeviceCounterConsumption, at: FieldPath): Errors {
  if (!counterSet) yield required(at.child('counterSet'));
  else yield* labelNameErrors(counterSet, at.child('counterSet'));
  yield* countersErrors(counters, at.child('counters'));
}

function* counterSetErrors({ name, counters }: CounterSet, at: FieldPath): Errors {
  if (!name) yield required(at.child('name'));
  else yield* labelNameErrors(name, at.child('name'));
  yield* countersErrors(counters, at.child('counters'));
}

function* countersErrors(counters: CounterSet['counters'], at: FieldPath): Errors {
  if (Object.keys(counters ?? {}).length === 0) yield required(at);
  else yield* mapErrors(counters, at, { max: MAX_COUNTERS, shown: MAX_COUNTER_NAME, key: labelNameErrors, each: () => [] });
}

const MAX_CONDITIONS = 4;

interface Binding {
  readonly bindingConditions?: readonly string[];
  readonly bindingFailureConditions?: readonly string[];
}

/** Conditions a device waits for before its pod is bound, and those that give up on it: both or neither. */
export function* bindingErrors({ bindingConditions: good = [], bindingFailureConditions: bad = [] }: Binding, at: FieldPath): Errors {
  const [goodAt, badAt] = [at.child('bindingConditions'), at.child('bindingFailureConditions')];
  yield* listErrors(good, goodAt, { max: MAX_CONDITIONS, each: keyErrors, key: (one) => one });
  yield* listErrors(bad, badAt, { max: MAX_CONDITIONS, each: keyErrors, key: (one) => one });
  for (const [index, one] of bad.entries()) if (good.includes(one)) yield invalid(badAt.index(index), one, 'bindingFailureConditions must not overlap with bindingConditions');
  if (good.length === 0 && bad.length > 0) yield invalid(goodAt, good, 'bindingConditions are required to use bindingFailureConditions');
  if (bad.length === 0 && good.length > 0) yield invalid(badAt, bad, 'bindingFailureConditions are required to use bindingConditions');
}

