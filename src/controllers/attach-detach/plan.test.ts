import { expect, test } from 'vitest';
import { Node } from '../../kinds/core/node.ts';
import { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { VolumeAttachment } from '../../kinds/storage/volume-attachment.ts';
import { parseTime } from '../../meta/time.ts';
import { BORN, make, pod } from '../testing/objects.ts';
import { attachmentName } from './names.ts';
import { NOTHING, plan, type Memory, type Observed } from './plan.ts';

const NOW = parseTime(BORN)!;
const HANDLE = 'kubernetes.io/csi/disk.example.com^vol-1';
const volume = (...accessModes: string[]) =>
  make(PersistentVolume, 'data', { spec: { accessModes, csi: { driver: 'disk.example.com', volumeHandle: 'vol-1' } } as object });
const node = (name: string, { inUse = false, ready = 'True', taints = [] as object[] } = {}) => make(Node, name, {
  metadata: { annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } },
  spec: { taints },
  status: { conditions: [{ type: 'Ready', status: ready }], ...(inUse ? { volumesInUse: [HANDLE] } : {}) } as object,
});
const attachment = (nodeName: string, status: object = { attached: true }, metadata: object = {}) => make(VolumeAttachment, attachmentName(HANDLE, nodeName), {
  metadata, spec: { attacher: 'disk.example.com', nodeName, source: { persistentVolumeName: 'data' } }, status,
});
const observe = (parts: Partial<Observed> & { readonly nodes?: readonly Node[] }): Observed => {
  const { nodes = [node('node-1'), node('node-2')], ...rest } = parts;
  return {
    name: 'data', volume: volume('ReadWriteOnce'), wanted: new Map<string, readonly Pod[]>(), attachments: [],
    node: (name) => nodes.find((one) => one.metadata.name === name), now: NOW, ...rest,
  };
};
const messages = (observed: Observed, memory: Memory = NOTHING) => plan(observed, memory).complaints.map(({ pod: one, message }) => `${one.metadata.name}: ${message}`);

test('a volume is attached where a pod needs it, and one for many nodes to all of them', () => {
  const wanted = new Map([['node-2', [pod('b', 'b')]], ['node-1', [pod('a', 'a')]]]);
  expect(plan(observe({ wanted }), NOTHING)).toMatchObject({ attach: ['node-1'], detach: [] });
  expect(plan(observe({ wanted, volume: volume('ReadWriteMany') }), NOTHING)).toMatchObject({ attach: ['node-1', 'node-2'], complaints: [] });
  expect(plan(observe({ wanted, volume: volume() }), NOTHING)).toMatchObject({ attach: ['node-1', 'node-2'], complaints: [] });
});

test('who waits for another node\'s volume is told once, without names of strangers', () => {
  const far = pod('far', 'a', { metadata: { namespace: 'other' } });
  const blocked = (holders: readonly Pod[]) => observe({
    attachments: [attachment('node-1')], wanted: new Map([['node-2', [pod('b', 'b')]], ...(holders.length > 0 ? [['node-1', holders] as const] : [])]),
  });
  expect(messages(blocked([]))).toEqual(['b: Multi-Attach error for volume "data" Volume is already exclusively attached to one node and can\'t be attached to another']);
  expect(messages(blocked([pod('a', 'a')]))).toEqual(['b: Multi-Attach error for volume "data" Volume is already used by pod(s) a']);
  expect(messages(blocked([far]))).toEqual(['b: Multi-Attach error for volume "data" Volume is already used by 1 pod(s) in different namespaces']);
  expect(messages(blocked([pod('a', 'a'), far]))).toEqual(['b: Multi-Attach error for volume "data" Volume is already used by pod(s) a and 1 pod(s) in different namespaces']);
  expect(messages(blocked([far]), plan(blocked([far]), NOTHING).memory)).toEqual([]);
});

test('what nobody wants goes when it is unmounted, or its node is gone', () => {
  const idle = (...nodes: readonly Node[]) => plan(observe({ attachments: [attachment('node-1')], nodes }), NOTHING);
  expect(idle(node('node-1')).detach).toMatchObject([{ forced: false }]);
  expect(idle().detach).toMatchObject([{ forced: false }]);
  expect(idle(node('node-1', { inUse: true }))).toMatchObject({ detach: [] });
  expect(idle(node('node-1', { inUse: true })).recheckIn).toBeUndefined();
});

test('a node that has failed keeps what it had mounted for six minutes, one out of service not at all', () => {
  const idle = (now: number, memory: Memory, parts: object) => plan(observe({ attachments: [attachment('node-1')], nodes: [node('node-1', { inUse: true, ...parts })], now }), memory);
  const first = idle(NOW, NOTHING, { ready: 'Unknown' });
  expect(first).toMatchObject({ detach: [], recheckIn: 360_000 });
  expect(idle(NOW + 359_999, first.memory, { ready: 'Unknown' })).toMatchObject({ detach: [], recheckIn: 1 });
  expect(idle(NOW + 360_000, first.memory, { ready: 'Unknown' }).detach).toMatchObject([{ forced: true }]);
  expect(idle(NOW + 360_000, first.memory, {}).detach).toEqual([]);
  expect(idle(NOW, NOTHING, { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] }).detach).toMatchObject([{ forced: true }]);
});

test('a node that attaches by itself is left alone', () => {
  expect(plan(observe({ attachments: [attachment('node-1')], nodes: [make(Node, 'node-1')] }), NOTHING).detach).toEqual([]);
});

test('one on its way out is waited for before it is attached anew', () => {
  const leaving = attachment('node-1', { attached: true }, { deletionTimestamp: BORN });
  expect(plan(observe({ attachments: [leaving], wanted: new Map([['node-1', [pod('a', 'a')]]]) }), NOTHING)).toMatchObject({ attach: [], detach: [], complaints: [] });
});

test('what the driver says went wrong is told each time it says so, its silence every two minutes', () => {
  const wanted = new Map([['node-1', [pod('a', 'a')]]]);
  const failing = (time: string) => observe({ wanted, attachments: [attachment('node-1', { attached: false, attachError: { time, message: 'no such disk' } })] });
  expect(messages(failing(BORN))).toEqual(['a: AttachVolume.Attach failed for volume "data" : no such disk']);
  const { memory } = plan(failing(BORN), NOTHING);
  expect(messages(failing(BORN), memory)).toEqual([]);
  expect(messages(failing('2026-01-01T00:00:09Z'), memory)).toHaveLength(1);

  const silent = (now: number) => observe({ wanted, attachments: [attachment('node-1', { attached: false })], now });
  expect(plan(silent(NOW), NOTHING)).toMatchObject({ complaints: [], recheckIn: 120_000 });
  expect(messages(silent(NOW + 120_000))).toEqual([
    'a: AttachVolume.Attach failed for volume "data" : timed out waiting for external-attacher of disk.example.com CSI driver to attach volume vol-1',
  ]);
});
