import { expect, test } from 'vitest';
import type { Logger } from '../../base/log.ts';
import { silent } from '../../base/log.ts';
import { type Json, startApi, type StartApi } from '../testing/start-api.ts';

async function startAudited(options: StartApi = {}) {
  const events: Json[] = [];
  const api = await startApi({ ...options, config: { ...options.config, audit: (line) => void events.push(JSON.parse(line)) } });
  events.length = 0;
  return { events, api, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

const POD = '/api/v1/namespaces/default/pods/x';

test('audit hears of every request, whose it is and how it went', async () => {
  await using audited = await startAudited();
  const { api, events } = audited;

  const { headers } = await api.request('GET', POD, undefined, {
    headers: { 'impersonate-user': 'jane', 'impersonate-group': 'system:masters', 'user-agent': 'test/1', 'x-forwarded-for': '192.0.2.7' },
  });

  expect(events).toMatchObject([
    { kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'Metadata', stage: 'RequestReceived', verb: 'get', user: { username: 'admin' }, userAgent: 'test/1', sourceIPs: ['192.0.2.7', '127.0.0.1'] },
    {
      stage: 'ResponseComplete', impersonatedUser: { username: 'jane' }, requestURI: POD,
      objectRef: { resource: 'pods', namespace: 'default', name: 'x', apiVersion: 'v1' },
      responseStatus: { metadata: {}, status: 'Failure', reason: 'NotFound', message: 'pods "x" not found', code: 404 },
      annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
    },
  ]);
  expect(headers['audit-id']).toBe(events[0].auditID);
  expect(events[1].auditID).toBe(events[0].auditID);
});

test('the identity that a caller gives its request is kept', async () => {
  await using audited = await startAudited();

  const { headers } = await audited.api.request('GET', POD, undefined, { headers: { 'audit-id': 'mine' } });

  expect([headers['audit-id'], audited.events[0].auditID]).toEqual(['mine', 'mine']);
});

test('a watch is told of when it starts and when it has ended', async () => {
  await using audited = await startAudited();
  const { api, events } = audited;
  const watch = await api.watch('/api/v1/namespaces?watch=true');
  await watch.take(1);
  const before = events.map(({ stage }: Json) => stage);
  watch.stop();
  await watch.rest();

  expect(before).toEqual(['RequestReceived', 'ResponseStarted']);
  expect(events.map(({ stage }: Json) => stage)).toEqual([...before, 'ResponseComplete']);
});

test('who may not is told of with the decision', async () => {
  await using audited = await startAudited();
  await audited.api.request('GET', POD, undefined, { certificate: { commonName: 'joe', organizations: [] } });

  expect(audited.events.at(-1)).toMatchObject({ responseStatus: { code: 403, reason: 'Forbidden' }, annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' } });
});

test('who cannot say who it is is told of without a user', async () => {
  await using audited = await startAudited();
  await audited.api.request('GET', POD, undefined, { user: null, headers: { authorization: 'Bearer nonsense' } });

  expect(audited.events).toMatchObject([{ stage: 'ResponseStarted', user: {}, responseStatus: { status: 'Failure', message: 'Authentication failed, attempted: bearer', reason: 'Unauthorized', code: 401 } }]);
});

test('a policy may want nothing, or not all stages', async () => {
  await using audited = await startAudited({
    config: { auditPolicy: (_, info) => ({ level: info.resource === 'pods' ? 'Metadata' : 'None', omitStages: ['RequestReceived'] }) },
  });
  await audited.api.request('GET', '/api/v1/namespaces');
  await audited.api.request('GET', POD);

  expect(audited.events.map(({ stage, objectRef }: Json) => [stage, objectRef.resource])).toEqual([['ResponseComplete', 'pods']]);
});

test('a mistake of ours is answered 500, audited as a panic, and the server lives on', async () => {
  const logged: string[] = [];
  const log: Logger = { ...silent, error: (message) => void logged.push(message), with: () => log };
  let broken = false;
  await using audited = await startAudited({
    log, config: { dial: () => { throw new TypeError('x is not a function'); }, auditPolicy: () => { if (broken) throw new TypeError('y'); return { level: 'Metadata', omitStages: [] }; } },
  });
  const { api } = audited;
  broken = true;
  const { status, text } = await api.request('GET', POD);
  broken = false;

  expect([status, text]).toEqual([500, 'This request caused apiserver to panic. Look in the logs for details.\n']);
  expect(logged).toEqual(['a request panicked']);
  expect((await api.request('GET', POD)).status).toBe(404);
});
