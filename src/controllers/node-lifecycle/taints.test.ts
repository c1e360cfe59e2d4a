import { expect, test } from 'vitest';
import { Node } from '../../kinds/core/node.ts';
import { BORN, make, pod } from '../testing/objects.ts';
import { silentAt, unknownConditions } from './health.ts';
import { evictIn } from './taint-eviction.ts';
import { plannedTaints } from './taints.ts';
import { isEverythingDown, takeCensus, zoneState } from './zones.ts';

const NOW = Date.parse(BORN);
const node = (ready: string | undefined, spec: object = {}, more: readonly object[] = []) =>
  make(Node, 'node-1', { spec, status: { conditions: [...(ready ? [{ type: 'Ready', status: ready }] : []), ...more] } as object });
const at = (now: number) => ({ now, since: now });
const shown = (taints: ReturnType<typeof plannedTaints>) => taints.map(({ key, effect }) => `${key}:${effect}`);

test('conditions call for taints, and others keep theirs', () => {
  const own = { key: 'team', value: 'a', effect: 'NoSchedule' };
  const pressed = node('True', { taints: [own, { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }], unschedulable: true }, [{ type: 'DiskPressure', status: 'True' }]);
  expect(shown(plannedTaints(pressed, true, NOW))).toEqual([
    'team:NoSchedule', 'node.kubernetes.io/disk-pressure:NoSchedule', 'node.kubernetes.io/unschedulable:NoSchedule',
  ]);
  const fine = node('True', { taints: [own] });
  expect(plannedTaints(fine, true, NOW)).toBe(fine.spec.taints);
});

test('a node that is not ready keeps pods away at once, and moves them off when allowed', () => {
  expect(shown(plannedTaints(node('False'), false, NOW))).toEqual(['node.kubernetes.io/not-ready:NoSchedule']);
  const evicted = plannedTaints(node('Unknown'), true, NOW);
  expect(evicted).toContainEqual({ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: BORN });
  const kept = node('Unknown', { taints: evicted });
  expect(plannedTaints(kept, false, NOW + 5000)).toBe(kept.spec.taints);
  expect(shown(plannedTaints(node('False', { taints: evicted }), false, NOW))).toEqual(['node.kubernetes.io/not-ready:NoSchedule']);
});

test('a silent node\'s conditions become unknown, missing ones say that it never spoke', () => {
  const conditions = unknownConditions(node('True'), NOW);
  expect(conditions.find((one) => one.type === 'Ready')).toMatchObject({ status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' });
  expect(conditions.find((one) => one.type === 'PIDPressure')).toMatchObject({ status: 'Unknown', reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' });
  expect(silentAt(node('True'), { sign: '', at: 0 })).toBe(50_000);
  expect(silentAt(node(undefined), { sign: '', at: 0 })).toBe(60_000);
});

test('a zone that is mostly down is disrupted; when everything is down nobody is moved', () => {
  const nodes = (ready: number, not: number) => [...Array<Node>(ready).fill(node('True')), ...Array<Node>(not).fill(node('Unknown'))];
  expect([zoneState(nodes(3, 1)), zoneState(nodes(2, 3)), zoneState(nodes(0, 2))]).toEqual(['Normal', 'PartialDisruption', 'FullDisruption']);
  expect([isEverythingDown(nodes(0, 1)), isEverythingDown(nodes(1, 5)), isEverythingDown([])]).toEqual([true, false, false]);
});

test('a census tells each zone by itself', () => {
  const zoned = (zone: string, ready: string) => ({ ...node(ready), metadata: { ...node(ready).metadata, labels: { 'topology.kubernetes.io/zone': zone } } });
  const { everythingDown, zones } = takeCensus([zoned('a', 'True'), zoned('b', 'Unknown'), zoned('b', 'False'), zoned('a', 'Unknown')]);
  expect(everythingDown).toBe(false);
  expect([...zones]).toEqual([[':a', { state: 'Normal', size: 2 }], [':b', { state: 'FullDisruption', size: 2 }]]);
  expect(takeCensus([zoned('a', 'Unknown'), zoned('b', 'Unknown')]).everythingDown).toBe(true);
});

test('a pod stays as long as it tolerates, counted from when the taint was added', () => {
  const taints = [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: BORN }];
  const tolerating = (...tolerationSeconds: (number | undefined)[]) => pod('a', 'a', {
    spec: { tolerations: tolerationSeconds.map((seconds) => ({ key: 'node.kubernetes.io/unreachable', operator: 'Exists', ...(seconds === undefined ? {} : { tolerationSeconds: seconds }) })) },
  });
  expect(evictIn(tolerating(), taints, at(NOW))).toBe(0);
  expect(evictIn(tolerating(300), taints, at(NOW + 100_000))).toBe(200_000);
  expect(evictIn(tolerating(300, undefined), taints, at(NOW))).toBe(300_000);
  expect(evictIn(tolerating(undefined), taints, at(NOW))).toBeUndefined();
  expect(evictIn(tolerating(), [{ key: 'x', effect: 'NoSchedule' }], at(NOW))).toBeUndefined();
});

test('a taint that does not say since when it is there counts from when it was first seen', () => {
  const tolerating = pod('a', 'a', { spec: { tolerations: [{ key: 'x', operator: 'Exists', tolerationSeconds: 10 }] } });
  const taints = [{ key: 'x', effect: 'NoExecute' }];
  expect(evictIn(tolerating, taints, { now: NOW + 4000, since: NOW })).toBe(6000);
  expect(evictIn(tolerating, taints, { now: NOW + 10_000, since: NOW })).toBe(0);
});
