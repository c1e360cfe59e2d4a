import { expect, test } from 'vitest';
import type { Device } from '../../kinds/resource/device.ts';
import type { DeviceClass } from '../../kinds/resource/device-class.ts';
import type { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import type { ResourceSlice } from '../../kinds/resource/resource-slice.ts';
import { makeNode } from '../testing/cluster.ts';
import { devicesOf } from '../testing/devices.ts';
import { cel, claimFor, classOf, DRIVER, exactly, oneOf, sliceOf, taken } from '../testing/dra-objects.ts';
import { asksOf } from './asks.ts';
import { countersLeft } from './pools.ts';
import { allocationOf } from './result.ts';
import { findDevices, SearchTimeout } from './search.ts';

const node = makeNode('node', { labels: { zone: 'a' } });

/** What each claim is given, or undefined. */
function allocate(objects: readonly (ResourceSlice | ResourceClaim | DeviceClass)[], claims: readonly ResourceClaim[], isOver = () => false) {
  const view = devicesOf([...objects.some(({ kind }) => kind === 'DeviceClass') ? [] : [classOf('gpu')], ...objects]);
  const input = { pools: view.pools(node), allocated: view.allocated, selectors: view.selectors, deviceClass: view.deviceClass };
  const found = findDevices(claims, { ...input, isOver, asks: (all) => all.map((claim) => asksOf(claim, input)), counters: (pool) => countersLeft(pool, view.allocated) });
  return found && claims.map((claim, index) => allocationOf(claim, { chosen: found.chosen[index]!, selected: found.selected[index]! }, { node: 'node', share: () => 'share' }));
}

/** `request=device` of every result. */
const given = (...parameters: Parameters<typeof allocate>) => allocate(...parameters)?.map(({ devices }) => devices.results!.map(({ request, device }) => `${request}=${device}`).join());
const plain = (...names: readonly string[]): readonly Device[] => names.map((name) => ({ name }));
const withModel = (name: string, model: string, more: Partial<Device> = {}): Device => ({ name, attributes: { model: { string: model } }, ...more });
const one = claimFor('one', { requests: [exactly('r')] });

test('devices are taken in the order of their slices, and never twice', () => {
  const two = claimFor('two', { requests: [exactly('a'), exactly('b', { count: 2 })] });
  expect(given([sliceOf('node', plain('x', 'y', 'z', 'w'))], [two, one])).toEqual(['a=x,b=y,b=z', 'r=w']);
  expect(given([sliceOf('node', plain('x', 'y', 'z'))], [two, one])).toBeUndefined();
  expect(given([sliceOf('node', plain('x', 'y')), taken('x')], [one])).toEqual(['r=y']);
});

test('selectors of class and request decide, with attributes and capacity by domain', () => {
  const devices = [
    withModel('old', 'a', { capacity: { memory: { value: '8Gi' } } }),
    withModel('small', 'b', { capacity: { memory: { value: '8Gi' } }, attributes: { model: { string: 'b' }, 'dra.example.com/gen': { version: '2.1.0' } } }),
    withModel('big', 'b', { capacity: { memory: { value: '80Gi' } }, attributes: { model: { string: 'b' }, 'dra.example.com/gen': { version: '2.1.0' } } }),
  ];
  const gpu = classOf('gpu', { selectors: [cel(`device.driver == "${DRIVER}"`)] });
  const asking = (...expressions: readonly string[]) => given([gpu, sliceOf('node', devices)], [claimFor('c', { requests: [exactly('r', { selectors: expressions.map(cel) })] })]);
  expect(asking(`device.attributes["${DRIVER}"].model == "b"`)).toEqual(['r=small']);
  expect(asking(`device.capacity["${DRIVER}"].memory.compareTo(quantity("10Gi")) >= 0`)).toEqual(['r=big']);
  expect(asking('has(device.attributes["unknown.example.com"].model)')).toBeUndefined();
  expect(asking('"dra.example.com" in device.attributes && device.attributes["dra.example.com"].gen.isGreaterThan(semver("2.0.0"))')).toEqual(['r=small']);
  expect(asking('device.allowMultipleAllocations')).toBeUndefined();
});

test('an expression that fails ends the search with its reason', () => {
  const wrong = claimFor('c', { requests: [exactly('r', { selectors: [cel('device.attributes["gpu.example.com"].model == "b"')] })] });
  expect(() => given([sliceOf('node', plain('x'))], [wrong])).toThrow('claim default/c: selector #0: CEL runtime error: no such key: model');
  expect(() => given([classOf('other'), sliceOf('node', plain('x'))], [one]))
    .toThrow('claim default/one, request r: could not retrieve device class gpu: deviceclass.resource.k8s.io "gpu" not found');
});

test('what does not lead to a whole is put back', () => {
  const picky = claimFor('c', { requests: [exactly('any'), exactly('x-only', { selectors: [cel('device.attributes["gpu.example.com"].model == "x"')] })] });
  expect(given([sliceOf('node', [withModel('x', 'x'), withModel('y', 'y')])], [picky])).toEqual(['any=y,x-only=x']);
});

test('devices agree on an attribute, or differ in it', () => {
  const numa = (name: string, int: number): Device => ({ name, attributes: { numa: { int } } });
  const devices = [sliceOf('node', [numa('a', 0), numa('b', 1), numa('c', 1), { name: 'none' }])];
  const pair = (constraint: object) => claimFor('c', { requests: [exactly('r', { count: 2 })], constraints: [constraint] });
  expect(given(devices, [pair({ matchAttribute: `${DRIVER}/numa` })])).toEqual(['r=b,r=c']);
  expect(given(devices, [pair({ distinctAttribute: `${DRIVER}/numa` })])).toEqual(['r=a,r=b']);
  expect(given(devices, [pair({ requests: ['other'], matchAttribute: `${DRIVER}/numa` })])).toEqual(['r=a,r=b']);
  const all = claimFor('c', { requests: [exactly('r', { allocationMode: 'All', count: 0 })], constraints: [{ matchAttribute: `${DRIVER}/numa` }] });
  expect(() => given(devices, [all])).toThrow('claim default/c, request r: cannot add device gpu.example.com/node/b because a claim constraint would not be satisfied');
});

test('all devices are taken, or none', () => {
  const all = claimFor('c', { requests: [exactly('r', { allocationMode: 'All', count: 0 })] });
  expect(given([sliceOf('node', plain('a', 'b'))], [all])).toEqual(['r=a,r=b']);
  expect(given([sliceOf('node', plain('a', 'b')), taken('b')], [all])).toBeUndefined();
  expect(given([sliceOf('node', [])], [all])).toBeUndefined();
  expect(() => given([sliceOf('node', plain('a'), { pool: { resourceSliceCount: 2 } })], [all]))
    .toThrow('claim default/c, request r: asks for all devices, but resource pool gpu.example.com/node is currently being updated');
  const many = Array.from({ length: 33 }, (_, index) => `d${index}`);
  expect(() => given([sliceOf('node', plain(...many))], [all])).toThrow('claim default/c: number of requested devices 33 exceeds the claim limit of 32');
});

test('the first alternative that can be had is taken, and named in the result', () => {
  const claim = claimFor('c', {
    requests: [oneOf('r', { selectors: [cel('device.attributes["gpu.example.com"].model == "h100"')] }, { count: 2 })],
    config: [{ requests: ['r/choice-1'], opaque: { driver: DRIVER, parameters: { slow: true } } }, { requests: ['r/choice-0'], opaque: { driver: DRIVER, parameters: {} } }],
  });
  expect(given([sliceOf('node', [withModel('a', 'a100'), withModel('h', 'h100')])], [claim])).toEqual(['r/choice-0=h']);
  const [second] = allocate([sliceOf('node', [withModel('a', 'a100'), withModel('b', 'a100')])], [claim])!;
  expect(second).toEqual({
    devices: {
      results: ['a', 'b'].map((device) => ({ request: 'r/choice-1', driver: DRIVER, pool: 'node', device })),
      config: [{ source: 'FromClaim', requests: ['r/choice-1'], opaque: { driver: DRIVER, parameters: { slow: true } } }],
    },
    nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node'] }] }] },
  });
});

test('configuration comes from the class, once, and from the claim', () => {
  const gpu = classOf('gpu', { config: [{ opaque: { driver: DRIVER, parameters: { of: 'class' } } }] });
  const claim = claimFor('c', { requests: [exactly('a'), exactly('b')], config: [{ opaque: { driver: DRIVER, parameters: { of: 'claim' } } }] });
  expect(allocate([gpu, sliceOf('node', plain('x', 'y'))], [claim])![0]!.devices.config).toEqual([
    { source: 'FromClass', requests: ['a', 'b'], opaque: { driver: DRIVER, parameters: { of: 'class' } } },
    { source: 'FromClaim', opaque: { driver: DRIVER, parameters: { of: 'claim' } } },
  ]);
});

test('who looks on takes nothing, but no device twice', () => {
  const admin = claimFor('c', { requests: [exactly('r', { adminAccess: true })] });
  const slice = sliceOf('node', plain('x'));
  expect(allocate([slice, taken('x')], [admin])![0]!.devices.results).toEqual([{ request: 'r', driver: DRIVER, pool: 'node', device: 'x', adminAccess: true }]);
  expect(given([slice, taken('x', { adminAccess: true })], [one])).toEqual(['r=x']);
  expect(given([slice], [claimFor('c', { requests: [exactly('a', { adminAccess: true }), exactly('b', { adminAccess: true })] })])).toBeUndefined();
});

test('a taint keeps off whoever does not tolerate it', () => {
  const sick: Device = { name: 'sick', taints: [{ key: 'health', value: 'bad', effect: 'NoSchedule' }] };
  const noted: Device = { name: 'noted', taints: [{ key: 'health', effect: 'None' }] };
  const tolerant = claimFor('c', { requests: [exactly('r', { tolerations: [{ key: 'health', operator: 'Exists' }] })] });
  expect(given([sliceOf('node', [sick])], [one])).toBeUndefined();
  expect(given([sliceOf('node', [sick, noted])], [one])).toEqual(['r=noted']);
  expect(allocate([sliceOf('node', [sick])], [tolerant])![0]!.devices.results![0]).toMatchObject({ device: 'sick', tolerations: [{ key: 'health', operator: 'Exists' }] });
});

test('devices that share counters are given as long as the counters last', () => {
  const memory = (value: string) => [{ counterSet: 'gpu', counters: { memory: { value } } }];
  const pool = { name: 'node', generation: 1, resourceSliceCount: 2 };
  const objects = [
    sliceOf('node', [], { name: 'counters', pool, sharedCounters: [{ name: 'gpu', counters: { memory: { value: '8Gi' } } }] }),
    sliceOf('node', [{ name: 'half-1', consumesCounters: memory('4Gi') }, { name: 'whole', consumesCounters: memory('8Gi') }, { name: 'half-2', consumesCounters: memory('4Gi') }], { pool }),
  ];
  const two = claimFor('c', { requests: [exactly('r', { count: 2 })] });
  expect(given(objects, [two])).toEqual(['r=half-1,r=half-2']);
  expect(given([...objects, taken('half-1')], [one])).toEqual(['r=half-2']);
  expect(given([...objects, taken('whole')], [one])).toBeUndefined();
  const wrong = sliceOf('node', [{ name: 'x', consumesCounters: [{ counterSet: 'none', counters: { memory: { value: '1' } } }] }], { pool });
  expect(given([objects[0]!, wrong], [one])).toBeUndefined();
});

test('claims share the capacity of a device that lets them', () => {
  const device: Device = { name: 'nic', allowMultipleAllocations: true, capacity: { bandwidth: { value: '10Gi', requestPolicy: { default: '1Gi', validRange: { min: '1Gi', step: '1Gi' } } } } };
  const wants = (name: string, bandwidth?: string) => claimFor(name, { requests: [exactly('r', bandwidth === undefined ? {} : { capacity: { requests: { bandwidth } } })] });
  const slice = sliceOf('node', [device]);
  expect(allocate([slice], [wants('a', '1500Mi'), wants('b')])!.map(({ devices }) => devices.results)).toEqual([
    [{ request: 'r', driver: DRIVER, pool: 'node', device: 'nic', shareID: 'share', consumedCapacity: { bandwidth: '2Gi' } }],
    [{ request: 'r', driver: DRIVER, pool: 'node', device: 'nic', shareID: 'share', consumedCapacity: { bandwidth: '1Gi' } }],
  ]);
  const used = taken('nic', { shareID: 's', consumedCapacity: { bandwidth: '8Gi' } });
  expect(given([slice, used], [wants('a', '2Gi')])).toEqual(['r=nic']);
  expect(given([slice, used], [wants('a', '2Gi'), wants('b')])).toBeUndefined();
  expect(given([slice], [claimFor('c', { requests: [exactly('r', { capacity: { requests: { unknown: '1' } } })] })])).toBeUndefined();
});

test('only the newest generation of a pool counts, and only when all of it is there', () => {
  const old = sliceOf('node', plain('old'), { name: 'a' });
  const half = sliceOf('node', plain('new'), { name: 'b', pool: { generation: 2, resourceSliceCount: 2 } });
  const rest = sliceOf('node', plain('newer'), { name: 'c', pool: { generation: 2, resourceSliceCount: 2 } });
  expect(given([old], [one])).toEqual(['r=old']);
  expect(given([old, half], [one])).toBeUndefined();
  expect(given([old, half, rest], [one])).toEqual(['r=new']);
  expect(given([sliceOf('node', plain('x', 'x'))], [one])).toBeUndefined();
});

test('devices are for nodes: one, some, all, or each as it says itself', () => {
  const placed = (spec: object, devices: readonly Device[] = plain('x')) => {
    const { nodeName: _, ...rest } = sliceOf('elsewhere', devices).spec;
    return { ...sliceOf('elsewhere', devices), spec: { ...rest, ...spec } };
  };
  const inZone = (zone: string) => ({ nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: [zone] }] }] });
  expect(given([placed({ nodeName: 'other' })], [one])).toBeUndefined();
  expect(allocate([placed({ allNodes: true })], [one])![0]!.nodeSelector).toBeUndefined();
  expect(given([placed({ nodeSelector: inZone('b') })], [one])).toBeUndefined();
  expect(allocate([placed({ nodeSelector: inZone('a') })], [one])![0]!.nodeSelector).toEqual(inZone('a'));
  const each = placed({ perDeviceNodeSelection: true }, [{ name: 'theirs', nodeName: 'other' }, { name: 'ours', nodeSelector: inZone('a') }, { name: 'tied', allNodes: true, bindsToNode: true }]);
  expect(given([each], [one])).toEqual(['r=ours']);
  const [both] = allocate([each], [claimFor('c', { requests: [exactly('r', { count: 2 })] })])!;
  expect(both!.nodeSelector).toEqual({ nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node'] }] }] });
});

test('devices that take time to be made ready come last', () => {
  const slow = sliceOf('node', [{ name: 'slow', bindingConditions: ['Attached'], bindingFailureConditions: ['Broken'] }], { name: 'a', driver: 'a.example.com' });
  const fast = sliceOf('node', plain('fast'), { name: 'z', driver: 'z.example.com' });
  expect(given([slow, fast], [one])).toEqual(['r=fast']);
  expect(allocate([slow], [one])![0]!.devices.results![0]).toMatchObject({ bindingConditions: ['Attached'], bindingFailureConditions: ['Broken'] });
});

test('a search without end is ended', () => {
  const devices = Array.from({ length: 24 }, (_, index): Device => ({ name: `d${index}`, attributes: { odd: { bool: index % 2 === 1 }, n: { int: index } } }));
  const hopeless = claimFor('c', { requests: [exactly('r', { count: 13 })], constraints: [{ matchAttribute: `${DRIVER}/odd` }] });
  let asked = 0;
  expect(() => allocate([sliceOf('node', devices)], [hopeless, one], () => ++asked > 3)).toThrow(SearchTimeout);
});
