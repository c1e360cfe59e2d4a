import { expect, test } from 'vitest';
import { type Json, startApi, type TestApi } from './testing/start-api.ts';

const PODS = '/api/v1/namespaces/default/pods';
const MAPS = '/api/v1/namespaces/default/configmaps';

async function withPod(api: TestApi, spec: Json = {}, metadata: Json = {}) {
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  const answer = await api.request('POST', PODS, { metadata: { name: 'p', ...metadata }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });
  expect(answer.status).toBe(201);
  return answer.body;
}

test('DELETE answers with a Status that names what went', async () => {
  await using api = await startApi();
  const { body } = await api.request('POST', MAPS, { metadata: { name: 'a' } });

  const { status, body: answer } = await api.request('DELETE', `${MAPS}/a`);

  expect(status).toBe(200);
  expect(answer).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name: 'a', kind: 'configmaps', uid: body.metadata.uid } });
  expect((await api.request('GET', `${MAPS}/a`)).status).toBe(404);
});

test('a finalizer keeps a deleted object until it is removed', async () => {
  await using api = await startApi();
  await api.request('POST', MAPS, { metadata: { name: 'a', finalizers: ['example.com/x'] } });

  const deleted = await api.request('DELETE', `${MAPS}/a`);
  const added = await api.request('PUT', `${MAPS}/a`, { metadata: { name: 'a', finalizers: ['example.com/x', 'example.com/y'] } });
  const released = await api.request('PUT', `${MAPS}/a`, { metadata: { name: 'a' } });

  expect(deleted.body.metadata).toMatchObject({ deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 });
  expect(added.status).toBe(422);
  expect(added.body.message).toContain('metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/y"}');
  expect(released.status).toBe(200);
  expect((await api.request('GET', `${MAPS}/a`)).status).toBe(404);
});

test('a running pod is given its grace period, and its kubelet ends it with 0', async () => {
  await using api = await startApi();
  await withPod(api, { nodeName: 'n1', terminationGracePeriodSeconds: 20 });

  const first = await api.request('DELETE', `${PODS}/p`);
  const shorter = await api.request('DELETE', `${PODS}/p`, { gracePeriodSeconds: 5 });
  const longer = await api.request('DELETE', `${PODS}/p`, { gracePeriodSeconds: 60 });
  const last = await api.request('DELETE', `${PODS}/p`, { gracePeriodSeconds: 0 });

  expect(first.body.metadata).toMatchObject({ deletionTimestamp: '2026-01-01T00:00:20Z', deletionGracePeriodSeconds: 20 });
  expect(shorter.body.metadata).toMatchObject({ deletionTimestamp: '2026-01-01T00:00:05Z', deletionGracePeriodSeconds: 5 });
  expect(longer.body.metadata.deletionGracePeriodSeconds).toBe(5);
  expect(last.status).toBe(200);
  expect((await api.request('GET', `${PODS}/p`)).status).toBe(404);
});

test('an unscheduled pod goes at once', async () => {
  await using api = await startApi();
  await withPod(api);

  await api.request('DELETE', `${PODS}/p`);

  expect((await api.request('GET', `${PODS}/p`)).status).toBe(404);
});

test('preconditions that do not hold answer 409', async () => {
  await using api = await startApi();
  const { body: { metadata: { uid, resourceVersion } } } = await api.request('POST', MAPS, { metadata: { name: 'a' } });

  const other = await api.request('DELETE', `${MAPS}/a`, { preconditions: { uid: 'other' } });
  const stale = await api.request('DELETE', `${MAPS}/a`, { preconditions: { uid, resourceVersion: '1' } });

  expect([other.status, stale.status]).toEqual([409, 409]);
  expect(other.body.message).toBe('Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (other) does not match ' +
    `the UID in record (${uid}). The object might have been deleted and then recreated`);
  expect(stale.body.message).toBe('Operation cannot be fulfilled on ConfigMap "a": the ResourceVersion in the precondition (1) does not match ' +
    `the ResourceVersion in record (${resourceVersion}). The object might have been modified`);
});

test('a job leaves its pods behind unless told otherwise, and says so', async () => {
  await using api = await startApi();
  const url = '/apis/batch/v1/namespaces/default/jobs';
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } };
  for (const name of ['a', 'b', 'c']) await api.request('POST', url, { metadata: { name }, spec: { template } });
  // The tracking finalizer is the job controller's.
  const silent = await api.request('DELETE', `${url}/a`);
  const background = await api.request('DELETE', `${url}/b?propagationPolicy=Background`);
  const legacy = await api.request('DELETE', `${url}/c`, { orphanDependents: false });

  expect(silent.body.metadata.finalizers).toEqual(['orphan']);
  expect(silent.headers['warning']).toContain('child pods are preserved by default when jobs are deleted; set propagationPolicy=Background');
  expect([background, legacy].map(({ body, headers }) => [body.status, headers['warning']])).toEqual([['Success', undefined], ['Success', undefined]]);
});

test('a grace period that is over already ends now', async () => {
  await using api = await startApi();
  await withPod(api, { nodeName: 'n1', terminationGracePeriodSeconds: 60 });
  const first = await api.request('DELETE', `${PODS}/p`);
  await api.clock.advance(30_000);
  const second = await api.request('DELETE', `${PODS}/p`, { gracePeriodSeconds: 10 });
  const negative = await api.request('DELETE', `${PODS}/p`, { gracePeriodSeconds: -1 });

  expect(second.body.metadata).toMatchObject({ deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 1, generation: first.body.metadata.generation });
  expect(negative.body.metadata.deletionGracePeriodSeconds).toBe(1);
});

test.each([['Foreground', ['foregroundDeletion']], ['Orphan', ['orphan']]])('propagationPolicy %s leaves its finalizer', async (propagationPolicy, finalizers) => {
  await using api = await startApi();
  await api.request('POST', MAPS, { metadata: { name: 'a' } });

  const { body } = await api.request('DELETE', `${MAPS}/a`, { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy });

  expect(body.metadata.finalizers).toEqual(finalizers);
  expect(body.metadata.deletionTimestamp).toBeDefined();
});

test('deletecollection takes what its selector chooses', async () => {
  await using api = await startApi();
  for (const name of ['a', 'b', 'c']) await api.request('POST', MAPS, { metadata: { name, labels: { keep: String(name === 'b') } } });

  const { status } = await api.request('DELETE', `${MAPS}?labelSelector=keep%3Dfalse`);

  expect(status).toBe(200);
  expect((await api.request('GET', MAPS)).body.items.map((item: Json) => item.metadata.name)).toEqual(['b']);
});

test('deletecollection takes no more than a LIST of the same query gives, and answers with that', async () => {
  await using api = await startApi();
  for (const name of ['a', 'b', 'c']) await api.request('POST', MAPS, { metadata: { name } });
  const dry = await api.request('DELETE', `${MAPS}?dryRun=All`);
  const page = await api.request('DELETE', `${MAPS}?limit=2`);
  const left = async () => (await api.request('GET', MAPS)).body.items.map((item: Json) => item.metadata.name);

  expect(dry.body.items).toHaveLength(3);
  expect(page.body).toMatchObject({ kind: 'ConfigMapList', metadata: { remainingItemCount: 1, continue: expect.any(String) } });
  expect(page.body.items.map((item: Json) => item.metadata.name)).toEqual(['a', 'b']);
  expect(await left()).toEqual(['c']);
  const guarded = await api.request('DELETE', MAPS, { preconditions: { uid: 'other' } });
  expect([guarded.status, await left()]).toEqual([409, ['c']]);
});

test('a namespace terminates first, and takes no new content', async () => {
  await using api = await startApi();
  await api.request('POST', '/api/v1/namespaces', { metadata: { name: 'x' } });

  const { body: deleted } = await api.request('DELETE', '/api/v1/namespaces/x');
  const late = await api.request('POST', '/api/v1/namespaces/x/configmaps', { metadata: { name: 'a' } });
  const nowhere = await api.request('POST', '/api/v1/namespaces/y/configmaps', { metadata: { name: 'a' } });
  const immortal = await api.request('DELETE', '/api/v1/namespaces/default');

  expect(deleted).toMatchObject({ metadata: { deletionTimestamp: expect.any(String) }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Terminating' } });
  expect(late.status).toBe(403);
  expect(late.body.message).toBe('configmaps "a" is forbidden: unable to create new content in namespace x because it is being terminated');
  expect(late.body.details.causes).toEqual([{ reason: 'NamespaceTerminating', message: 'namespace x is being terminated', field: 'metadata.namespace' }]);
  expect(nowhere.body.message).toBe('namespaces "y" not found');
  expect(immortal.body.message).toBe('namespaces "default" is forbidden: this namespace may not be deleted');
});

test('a change of spec is a new generation, one of metadata is not', async () => {
  await using api = await startApi();
  const url = '/apis/apps/v1/namespaces/default/deployments';
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const { body: made } = await api.request('POST', url, { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } });
  const { body: labelled } = await api.request('PUT', `${url}/d`, { ...made, metadata: { ...made.metadata, labels: { x: 'y' } } });
  const { body: scaled } = await api.request('PUT', `${url}/d`, { ...labelled, spec: { ...labelled.spec, replicas: 3 } });

  expect([made, labelled, scaled].map(({ metadata }) => metadata.generation)).toEqual([1, 1, 2]);
});
