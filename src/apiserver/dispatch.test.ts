import { expect, test } from 'vitest';
import { startApi } from './testing/start-api.ts';

const NO_ROUTE = [404, 'the server could not find the requested resource'];
const NO_METHOD = [405, 'the server does not allow this method on the requested resource'];

test.each([
  ['GET', '/api/v1/nothings', NO_ROUTE],
  ['GET', '/api/v1/namespaces/default/pods/p/nothing', NO_ROUTE],
  ['GET', '/api/v1/pods/p', NO_ROUTE],
  ['GET', '/api/v1/namespaces/default/nodes', NO_ROUTE],
  ['GET', '/api/v1/namespaces/default/constructor', NO_ROUTE],
  ['POST', '/api/v1/pods', NO_METHOD],
  ['DELETE', '/api/v1/configmaps', NO_METHOD],
  ['POST', '/api/v1/namespaces/default/pods/p', NO_METHOD],
  ['PUT', '/api/v1/namespaces/default/pods', NO_METHOD],
  ['PATCH', '/api/v1/nodes', NO_METHOD],
  ['BREW', '/api/v1/nodes', NO_METHOD],
])('%s %s is told as upstream\'s router tells it', async (method, url, expected) => {
  await using api = await startApi();
  const { status, body } = await api.request(method, url, method === 'GET' ? undefined : {});
  expect([status, body.message]).toEqual(expected);
  expect(body.details).toEqual({});
});

test('groups and versions that nobody serves are no pages', async () => {
  await using api = await startApi();
  const { status, text } = await api.request('GET', '/apis/example.com/v1/things');
  expect([status, text]).toEqual([404, '404 page not found\n']);
});
