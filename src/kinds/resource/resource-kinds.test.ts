import { expect, test } from 'vitest';
import { FieldPath } from '../../meta/field-error.ts';
import { DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice } from '../index.ts';
import { accepted, errorsOf } from '../testing/errors-of.ts';

const request = (more: object = {}) => ({ name: 'r', exactly: { deviceClassName: 'gpu', ...more } });
const claim = (devices: object) => ({ spec: { devices } });
const HERE = 'spec.devices.requests[0]';

test.each([
  [{ requests: [request()] }, []],
  [{ requests: [{ name: 'r' }] }, [`${HERE}: Required value: exactly one of \`exactly\` or \`firstAvailable\` is required`]],
  [{ requests: [{ ...request(), firstAvailable: [{ name: 's', deviceClassName: 'g' }] }] }, [
    `${HERE}: Invalid value: null: exactly one of \`exactly\` or \`firstAvailable\` is required, but multiple fields are set`,
  ]],
  [{ requests: [request(), request()] }, ['spec.devices.requests[1]: Duplicate value: "r"']],
  [{ requests: [request({ deviceClassName: '' })] }, [`${HERE}.exactly.deviceClassName: Required value`]],
  [{ requests: [request({ allocationMode: 'Some' })] }, [`${HERE}.exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"`]],
  [{ requests: [request({ allocationMode: 'All', count: 2 })] }, [`${HERE}.exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'`]],
  [{ requests: [request({ count: -1 })] }, [`${HERE}.exactly.count: Invalid value: -1: must be greater than zero`]],
  [{ requests: [request({ selectors: [{}] })] }, [`${HERE}.exactly.selectors[0].cel: Required value`]],
  [{ requests: [request({ tolerations: [{ operator: 'Exists', value: 'x' }, { operator: 'In' }, { key: 'a', value: 'b', effect: 'Never' }] })] }, [
    `${HERE}.exactly.tolerations[0].value: Invalid value: "x": must be empty for operator \`Exists\``,
    `${HERE}.exactly.tolerations[1].operator: Unsupported value: "In": supported values: "Equal", "Exists"`,
    `${HERE}.exactly.tolerations[2].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "None"`,
  ]],
  [{ requests: Array.from({ length: 33 }, (_, index) => ({ ...request(), name: `r${index}` })) }, ['spec.devices.requests: Too many: 33: must have at most 32 items']],
  [{ requests: [request()], constraints: [{ requests: ['x'], matchAttribute: 'ex.com/a' }, { matchAttribute: 'a' }] }, [
    "spec.devices.constraints[0].requests[0]: Invalid value: \"x\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
    'spec.devices.constraints[1].matchAttribute: Invalid value: "a": a fully qualified name must be a domain and a name separated by a slash',
  ]],
  [{ requests: [request()], config: [{ requests: ['r'], opaque: { driver: 'd.example', parameters: [] } }, {}] }, [
    'spec.devices.config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object', 'spec.devices.config[1].opaque: Required value',
  ]],
])('a claim for %j is wrong in %j', (devices, expected) => {
  expect(errorsOf(ResourceClaim, claim(devices))).toEqual(expected);
});

test('a request that says no more asks for one device', () => {
  expect(accepted(ResourceClaim, claim({ requests: [request(), { name: 's', firstAvailable: [{ name: 'a', deviceClassName: 'g', allocationMode: 'All' }] }] })).spec.devices.requests).toEqual([
    { name: 'r', exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1 } },
    { name: 's', firstAvailable: [{ name: 'a', deviceClassName: 'g', allocationMode: 'All' }] },
  ]);
});

test('claims and their templates never change', () => {
  const [old, next] = [claim({ requests: [request()] }), claim({ requests: [] })];
  expect(errorsOf(ResourceClaim, next, old)).toEqual(['spec: Invalid value: {"devices":{"requests":null}}: field is immutable']);
  expect(errorsOf(ResourceClaimTemplate, { spec: next }, { spec: old })).toEqual([expect.stringMatching(/^spec: Invalid value: .*: field is immutable$/)]);
  expect(errorsOf(ResourceClaimTemplate, { spec: claim({ requests: [{ name: 'r' }] }) })).toEqual([
    'spec.spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
  ]);
});

const result = { request: 'r', driver: 'd.example', pool: 'p', device: 'gpu0' };
const withStatus = (status: object) => accepted(ResourceClaim, { ...claim({ requests: [request()] }), status });
const statusErrors = (next: object, old: object = {}) =>
  [...(ResourceClaim.validateStatusUpdate?.(withStatus(next), withStatus(old), FieldPath.of()) ?? [])].map(({ field, message }) => `${field}: ${message}`);

test.each([
  [{ allocation: { devices: { results: [result] } } }, []],
  [{ reservedFor: [{ resource: 'pods', name: 'a', uid: 'u' }] }, ['status.reservedFor: Forbidden: may not be specified when `allocated` is not set']],
  [{ allocation: { devices: { results: [{ ...result, request: 'x' }] } } }, [
    "status.allocation.devices.results[0].request: Invalid value: \"x\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
  ]],
  [{ devices: [{ driver: 'd.example', pool: 'p', device: 'gpu0' }] }, ['status.devices[0]: Invalid value: "d.example/p/gpu0": must be an allocated device in the claim']],
  [{ allocation: { devices: { results: [{ ...result, shareID: 'x' }], config: [{ opaque: { driver: 'd', parameters: {} } }] } } }, [
    'status.allocation.devices.results[0].shareID: Invalid value: "x": error validating uid: invalid UUID length: 1', 'status.allocation.devices.config[0].source: Required value',
  ]],
])('a claim\'s status %j is wrong in %j', (status, expected) => {
  expect(statusErrors(status)).toEqual(expected);
});

test('what a claim was given stays until it is taken back whole', () => {
  const [old, next] = [{ allocation: { devices: { results: [result] } } }, { allocation: { devices: { results: [] } } }];
  expect(statusErrors(next, old)).toEqual([expect.stringMatching(/^status.allocation: Invalid value: .*: field is immutable$/)]);
  expect(statusErrors({}, old)).toEqual([]);
  const devices = [{ driver: 'd.example', pool: 'p', device: 'gpu0' }];
  expect(ResourceClaim.prepareForStatusUpdate?.(withStatus({ devices }), withStatus({ ...old, devices }), '').status).toEqual({});
});

const slice = (spec: object) => ({ spec: { driver: 'd.example', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, nodeName: 'n', ...spec } });
const device = (more: object) => slice({ devices: [{ name: 'a', ...more }] });
const AT = 'spec.devices[0]';

test.each([
  [device({ attributes: { model: { string: 'x' }, 'ex.com/v': { version: '1.2.3-a+b' } }, capacity: { memory: { value: '1Gi' } } }), []],
  [slice({ nodeName: undefined }), ['spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required']],
  [slice({ allNodes: true }), ['spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set']],
  [slice({ pool: { name: '', generation: -1, resourceSliceCount: 0 } }), [
    'spec.pool.name: Required value', 'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero', 'spec.pool.generation: Invalid value: -1: must be greater than or equal to zero',
  ]],
  [device({ attributes: { a: {}, b: { int: 1, bool: true }, c: { version: '1.2' } } }), [
    `${AT}.attributes[a]: Invalid value: "": exactly one value must be specified`, `${AT}.attributes[b]: Invalid value: {"int":1,"bool":true}: exactly one value must be specified`,
    `${AT}.attributes[c].version: Invalid value: "1.2": must be a string compatible with semver.org spec 2.0.0`,
  ]],
  [device({ attributes: { list: { ints: [1] } } }), [`${AT}.attributes[list]: Invalid value: "": exactly one value must be specified`]],
  [device({ attributes: { '1a': { int: 1 } } }), [expect.stringMatching(/^spec\.devices\[0\]\.attributes: Invalid value: "1a": a valid C identifier must start /)]],
  [device({ taints: [{ key: 'k', effect: 'Never' }, { key: 'k', effect: '' }] }), [
    `${AT}.taints[0].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "None"`, `${AT}.taints[1].effect: Required value`,
  ]],
  [device({ nodeName: 'n' }), [`${AT}: Invalid value: null: \`nodeName\`, \`nodeSelector\` and \`allNodes\` can only be set if \`perDeviceNodeSelection\` is set to true in the ResourceSlice spec`]],
  [device({ bindingConditions: ['a'] }), [`${AT}.bindingFailureConditions: Invalid value: []: bindingFailureConditions are required to use bindingConditions`]],
  [device({ capacity: { m: { value: '1', requestPolicy: { default: '1' } } } }), [`${AT}.capacity[m].requestPolicy: Forbidden: allowMultipleAllocations must be true`]],
  [device({ allowMultipleAllocations: true, capacity: { m: { value: '10', requestPolicy: { default: '3', validValues: ['2', '1', '20'] } } } }), [
    `${AT}.capacity[m].requestPolicy.validValues[1]: Invalid value: "1": values must be sorted in ascending order`,
    `${AT}.capacity[m].requestPolicy.validValues[2]: Invalid value: "20": option is larger than capacity value: 10`,
    `${AT}.capacity[m].requestPolicy.validValues: Invalid value: "3": default value is not valid according to the requestPolicy`,
  ]],
  [device({ allowMultipleAllocations: true, capacity: { m: { value: '10', requestPolicy: { default: '3', validRange: { min: '2', max: '6', step: '2' } } } } }), [
    `${AT}.capacity[m].requestPolicy.validRange.step: Invalid value: "3": value is not a multiple of a given step (2) from (2)`,
  ]],
  [slice({ sharedCounters: [{ name: 's', counters: {} }], devices: undefined }), ['spec.sharedCounters[0].counters: Required value']],
])('a slice %j is wrong in %j', (object, expected) => {
  expect(errorsOf(ResourceSlice, object)).toEqual(expected);
});

test('a slice stays with its driver, pool and node, and warns of capitals', () => {
  expect(errorsOf(ResourceSlice, slice({ nodeName: 'm', driver: 'e.example' }), slice({}))).toEqual([
    'spec.driver: Invalid value: "e.example": field is immutable', 'spec.nodeName: Invalid value: "m": field is immutable',
  ]);
  expect(ResourceSlice.warnings?.(accepted(ResourceSlice, slice({ driver: 'D.example' })), undefined)).toEqual([
    'spec.driver: driver names should be lowercase; "D.example" contains uppercase characters',
  ]);
});

test('a class selects by expressions and may stand for an extended resource', () => {
  expect(errorsOf(DeviceClass, { spec: { selectors: [{ cel: { expression: 'true' } }], extendedResourceName: 'cpu' } })).toEqual([
    'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
  ]);
});

test('selectors are compiled against what devices have', () => {
  const selecting = (expression: string) => errorsOf(DeviceClass, { spec: { selectors: [{ cel: { expression } }] } });
  const place = 'spec.selectors[0].cel.expression';
  expect(selecting('device.driver == "gpu.example.com" && device.attributes["gpu.example.com"].model == "a" && device.capacity["gpu.example.com"].memory.isGreaterThan(quantity("1Gi"))')).toEqual([]);
  expect(selecting('device.attributes["x"].large')).toEqual([]);
  expect(selecting('device.name')).toEqual([`${place}: Invalid value: "device.name": compilation failed: ERROR: <input>:1:7: undefined field 'name'\n | device.name\n | ......^`]);
  expect(selecting('device.driver')).toEqual([`${place}: Invalid value: "device.driver": must evaluate to bool or the unknown type, not string`]);
  expect(selecting('device.attributes.all(a, device.attributes.all(b, device.attributes.all(c, device.attributes.all(d, a + b != c + d))))')).toEqual([`${place}: Forbidden: too complex, exceeds cost limit`]);
});
