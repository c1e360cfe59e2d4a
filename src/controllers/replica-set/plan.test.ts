import { expect, test } from 'vitest';
import { ReplicaSet } from '../../kinds/apps/replica-set.ts';
import { controllerReference } from '../runtime/index.ts';
import { BORN, pod, replicaSet } from '../testing/objects.ts';
import { plan, withFailure, type Wanted } from './plan.ts';
import { byDisposability } from './ranking.ts';
import { statusOf } from './replica-set.ts';

const NOW = Date.parse(BORN) + 60_000;
const set = replicaSet('web', 'web');
const ownerReferences = [controllerReference(ReplicaSet, set)];
const mine = (name: string, parts: Parameters<typeof pod>[2] = {}) => pod(name, 'web', { ...parts, metadata: { ownerReferences, ...parts.metadata } });
const wanted = (replicas: number, more: Partial<Wanted> = {}): Wanted => ({
  owner: set, replicas, selector: set.spec.selector, templateLabels: { app: 'web' }, minReadyMillis: 0, ...more,
});

test('missing pods are made, pods too many are removed, 500 at a time at most', () => {
  expect(plan(wanted(3), [mine('a')], NOW)).toMatchObject({ create: 2, remove: 0 });
  expect(plan(wanted(0), [mine('a'), mine('b')], NOW)).toMatchObject({ create: 0, remove: 2 });
  expect(plan(wanted(1000), [], NOW).create).toBe(500);
});

test('ended and leaving pods are replaced; the leaving are counted', () => {
  const pods = [mine('ok'), mine('failed', { status: { phase: 'Failed' } }), mine('leaving', { metadata: { deletionTimestamp: BORN } })];
  const { create, counts } = plan(wanted(3), pods, NOW);
  expect(create).toBe(2);
  expect(counts).toEqual({ replicas: 1, fullyLabeledReplicas: 1, readyReplicas: 1, availableReplicas: 1, terminatingReplicas: 1 });
});

test('a set being deleted makes and removes nothing', () => {
  const leaving = { ...set, metadata: { ...set.metadata, deletionTimestamp: BORN } };
  expect(plan(wanted(3, { owner: leaving }), [mine('a')], NOW)).toMatchObject({ create: 0, remove: 0 });
});

test('a ready pod is available after minReadySeconds, and the pass asks to be repeated then', () => {
  const at = new Date(NOW - 4000).toISOString();
  const young = mine('young', { status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at }] } });
  const { counts, recheckIn } = plan(wanted(2, { minReadyMillis: 10_000 }), [mine('old'), young], NOW);
  expect(counts).toMatchObject({ readyReplicas: 2, availableReplicas: 1 });
  expect(recheckIn).toBe(6000);
});

test('a failure stays as it was first told, and goes with the first success', () => {
  const failed = withFailure(undefined, { reason: 'FailedCreate', message: 'quota', at: BORN });
  expect(failed).toEqual([{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'quota', lastTransitionTime: BORN }]);
  expect(withFailure(failed, { reason: 'FailedCreate', message: 'quota again', at: 'later' })).toEqual(failed);
  expect(withFailure(failed, undefined)).toEqual([]);
});

test('the status leaves zeros out, as the server would', () => {
  const { counts } = plan(wanted(1), [], NOW);
  expect(statusOf(set, counts, undefined)).toEqual({ replicas: 0, terminatingReplicas: 0, observedGeneration: 1 });
});

test('pods are spared in order of how little they are worth', () => {
  const cost = (value: string) => ({ annotations: { 'controller.kubernetes.io/pod-deletion-cost': value } });
  const ready = (at: string) => ({ conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at }] });
  const pods = [
    mine('ready-old'),
    mine('ready-young', { status: ready(new Date(NOW - 100).toISOString()) }),
    mine('restarted', { status: { containerStatuses: [{ name: 'main', restartCount: 4 }] } }),
    mine('crowded-1', { spec: { nodeName: 'node-2' } }),
    mine('crowded-2', { spec: { nodeName: 'node-2' }, metadata: { uid: 'z' } }),
    mine('precious', { metadata: cost('10') }),
    mine('cheap', { metadata: cost('-5') }),
    mine('not-ready', { status: { conditions: [] } }),
    mine('pending', { status: { phase: 'Pending', conditions: [] } }),
    mine('unassigned', { spec: { nodeName: '' }, status: { phase: 'Pending', conditions: [] } }),
  ];
  const crowd = Array.from({ length: 9 }, (_, n) => pod(`other-${n}`, 'x', { spec: { nodeName: 'node-2' } }));
  expect(byDisposability(pods, [...pods, ...crowd], NOW).map((one) => one.metadata.name)).toEqual([
    'unassigned', 'pending', 'not-ready', 'cheap', 'crowded-1', 'crowded-2', 'ready-young', 'restarted', 'ready-old', 'precious',
  ]);
});
