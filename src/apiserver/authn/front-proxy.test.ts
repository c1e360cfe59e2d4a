import { expect, test } from 'vitest';
import { startApi, type TestApi } from '../testing/start-api.ts';

const JANE = { 'x-remote-user': 'jane', 'x-remote-uid': '7', 'x-remote-group': 'cn=dev, dc=example\nops', 'x-remote-extra-example.com%2fteam': 'a\nb' };
const ask = async (api: TestApi, headers: Readonly<Record<string, string>>, commonName = 'front-proxy-client') => {
  const { status, body } = await api.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { proxy: { commonName }, headers });
  return status === 201 ? body.status.userInfo : status;
};

test('a front proxy says who asks', async () => {
  await using api = await startApi();
  expect(await ask(api, JANE)).toEqual({ username: 'jane', uid: '7', groups: ['cn=dev, dc=example', 'ops', 'system:authenticated'], extra: { 'example.com/team': ['a', 'b'] } });
});

test('one of another name, or one that names nobody, is turned away', async () => {
  await using api = await startApi();
  expect(await ask(api, JANE, 'someone')).toBe(401);
  expect(await ask(api, { 'x-remote-group': 'system:masters' })).toBe(401);
});

test('nobody else may say who he is', async () => {
  await using api = await startApi();
  const { body } = await api.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { certificate: { commonName: 'eve', organizations: [] }, headers: JANE });
  expect(body.status.userInfo).toEqual({ username: 'eve', groups: ['system:authenticated'] });
  expect((await api.request('GET', '/api/v1/nodes', undefined, { user: null, headers: { ...JANE, 'x-remote-group': 'system:masters' } })).status).toBe(403);
});
