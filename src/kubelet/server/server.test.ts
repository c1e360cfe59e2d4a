import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import { FakeCri } from '../cri/fake-cri.ts';
import { KubeletMetrics } from '../metrics/metrics.ts';
import { podOf } from '../testing/pods.ts';
import { Health } from './health.ts';
import type { ServerContext } from './kubelet-server.ts';
import { answer, namesOf } from './routes.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'knarr-server-'));
  await mkdir(join(dir, 'log', 'pods'), { recursive: true });
  await writeFile(join(dir, 'secret'), 'not for you');
  await writeFile(join(dir, 'log', 'syslog'), 'one\ntwo\n');
  await writeFile(join(dir, 'log', '<odd> & "name"'), 'odd');
  await symlink(join(dir, 'secret'), join(dir, 'log', 'leak'));
  await symlink(join(dir, 'log', 'syslog'), join(dir, 'log', 'pods', 'link'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const request = (url: string, method = 'GET', headers = {}): ApiRequest => ({ method, url, headers, peer: { address: '' }, signal: new AbortController().signal });

async function textOf({ body }: ApiResponse): Promise<string> {
  if (body?.type === 'bytes') return Buffer.concat([...body.chunks]).toString();
  const parts: Uint8Array[] = [];
  if (body?.type === 'stream') for await (const chunks of body.chunks) parts.push(...chunks);
  return Buffer.concat(parts).toString();
}

function setUp(more: Partial<ServerContext> = {}) {
  const clock = new ManualClock();
  const cri = new FakeCri({ clock, random: seededRandom(1), images: ['i'] });
  const pod = podOf({ containers: [{ name: 'a' }] });
  const at = {
    context: { cri, clock, log: silent, rootDir: dir, logDir: dir, statuses: { latest: () => undefined } }, nodeName: 'n1', cpus: 1, metrics: new KubeletMetrics(), collectors: [],
    workers: { list: () => [pod], active: () => [pod], get: (namespace: string, name: string) => (namespace === 'default' && name === 'web' ? pod : undefined) },
    stats: { podsWithDisks: async () => [] }, configuration: { maxPods: 7 }, systemLogs: join(dir, 'log'),
    health: new Health({ ping: () => undefined, syncloop: () => undefined }), ...more,
  } as unknown as ServerContext;
  return { at, cri, ask: (url: string, { method = 'GET', isSecure = true, debugging = true } = {}) => answer(at, request(url, method), { isSecure, debugging }) };
}

test('health, in whole and in parts', async () => {
  const { ask } = setUp();
  expect(await textOf(await ask('/healthz'))).toBe('ok');
  expect(await textOf(await ask('/healthz?verbose'))).toBe('[+]ping ok\n[+]syncloop ok\nhealthz check passed\n');
  expect(await textOf(await ask('/healthz/syncloop'))).toBe('ok');
  expect((await ask('/healthz/nothing')).status).toBe(404);
  const { ask: askIll } = setUp({ health: new Health({ ping: () => undefined, syncloop: () => 'sync Loop took longer than expected' }) });
  expect([(await askIll('/healthz')).status, await textOf(await askIll('/healthz'))]).toEqual([500, '[+]ping ok\n[-]syncloop failed: reason withheld\nhealthz check failed\n']);
  expect(await textOf(await askIll('/healthz/syncloop'))).toBe('internal server error: sync Loop took longer than expected\n');
  expect(await textOf(await askIll('/healthz?exclude=syncloop'))).toBe('ok');
  expect(await textOf(await askIll('/metrics/slis'))).toContain('kubernetes_healthcheck{name="syncloop",type="healthz"} 0\n');
});

test('the configuration in force', async () => {
  expect(JSON.parse(await textOf(await setUp().ask('/configz')))).toEqual({ kubeletconfig: { maxPods: 7 } });
});

test('what runs, by the runtime\'s account', async () => {
  const { ask, cri } = setUp();
  const labels = { 'io.kubernetes.pod.name': 'p', 'io.kubernetes.pod.namespace': 'n', 'io.kubernetes.pod.uid': 'u', 'io.kubernetes.container.name': 'a' };
  const sandboxId = await cri.runPodSandbox({ metadata: { name: 'p', namespace: 'n', uid: 'u' }, labels });
  await cri.startContainer(await cri.createContainer({ sandboxId }, { metadata: { name: 'a' }, image: { image: 'i' }, labels }));
  const { items } = JSON.parse(await textOf(await ask('/runningpods/'))) as { items: object[] };
  expect(items).toMatchObject([{ metadata: { name: 'p', namespace: 'n', uid: 'u' }, spec: { containers: [{ name: 'a', image: 'i' }] } }]);
});

test('methods, unknown paths and what is only for known callers', async () => {
  const { ask } = setUp();
  expect((await ask('/pods', { method: 'POST' })).status).toBe(405);
  expect((await ask('/pods', { method: 'POST' })).headers.allow).toBe('GET');
  expect((await ask('/run/default/web/a')).status).toBe(405);
  expect((await ask('/debug/pprof/heap')).status).toBe(404);
  expect((await ask('/configz', { isSecure: false })).status).toBe(404);
  expect((await ask('/pods', { isSecure: false })).status).toBe(200);
  expect([(await ask('/exec/a/b/c', { debugging: false })).status, await textOf(await ask('/exec/a/b/c', { debugging: false }))]).toEqual([405, 'Debug endpoints are disabled.\n']);
});

test('a runtime that cannot checkpoint says so', async () => {
  const { ask } = setUp();
  expect((await ask('/checkpoint/default/web/a')).status).toBe(405);
  expect(await textOf(await ask('/checkpoint/default/none/a', { method: 'POST' }))).toBe('pod does not exist');
  expect(await textOf(await ask('/checkpoint/default/web/b', { method: 'POST' }))).toBe('container b does not exist');
  expect(await textOf(await ask('/checkpoint/default/web/a?timeout=x', { method: 'POST' }))).toBe('cannot parse value of timeout parameter');
  expect(await textOf(await ask('/checkpoint/default/web/a', { method: 'POST' }))).toBe('checkpointing of default/web/a failed (container "a" not found in pod "web_default")');
});

test('the machine\'s logs are listed and read, and nothing beside them', async () => {
  const { ask } = setUp();
  expect(await textOf(await ask('/logs/syslog'))).toBe('one\ntwo\n');
  expect(await textOf(await ask('/logs/pods/link'))).toBe('one\ntwo\n');
  const listing = await textOf(await ask('/logs/'));
  expect(listing).toContain('<a href="pods/">pods/</a>\n');
  expect(listing).toContain('&lt;odd&gt; &amp; &#34;name&#34;');
  expect((await ask('/logs/pods')).headers.location).toBe('pods/');
  for (const path of ['/logs/leak', '/logs/..%2fsecret', '/logs/%2e%2e/secret', '/logs/nothing', '/logs/pods/..%2f..%2fsecret']) {
    const response = await ask(path);
    expect([path, response.status >= 400, (await textOf(response)).includes('not for you')]).toEqual([path, true, false]);
  }
  expect((await setUp({ systemLogs: undefined }).ask('/logs/syslog')).status).toBe(405);
});

test('what the kubelet counts, with what others do', async () => {
  const { ask, at } = setUp({ collectors: [() => [{ name: 'other_total', type: 'counter', help: 'x', samples: [{ labels: '', value: 3 }] }]] });
  at.metrics.request({ ...namesOf(request('/metrics/cadvisor')), serverType: 'readwrite' }, () => 0)();
  const text = await textOf(await ask('/metrics'));
  expect(text).toContain('kubelet_node_name{node="n1"} 1\n');
  expect(text).toContain('other_total 3\n');
  expect(text).toContain('kubelet_http_requests_total{long_running="false",method="GET",path="metrics/cadvisor",server_type="readwrite"} 1\n');
  expect((await ask('/metrics/other')).status).toBe(404);
});

test('requests are counted under a few names', () => {
  expect(['/exec/a/b/c', '/anything', '/metrics', '/metrics/none', '/debug/pprof'].map((url) => namesOf(request(url)))).toEqual([
    { path: 'exec', method: 'GET', longRunning: true }, { path: 'other', method: 'GET', longRunning: false }, { path: 'metrics', method: 'GET', longRunning: false },
    { path: 'metrics', method: 'GET', longRunning: false }, { path: 'debug', method: 'GET', longRunning: false },
  ]);
  expect(namesOf(request('/pods', 'BREW')).method).toBe('other');
});
