import { expect, test } from 'vitest';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import type { BackendTarget } from '../config.ts';
import { type Json, startApi, type TestApi } from '../testing/start-api.ts';

const OWN = 'https://kubernetes.default.svc.cluster.local';
const tokenWebhook = { kind: 'remote', url: 'https://tokens.example.com/review', identity: { cert: 'C', key: 'K' } } as const;

/** A service that knows tokens; undefined where it fails. */
function service(statusOf: (spec: Json) => Json | undefined) {
  const asked: Json[] = [];
  const askBackend = async ({ identity }: BackendTarget, { url, body }: ApiRequest): Promise<ApiResponse> => {
    const review = JSON.parse(new TextDecoder().decode(body?.type === 'bytes' ? body.bytes : undefined));
    asked.push({ identity, url, kind: review.kind, apiVersion: review.apiVersion, spec: review.spec });
    const status = statusOf(review.spec);
    if (status === undefined) throw new Error('connection refused');
    return { status: 200, headers: { 'content-type': 'application/json' }, body: { type: 'bytes', chunks: [new TextEncoder().encode(JSON.stringify({ ...review, status }))] } };
  };
  return { asked, askBackend };
}

async function whoIs(api: TestApi, token: string): Promise<Json> {
  const { status, body } = await api.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { user: null, headers: { authorization: `Bearer ${token}` } });
  return status === 201 ? body.status.userInfo : status;
}
const user = { username: 'ann', uid: '7', groups: ['dev'], extra: { tenant: ['t'] } };

test('a token that nobody else knows is asked about, once in two minutes, whoever it is', async () => {
  const { asked, askBackend } = service(({ token }) => (token === 'good' ? { authenticated: true, user } : { authenticated: false, user: {} }));
  await using api = await startApi({ config: { askBackend, tokenWebhook } });

  for (let times = 0; times < 2; times++) {
    expect(await whoIs(api, 'good')).toEqual({ ...user, groups: ['dev', 'system:authenticated'] });
    expect(await whoIs(api, 'bad')).toBe(401);
  }
  expect(asked).toHaveLength(2);
  expect(asked[0]).toEqual({ identity: { cert: 'C', key: 'K' }, url: '/review?timeout=30s', kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: { token: 'good', audiences: [OWN] } });
  await api.clock.advance(120_000);
  await whoIs(api, 'good');
  expect(asked).toHaveLength(3);
});

test('a service that fails, or says why it cannot tell, is asked again', async () => {
  const answers = [undefined, { authenticated: false, error: 'database is down' }, { authenticated: true, user }];
  const { askBackend } = service(() => answers.shift());
  await using api = await startApi({ config: { askBackend, tokenWebhook } });

  expect([await whoIs(api, 'x'), await whoIs(api, 'x'), (await whoIs(api, 'x')).username]).toEqual([401, 401, 'ann']);
});

test('a token is for the audiences that the service tells; for ours, where it tells none', async () => {
  const { askBackend } = service(({ token }) => ({ authenticated: true, user, ...(token === 'shop' ? { audiences: ['shop', 'bank'] } : {}) }));
  await using api = await startApi({ config: { askBackend, tokenWebhook } });
  const review = async (token: string, audiences: readonly string[]) => {
    const { authenticated, audiences: told } = (await api.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token, audiences } })).body.status;
    return [authenticated, told];
  };

  expect(await review('shop', ['shop', 'pub'])).toEqual([true, ['shop']]);
  expect(await whoIs(api, 'shop')).toBe(401);
  expect(await review('any', ['shop'])).toEqual([false, undefined]);
  expect(await review('any', ['shop', OWN])).toEqual([true, [OWN]]);
});
