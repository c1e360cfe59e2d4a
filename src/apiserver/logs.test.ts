import { expect, test } from 'vitest';
import { startApi } from './testing/start-api.ts';

const logs = {
  list: async () => ['b.log', 'a&b.log'],
  read: async (name: string) => (name === 'b.log' ? (async function* () { yield [new TextEncoder().encode('line\n')]; })() : undefined),
};

test("/logs/ lists the cluster's log files and reads them, for admins alone", async () => {
  await using api = await startApi({ config: { logs } });
  const list = await api.request('GET', '/logs/');

  expect([list.headers['content-type'], list.text]).toEqual(['text/html; charset=utf-8',
    '<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n<a href="a%26b.log">a&amp;b.log</a>\n<a href="b.log">b.log</a>\n</pre>\n']);
  expect((await api.request('GET', '/logs/b.log')).text).toBe('line\n');
  expect((await api.request('GET', '/logs/c.log')).status).toBe(404);
  expect((await api.request('GET', '/logs/..%2Fpki%2Fca.key')).status).toBe(404);
  expect((await api.request('GET', '/logs/', undefined, { user: { username: 'eve', groups: ['system:authenticated'] } })).status).toBe(403);
});
