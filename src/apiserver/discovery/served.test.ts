import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Json, startApi, type TestApi } from '../testing/start-api.ts';

let api: TestApi;
let paths: Json;
beforeAll(async () => {
  api = await startApi();
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } }); // pods wait for it
  paths = (await api.request('GET', '/openapi/v2')).body.paths;
});
afterAll(() => api?.[Symbol.asyncDispose]());

test('every published operation is served', async () => {
  const unserved: string[] = [];
  const stop = new AbortController();
  for (const [path, item] of Object.entries<Json>(paths)) {
    const url = path.replace('{namespace}', 'default').replace('{name}', 'nobody').replace('{path}', 'x').replace('{logpath}', 'x');
    for (const method of Object.keys(item).filter((key) => key !== 'parameters')) {
      const headers: Record<string, string> = method === 'patch' ? { 'content-type': 'application/merge-patch+json' } : {};
      const { status, body, headers: answered } = await api.raw(method.toUpperCase(), url, ['put', 'post', 'patch'].includes(method) ? {} : undefined, { headers, signal: stop.signal });
      const text = body?.type === 'bytes' ? Buffer.concat(body.chunks).toString() : '';
      // What is not there is a Status; what is not served is a page of text.
      if (status === 405 || text.includes('the server could not find') || (status === 404 && !answered['content-type']?.startsWith('application/json') && !path.includes('logpath'))) unserved.push(`${method} ${path}: ${status}`);
    }
  }
  stop.abort();
  expect(unserved).toEqual([]);
});

test('every resource that is served is published', async () => {
  const { body: index } = await api.request('GET', '/openapi/v3');
  const versions = Object.keys(index.paths).filter((path) => /^(api|apis\/[^/]+)\/v/.test(path));
  const missing: string[] = [];
  for (const version of versions) {
    const { body } = await api.request('GET', `/${version}`);
    for (const { name, namespaced, verbs } of body.resources) {
      const [plural, subresource] = name.split('/');
      const collection = `/${version}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}`;
      const path = subresource ? `${collection}/{name}/${subresource}` : verbs.includes('list') || verbs.includes('create') ? collection : `${collection}/{name}`;
      if (!paths[path]) missing.push(path);
    }
  }
  expect(missing).toEqual([]);
});
