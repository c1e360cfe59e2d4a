import { expect, test } from 'vitest';
import type { Deployment } from '../../kinds/apps/deployment.ts';
import type { ReplicaSet } from '../../kinds/apps/replica-set.ts';
import { BORN, deployment, replicaSet } from '../testing/objects.ts';
import { plan, type Plan } from './plan.ts';
import { leeway } from './sizes.ts';
import { sameTemplate, templateHash } from './template-hash.ts';

const NOW = Date.parse(BORN) + 60_000;
const decide = (one: Deployment, sets: readonly ReplicaSet[], oldPodsRun = false): Plan =>
  plan({ deployment: one, sets, oldPodsRun: () => oldPodsRun, now: NOW });

/** A ReplicaSet of web with this image: `size` replicas, so many available. */
function set(image: string, size: number, available = size, more: { desired?: number; max?: number; revision?: number; made?: string; annotations?: object } = {}): ReplicaSet {
  const { desired = 10, max = 13, revision = 1, made = BORN } = more;
  return replicaSet(`web-${image}`, 'web', {
    metadata: {
      creationTimestamp: made,
      annotations: {
        'deployment.kubernetes.io/revision': String(revision), 'deployment.kubernetes.io/desired-replicas': String(desired),
        'deployment.kubernetes.io/max-replicas': String(max), ...more.annotations,
      },
    },
    spec: {
      replicas: size,
      template: { metadata: { labels: { app: 'web', 'pod-template-hash': image } }, spec: { containers: [{ name: 'main', image }] } },
    },
    status: { replicas: size, availableReplicas: available, readyReplicas: available },
  });
}

const web = (replicas: number, spec: object = {}, more: { metadata?: object; status?: object } = {}) => deployment('web', { spec: { replicas, ...spec }, ...more });
const sizes = (todo: Plan) => Object.fromEntries(
  todo.update.filter(({ before, after }) => before.spec.replicas !== after.spec.replicas)
    .map(({ before, after }) => [before.metadata.name, after.spec.replicas]));
const condition = (todo: Plan, type: string) => todo.status.conditions?.find((one) => one.type === type);

test('the first pass makes the ReplicaSet of the template, whole', () => {
  const todo = decide(web(3, {}, { metadata: { annotations: { team: 'a', 'kubectl.kubernetes.io/last-applied-configuration': '{}' } } }), []);
  const hash = templateHash(web(3).spec.template);
  expect(todo.create).toMatchObject({
    metadata: {
      name: `web-${hash}`, namespace: 'shop', labels: { app: 'web', 'pod-template-hash': hash },
      annotations: {
        team: 'a', 'deployment.kubernetes.io/revision': '1',
        'deployment.kubernetes.io/desired-replicas': '3', 'deployment.kubernetes.io/max-replicas': '4',
      },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', controller: true }],
    },
    spec: {
      replicas: 3, selector: { matchLabels: { app: 'web', 'pod-template-hash': hash } },
      template: { metadata: { labels: { app: 'web', 'pod-template-hash': hash } }, spec: { containers: [{ image: 'v1' }] } },
    },
  });
  expect(todo.revision).toBe('1');
  expect(condition(todo, 'Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetCreated', message: `Created new replica set "web-${hash}"` });
  expect(condition(todo, 'Available')).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' });
});

test('a new template starts with what the surge allows, under the next revision', () => {
  const todo = decide(web(10), [set('v0', 10, 10, { revision: 4 })]);
  expect(todo.create?.spec?.replicas).toBe(3);
  expect(todo.revision).toBe('5');
});

test('surge rounds up and unavailability down; both zero leaves one', () => {
  expect(leeway(web(10))).toEqual({ maxSurge: 3, maxUnavailable: 2 });
  const none = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: '5%' } } };
  expect(leeway(web(10, none))).toEqual({ maxSurge: 0, maxUnavailable: 1 });
  expect(leeway(web(10, { strategy: { type: 'Recreate' } }))).toEqual({ maxSurge: 0, maxUnavailable: 0 });
});

test('a set that was just made smaller is not trusted with the pods its status still counts', () => {
  const none = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } };
  const size = { desired: 4, max: 5 };
  // One new pod and three old ones are there, not four: only one of them may go.
  expect(sizes(decide(web(4, none), [set('v0', 3, 4, size), set('v1', 1, 1, { ...size, revision: 2 })]))).toEqual({ 'web-v1': 2 });
  expect(sizes(decide(web(4, none), [set('v0', 3, 4, size), set('v1', 2, 1, { ...size, revision: 2 })]))).toEqual({ 'web-v0': 2 });
});

test('a rolling update grows the new set first, then shrinks old ones by what is available', () => {
  expect(sizes(decide(web(10), [set('v0', 10), set('v1', 2)]))).toEqual({ 'web-v1': 3 });
  expect(sizes(decide(web(10), [set('v0', 10), set('v1', 3, 0)]))).toEqual({ 'web-v0': 8 });
  expect(sizes(decide(web(10), [set('v0', 8), set('v1', 3, 0)]))).toEqual({ 'web-v1': 5 });
  expect(sizes(decide(web(10), [set('v0', 8), set('v1', 5, 0)]))).toEqual({});
  expect(sizes(decide(web(10), [set('v0', 8), set('v1', 5, 5)]))).toEqual({ 'web-v0': 3 });
});

test('old pods that are not available go first', () => {
  const todo = decide(web(10), [set('va', 5, 1, { made: '2025-01-01T00:00:00Z' }), set('vb', 5, 5), set('v1', 3, 3)]);
  expect(sizes(todo)).toEqual({ 'web-va': 0 });
});

test('a finished rollout says so and removes old sets beyond the history limit', () => {
  const old = [3, 1, 2].map((revision) => set(`old${revision}`, 0, 0, { revision }));
  const todo = decide(web(10, { revisionHistoryLimit: 1 }, { status: { observedGeneration: 1 } }), [...old, set('v1', 10, 10, { revision: 4 })]);
  expect(todo.remove.map((one) => one.metadata.name)).toEqual(['web-old1', 'web-old2']);
  expect(condition(todo, 'Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable', message: 'ReplicaSet "web-v1" has successfully progressed.' });
  expect(todo.status).toMatchObject({ replicas: 10, updatedReplicas: 10, availableReplicas: 10 });
  expect(todo.status.unavailableReplicas).toBeUndefined();
  expect(todo.recheckIn).toBeUndefined();
});

test('going back to an old template makes its set the present one, its old number kept as history', () => {
  const todo = decide(web(10), [set('v1', 0, 0, { revision: 1 }), set('v2', 10, 10, { revision: 2 })]);
  expect(todo.update.find(({ before }) => before.metadata.name === 'web-v1')?.after.metadata.annotations).toMatchObject({
    'deployment.kubernetes.io/revision': '3', 'deployment.kubernetes.io/revision-history': '1',
  });
  expect(todo.revision).toBe('3');
});

test('Recreate empties old sets, waits for their pods, then makes the new set whole', () => {
  const recreate = web(3, { strategy: { type: 'Recreate' } });
  expect(sizes(decide(recreate, [set('v0', 3, 3, { desired: 3, max: 3 })]))).toEqual({ 'web-v0': 0 });
  const waiting = decide(recreate, [set('v0', 0)], true);
  expect([waiting.create, waiting.update]).toEqual([undefined, []]);
  expect(decide(recreate, [set('v0', 0)]).create?.spec?.replicas).toBe(3);
});

test('scaling during a rollout keeps the proportions', () => {
  const sets = [set('v0', 8, 8, { made: '2025-01-01T00:00:00Z' }), set('v1', 5, 0)];
  const todo = decide(web(20), sets);
  expect(sizes(todo)).toEqual({ 'web-v0': 15, 'web-v1': 10 });
  for (const { after } of todo.update) {
    expect(after.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/desired-replicas': '20', 'deployment.kubernetes.io/max-replicas': '25' });
  }
  expect(sizes(decide(web(5), sets))).toEqual({ 'web-v0': 4, 'web-v1': 3 });
  expect(sizes(decide(web(0), sets))).toEqual({ 'web-v0': 0, 'web-v1': 0 });
});

test('a single active set takes a new scale whole', () => {
  expect(sizes(decide(web(4), [set('v1', 10)]))).toEqual({ 'web-v1': 4 });
});

test('a paused rollout stands still, but is scaled', () => {
  const paused = web(12, { paused: true });
  const todo = decide(paused, [set('v0', 10)]);
  expect([todo.create, sizes(todo)]).toEqual([undefined, { 'web-v0': 12 }]);
  expect(condition(todo, 'Progressing')).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' });
  const resumed = decide(web(10, {}, { status: { conditions: todo.status.conditions! } }), [set('v1', 10, 0)]);
  expect(condition(resumed, 'Progressing')!.reason).toBe('ReplicaSetUpdated');
});

test('a rollout without progress for longer than its deadline has failed', () => {
  const conditions = [{ type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', lastUpdateTime: BORN, lastTransitionTime: BORN }];
  const status = { conditions, replicas: 3, updatedReplicas: 3, readyReplicas: 0 };
  const stuck = [set('v1', 3, 0, { desired: 3, max: 4 })];
  const waiting = decide(web(3, {}, { status }), stuck);
  expect(condition(waiting, 'Progressing')!.reason).toBe('ReplicaSetUpdated');
  expect(waiting.recheckIn).toBe(600_000 - 60_000 + 1000);
  const late = decide(web(3, { progressDeadlineSeconds: 59 }, { status }), stuck);
  expect(condition(late, 'Progressing')).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded', message: 'ReplicaSet "web-v1" has timed out progressing.' });
});

test('a set that cannot make its pods makes the Deployment say so', () => {
  const failing = set('v1', 3, 0, { desired: 3, max: 4 });
  const failure = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'quota', lastTransitionTime: BORN };
  const todo = decide(web(3), [{ ...failing, status: { ...failing.status, conditions: [failure] } }]);
  expect(condition(todo, 'ReplicaFailure')).toMatchObject({ status: 'True', reason: 'FailedCreate', message: 'quota' });
});

test('what is settled causes no write', () => {
  const first = decide(web(10), [set('v1', 10)]);
  const second = decide(web(10, {}, { status: first.status, metadata: {} }), [set('v1', 10)]);
  expect(second.update).toEqual([]);
  expect(second.status).toEqual(first.status);
});

test('equal templates hash alike whatever their order, and the hash label does not count', () => {
  const one = web(1).spec.template;
  const two = { spec: one.spec, metadata: { labels: { app: 'web' } } };
  expect(templateHash(one)).toBe(templateHash(two));
  expect(templateHash(one)).not.toBe(templateHash(one, 1));
  expect(templateHash(one)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  expect(sameTemplate(one, set('v1', 1).spec.template)).toBe(true);
  expect(sameTemplate(one, set('v2', 1).spec.template)).toBe(false);
});
