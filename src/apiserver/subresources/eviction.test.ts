import { expect, test } from 'vitest';
import { Eviction } from '../../kinds/policy/eviction.ts';
import { encodeMessage } from '../../schema/protobuf/encode.ts';
import { wrap } from '../../schema/protobuf/envelope.ts';
import { type Json, startApi, type TestApi } from '../testing/start-api.ts';

const PODS = '/api/v1/namespaces/default/pods';
const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
const MERGE = { headers: { 'content-type': 'application/merge-patch+json' } };
const READY = [{ type: 'Ready', status: 'True' }];

/** A running pod `p` and a budget `b` in this state. */
async function guarded(api: TestApi, { status, ready = true, spec = {} }: { status: Json; ready?: boolean; spec?: Json }): Promise<void> {
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  await api.request('POST', PODS, { metadata: { name: 'p', labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } });
  await api.request('PATCH', `${PODS}/p/status`, { status: { phase: 'Running', ...(ready ? { conditions: READY } : {}) } }, MERGE);
  await api.request('POST', BUDGETS, { metadata: { name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } }, ...spec } });
  const told = await api.request('PATCH', `${BUDGETS}/b/status`, { status: { observedGeneration: 1, expectedPods: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, ...status } }, MERGE);
  expect(told.status).toBe(200);
}

const evict = (api: TestApi, more: Json = {}, query = '') => api.request('POST', `${PODS}/p/eviction${query}`, { kind: 'Eviction', apiVersion: 'policy/v1', metadata: { name: 'p' }, ...more });
const causeOf = ({ body }: { body: Json }): string => body.details.causes[0].message;

test('a budget says why it refuses', async () => {
  const condition = (reason: string) => ({ type: 'DisruptionAllowed', status: 'False', reason, message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' });
  const refusals: string[] = [];
  for (const status of [
    {}, { observedGeneration: 0 }, { conditions: [condition('SyncFailed')] }, { currentHealthy: 3, conditions: [condition('Other')] }, { currentHealthy: 3 },
  ]) {
    await using api = await startApi();
    await guarded(api, { status });
    const refused = await evict(api);
    expect(refused.status).toBe(429);
    refusals.push(causeOf(refused));
  }

  expect(refusals).toEqual([
    'The disruption budget b needs 1 healthy pods and has 1 currently',
    'The disruption budget b is still being processed by the server.',
    'The disruption budget b does not allow evicting pods currently because it failed sync: m',
    'The disruption budget b does not allow evicting pods currently (Other): m',
    'The disruption budget b does not allow evicting pods currently',
  ]);
});

test('a pod that is not ready goes uncounted while enough others are, or always where its budget says so', async () => {
  await using enough = await startApi();
  await using few = await startApi();
  await using always = await startApi();
  await guarded(enough, { status: {}, ready: false });
  await guarded(few, { status: { currentHealthy: 0 }, ready: false });
  await guarded(always, { status: { currentHealthy: 0 }, ready: false, spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } });

  expect([(await evict(enough)).status, (await evict(few)).status, (await evict(always)).status]).toEqual([201, 429, 201]);
  expect((await enough.request('GET', `${BUDGETS}/b`)).body.status.disruptedPods).toBeUndefined();
});

test('the last disruption closes the budget; a dry run takes none', async () => {
  await using api = await startApi();
  await guarded(api, { status: { disruptionsAllowed: 1, currentHealthy: 2 } });

  const dry = await evict(api, {}, '?dryRun=All');
  const before = (await api.request('GET', `${BUDGETS}/b`)).body.status;
  const real = await evict(api);
  const after = (await api.request('GET', `${BUDGETS}/b`)).body.status;

  expect([dry.status, before.disruptionsAllowed, real.status, after.disruptionsAllowed]).toEqual([201, 1, 201, 0]);
  expect(after.conditions).toMatchObject([{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }]);
});

test('an eviction names its pod, keeps to its preconditions, and may come as protobuf of v1beta1', async () => {
  await using api = await startApi();
  await guarded(api, { status: { disruptionsAllowed: 1, currentHealthy: 2 } });
  const body = wrap({ apiVersion: 'policy/v1beta1', kind: 'Eviction', raw: encodeMessage(Eviction.schema, { metadata: { name: 'p' } }) });

  const other = await evict(api, { metadata: { name: 'q' } });
  const stale = await evict(api, { deleteOptions: { preconditions: { uid: 'gone' } } });
  const right = await api.request('POST', `${PODS}/p/eviction`, body, { headers: { 'content-type': 'application/vnd.kubernetes.protobuf' } });

  expect([other.status, other.body.message]).toEqual([400, 'name in URL does not match name in Eviction object']);
  expect(stale.status).toBe(409);
  expect(stale.body.message).toContain('the UID in the precondition (gone) does not match the UID in record');
  // The refused one had spent the allowance; its pod is still in disruptedPods.
  expect(right.status).toBe(429);
});
