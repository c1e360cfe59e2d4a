import { expect, test } from 'vitest';
import { decodeObject } from '../../schema/decode.ts';
import { toTable } from '../../schema/table.ts';
import { CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment, VolumeAttributesClass } from '../index.ts';
import { accepted, errorsOf } from '../testing/errors-of.ts';

const QUALIFIED = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

test.each([
  [{}, ['provisioner: Required value']],
  [{ provisioner: 'ex.com/a b' }, [`provisioner: Invalid value: "ex.com/a b": ${QUALIFIED}`]],
  [{ provisioner: 'p', reclaimPolicy: 'Recycle', volumeBindingMode: 'Later' }, [
    'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
    'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"',
  ]],
  [{ provisioner: 'p', parameters: { '': 'x' } }, ['parameters: Invalid value: "": field can not be empty.']],
  [{ provisioner: 'p', allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['a', 'a'] }, { key: 'zone', values: [] }] }] }, [
    'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"',
    'allowedTopologies[0].matchLabelExpressions[1].values: Required value',
    'allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "zone"',
  ]],
])('a storage class %j is wrong in %j', (object, expected) => {
  expect(errorsOf(StorageClass, object)).toEqual(expected);
});

test('a storage class keeps what its volumes were made by', () => {
  expect(errorsOf(StorageClass, { provisioner: 'b', parameters: { a: '1' }, reclaimPolicy: 'Retain', volumeBindingMode: 'WaitForFirstConsumer' }, { provisioner: 'a' })).toEqual([
    'parameters: Forbidden: updates to parameters are forbidden.', 'provisioner: Forbidden: updates to provisioner are forbidden.',
    'reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.', 'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
  ]);
});

test('a storage class warns of labels that have a newer name', () => {
  const storage = accepted(StorageClass, { provisioner: 'p', allowedTopologies: [{ matchLabelExpressions: [{ key: 'beta.kubernetes.io/os', values: ['linux'] }] }] });
  expect(StorageClass.warnings?.(storage, undefined)).toEqual(['allowedTopologies[0].matchLabelExpressions[0].key: deprecated since v1.14; use "kubernetes.io/os" instead']);
});

test.each([
  [{ fsGroupPolicy: 'Always' }, ['spec.fsGroupPolicy: Unsupported value: "Always": supported values: "File", "None", "ReadWriteOnceWithFSType"']],
  [{ volumeLifecycleModes: ['Forever'] }, ['spec.volumeLifecycleModes: Unsupported value: "Forever": supported values: "Persistent", "Ephemeral"']],
  [{ tokenRequests: [{ audience: 'a', expirationSeconds: 599 }, { audience: 'a' }, { audience: 'b', expirationSeconds: 4294967297 }] }, [
    'spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
    'spec.tokenRequests[1].audience: Duplicate value: "a"',
    'spec.tokenRequests[2].expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds',
  ]],
  [{ nodeAllocatableUpdatePeriodSeconds: 9 }, ['spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds']],
])('a CSI driver with %j is wrong in %j', (spec, expected) => {
  expect(errorsOf(CSIDriver, { spec })).toEqual(expected);
});

test('a CSI driver keeps whether it attaches and which lives its volumes have', () => {
  expect(errorsOf(CSIDriver, { spec: { attachRequired: false, volumeLifecycleModes: ['Ephemeral'] } }, { spec: {} })).toEqual([
    'spec.attachedRequired: Invalid value: false: field is immutable', 'spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable',
  ]);
});

test('what stands behind a gate that is off is not kept', () => {
  const driver = accepted(CSIDriver, { spec: { preventPodSchedulingIfMissing: true } });
  expect(CSIDriver.prepareForCreate?.(driver).spec).not.toHaveProperty('preventPodSchedulingIfMissing');
});

test('a node has each driver once, by a name that can be', () => {
  const driver = { name: 'a.example', nodeID: 'n' };
  expect(errorsOf(CSINode, { spec: { drivers: [driver, { ...driver, nodeID: '', allocatable: { count: -1 }, topologyKeys: ['z', 'z'] }] } })).toEqual([
    'spec.drivers[1].nodeID: Required value',
    'spec.drivers[1].allocatable.count: Invalid value: -1: must be greater than or equal to 0',
    'spec.drivers[1].name: Duplicate value: "a.example"', 'spec.drivers[1]: Duplicate value: "z"',
  ]);
  expect(errorsOf(CSINode, { spec: { drivers: [{ ...driver, nodeID: 'other' }] } }, { spec: { drivers: [driver] } })).toEqual([
    'spec.drivers: Invalid value: {"name":"a.example","nodeID":"other","topologyKeys":null}: field is immutable',
  ]);
  expect(errorsOf(CSINode, { spec: { drivers: [{ ...driver, allocatable: { count: 4 } }] } }, { spec: { drivers: [driver] } })).toEqual([]);
});

test.each([{ drivers: [] }, { drivers: null }, {}])('a node whose last driver went keeps its CSINode: %j', (spec) => {
  expect(errorsOf(CSINode, { spec })).toEqual([]);
});

test('capacity is of one class and one place, and never less than none', () => {
  expect(errorsOf(CSIStorageCapacity, { storageClassName: 'A', capacity: '-1' })).toEqual([
    expect.stringMatching(/^storageClassName: Invalid value: "A": a lowercase RFC 1123 subdomain /), 'capacity: Invalid value: "-1": must be greater than or equal to 0',
  ]);
  expect(errorsOf(CSIStorageCapacity, { storageClassName: 'b', nodeTopology: {} }, { storageClassName: 'a' })).toEqual([
    'nodeTopology: Invalid value: {}: field is immutable', 'storageClassName: Invalid value: "b": field is immutable',
  ]);
});

test('attributes of volumes are there and stay', () => {
  expect(errorsOf(VolumeAttributesClass, { driverName: 'd' })).toEqual(['parameters: Required value: must contain at least one key/value pair']);
  expect(errorsOf(VolumeAttributesClass, { driverName: 'e', parameters: { a: '2' } }, { driverName: 'd', parameters: { a: '1' } })).toEqual([
    'driverName: Forbidden: updates to driverName are forbidden.', 'parameters: Forbidden: updates to parameters are forbidden.',
  ]);
});

test.each([
  [{ attacher: 'a', nodeName: 'n', source: {} }, ['spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName']],
  [{ attacher: 'a', nodeName: 'n', source: { persistentVolumeName: '' } }, [
    'spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName', expect.stringMatching(/^spec.source.persistentVolumeName: Invalid value: "": a lowercase RFC 1123/),
  ]],
  [{ attacher: 'a', nodeName: 'n', source: { inlineVolumeSpec: { capacity: { storage: '1' }, hostPath: { path: '/a' }, accessModes: ['ReadWriteOnce'] } } }, [
    'spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes',
    'spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes',
  ]],
])('an attachment %j is wrong in %j', (spec, expected) => {
  expect(errorsOf(VolumeAttachment, { spec })).toEqual(expected);
});

test('an attachment is what it was', () => {
  const spec = { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'v' } };
  expect(errorsOf(VolumeAttachment, { spec: { ...spec, nodeName: 'm' } }, { spec })).toEqual([
    'spec: Invalid value: {"attacher":"a","nodeName":"m","source":{"persistentVolumeName":"v"}}: field is immutable',
  ]);
});

test('a node without drivers shows that it has none', () => {
  const { value } = decodeObject(CSINode, { metadata: { name: 'n' }, spec: { drivers: [] } });

  expect(value['spec']).toEqual({ drivers: null });
  expect(toTable(CSINode, [value], { now: 0 }).rows[0]?.cells[1]).toBe(0);
});
