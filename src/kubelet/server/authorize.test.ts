import { expect, test } from 'vitest';
import type { Client } from '../../client/index.ts';
import type { Resource } from '../../meta/resource.ts';
import type { ApiRequest, Peer } from '../../wire/api.ts';
import { refuse } from './authorize.ts';

/** An API server that knows the token `good` as jane and allows jane what `allowed` lists. */
function setUp(allowed: readonly string[]) {
  const asked: string[] = [];
  const client = {
    async create(resource: Resource, { spec }: { spec: { token?: string; user?: string; resourceAttributes?: { verb: string; subresource: string } } }) {
      if (resource.kind === 'TokenReview') return { status: spec.token === 'good' ? { authenticated: true, user: { username: 'jane', groups: ['ops'] } } : { authenticated: false } };
      const what = `${spec.resourceAttributes!.verb} ${spec.resourceAttributes!.subresource}`;
      asked.push(what);
      return { status: { allowed: spec.user === 'jane' && allowed.includes(what) } };
    },
  } as unknown as Client;
  const ask = async (url: string, { method = 'GET', ...more }: { method?: string; token?: string; certificate?: Peer['certificate'] } = {}) => {
    const request: ApiRequest = {
      method, url, headers: more.token ? { authorization: `Bearer ${more.token}` } : {}, signal: new AbortController().signal,
      peer: { address: '192.0.2.9', ...(more.certificate ? { certificate: more.certificate } : {}) },
    };
    return (await refuse({ client, nodeName: 'node-1' }, request))?.status;
  };
  return { ask, asked };
}

test('the API server\'s certificate is enough, nobody\'s is not', async () => {
  const { ask, asked } = setUp([]);
  expect(await ask('/exec/a/b/c', { certificate: { commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] } })).toBeUndefined();
  expect([await ask('/pods'), await ask('/pods', { token: 'bad' })]).toEqual([401, 401]);
  expect(asked).toEqual([]);
});

test('others are let in as RBAC says, by path and method', async () => {
  const { ask, asked } = setUp(['get stats', 'create proxy']);
  expect(await ask('/stats/summary', { token: 'good' })).toBeUndefined();
  expect(await ask('/exec/a/b/c?command=x', { token: 'good', method: 'POST' })).toBeUndefined();
  expect(await ask('/containerLogs/a/b/c', { token: 'good' })).toBe(403);
  expect(await ask('/metrics/resource', { certificate: { commonName: 'joe', organizations: [] } })).toBe(403);
  expect(asked).toEqual(['get stats', 'create proxy', 'get proxy', 'get metrics', 'get proxy']);
});
