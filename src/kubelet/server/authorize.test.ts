import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import type { Client } from '../../client/index.ts';
import type { Resource } from '../../meta/resource.ts';
import type { ApiRequest, Peer } from '../../wire/api.ts';
import { createAuthorizer } from './authorize.ts';
import type { AuthorizerOptions } from './authorize.ts';

/** An API server that knows the token `good` as jane and allows jane, and strangers, what `allowed` lists. */
function setUp(allowed: readonly string[], options: Partial<AuthorizerOptions> = {}) {
  const asked: string[] = [];
  const tokens: string[] = [];
  const client = {
    async create(resource: Resource, { spec }: { spec: { token?: string; user?: string; resourceAttributes?: { verb: string; subresource: string } } }) {
      if (resource.kind === 'TokenReview') {
        tokens.push(spec.token!);
        return { status: spec.token === 'good' ? { authenticated: true, user: { username: 'jane', groups: ['ops'] } } : { authenticated: false } };
      }
      const what = `${spec.resourceAttributes!.verb} ${spec.resourceAttributes!.subresource}`;
      asked.push(what);
      return { status: { allowed: ['jane', 'system:anonymous'].includes(spec.user!) && allowed.includes(what) } };
    },
  } as unknown as Client;
  const clock = new ManualClock();
  const refuse = createAuthorizer({ client, nodeName: 'node-1', clock, ...options });
  const answer = (url: string, { method = 'GET', ...more }: { method?: string; token?: string; certificate?: Peer['certificate'] } = {}) => {
    const request: ApiRequest = {
      method, url, headers: more.token ? { authorization: `Bearer ${more.token}` } : {}, signal: new AbortController().signal,
      peer: { address: '192.0.2.9', ...(more.certificate ? { certificate: more.certificate } : {}) },
    };
    return refuse(request);
  };
  return { ask: async (...args: Parameters<typeof answer>) => (await answer(...args))?.status, answer, asked, tokens, clock };
}

test('the API server\'s certificate is enough, nobody\'s is not', async () => {
  const { ask, asked } = setUp([]);
  expect(await ask('/exec/a/b/c', { certificate: { commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] } })).toBeUndefined();
  expect([await ask('/pods'), await ask('/pods', { token: 'bad' })]).toEqual([401, 401]);
  expect(asked).toEqual([]);
});

test('others are let in as RBAC says, by path and method', async () => {
  const { ask, asked } = setUp(['get stats', 'create proxy', 'get pods']);
  expect(await ask('/stats/summary', { token: 'good' })).toBeUndefined();
  expect(await ask('/exec/a/b/c?command=x', { token: 'good', method: 'POST' })).toBeUndefined();
  expect(await ask('/runningpods/', { token: 'good' })).toBeUndefined();
  expect(await ask('/containerLogs/a/b/c', { token: 'good' })).toBe(403);
  expect(await ask('/metrics/resource', { certificate: { commonName: 'joe', organizations: [] } })).toBe(403);
  expect(asked).toEqual(['get stats', 'create proxy', 'get pods', 'get proxy', 'get metrics']);
});

test('health, pods and configuration may be read with a permission of their own, or with proxy as before', async () => {
  const { answer, ask } = setUp(['get proxy']);
  expect(await ask('/healthz/syncloop', { token: 'good' })).toBeUndefined();
  expect(await ask('/configz', { token: 'good' })).toBeUndefined();
  expect(await ask('/logs/syslog', { token: 'good' })).toBe(403);
  expect(await ask('/statusz', { token: 'good' })).toBeUndefined();
  expect(await setUp(['get statusz']).ask('/statusz', { token: 'good' })).toBeUndefined();
  expect(await setUp(['get statusz']).ask('/flagz', { token: 'good' })).toBe(403);
  const refusal = await setUp([]).answer('/pods', { token: 'good' });
  expect(refusal?.body?.type === 'bytes' && Buffer.concat([...refusal.body.chunks]).toString()).toBe('Forbidden (user=jane, verb=get, resource=nodes, subresource(s)=[pods proxy])\n');
  expect((await answer('/podsies', { token: 'good' }))?.status).toBeUndefined(); // proxy's
});

test('answers are believed for a while', async () => {
  const { ask, asked, tokens, clock } = setUp(['get stats']);
  for (let round = 0; round < 3; round++) await ask('/stats/summary', { token: 'good' });
  for (let round = 0; round < 3; round++) await ask('/metrics', { token: 'good' });
  expect([asked, tokens]).toEqual([['get stats', 'get metrics'], ['good']]);
  await clock.advance(31_000);
  await ask('/stats/summary', { token: 'good' });
  await ask('/metrics', { token: 'good' });
  expect(asked).toEqual(['get stats', 'get metrics', 'get metrics']);
  await clock.advance(120_000);
  await ask('/stats/summary', { token: 'good' });
  expect(tokens).toEqual(['good', 'good']);
});

test('strangers are somebody where they are let in, and then RBAC says', async () => {
  const { ask } = setUp(['get healthz'], { anonymous: true });
  expect([await ask('/healthz'), await ask('/pods'), await ask('/pods', { token: 'bad' })]).toEqual([undefined, 403, 401]);
});

test('AlwaysAllow asks nobody, but wants to know who it is', async () => {
  const { ask, asked } = setUp([], { authorization: 'AlwaysAllow' });
  expect([await ask('/run/a/b/c', { token: 'good', method: 'POST' }), await ask('/pods')]).toEqual([undefined, 401]);
  expect(asked).toEqual([]);
});

test('tokens count for nothing where they are not reviewed', async () => {
  const { ask, tokens } = setUp(['get stats'], { tokens: false });
  expect(await ask('/stats/summary', { token: 'good' })).toBe(401);
  expect(tokens).toEqual([]);
});
