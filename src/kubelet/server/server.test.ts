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

/** Only sshd logs to it. */
const journal = async (_command: string, args: readonly string[]) => ({ code: 0, stdout: args.includes('--lines=1') ? (args.includes('sshd') ? 'line' : '') : args.join(' '), stderr: '' });

function setUp(more: Partial<ServerContext> = {}) {
  const clock = new ManualClock();
  const cri = new FakeCri({ clock, random: seededRandom(1), images: ['i'] });
  const pod = podOf({ containers: [{ name: 'a' }] });
  const at = {
    context: { cri, clock, log: silent, mounter: { run: journal }, rootDir: dir, logDir: dir, statuses: { latest: () => undefined } }, nodeName: 'n1', cpus: 1, metrics: new KubeletMetrics(), collectors: [],
    workers: { list: () => [pod], active: () => [pod], get: (namespace: string, name: string) => (namespace === 'default' && name === 'web' ? pod : undefined) },
    stats: { podsWithDisks: async () => [] }, configuration: { maxPods: 7 }, systemLogs: join(dir, 'log'), logQuery: false, process: { startedAt: clock.now() - 3_723_000, version: 'v1.36.0', flags: { 'root-dir': '/r', 'node-ip': '192.0.2.1' } },
    health: new Health({ ping: () => undefined, syncloop: () => undefined }), ...more,
  } as unknown as ServerContext;
  return { at, cri, ask: (url: string, { method = 'GET', isSecure = true, debugging = true, headers = {} } = {}) => answer(at, request(url, method, headers), { isSecure, debugging }) };
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
  expect([(await ask('/debug/pprof/heap')).status, await textOf(await ask('/debug/pprof/heap'))]).toEqual([405, 'profiling endpoint is disabled.\n']);
  expect(await textOf(await ask('/debug/flags/v', { method: 'PUT' }))).toBe('flags endpoint is disabled.\n');
  expect((await ask('/debug/other')).status).toBe(404);
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

test('logs of services are asked for by name where that is on', async () => {
  const { ask } = setUp({ logQuery: true });
  expect(await textOf(await ask('/logs/?query=syslog'))).toBe('one\ntwo\n');
  expect(await textOf(await ask('/logs/?query=/syslog'))).toBe('one\ntwo\n');
  expect(await textOf(await ask('/logs/syslog'))).toBe('one\ntwo\n');
  expect(await textOf(await ask('/logs/?query=nobody'))).toBe('\nlog not found for nobody\n');
  expect(await textOf(await ask('/logs/?query=leak'))).toBe('\nlog not found for leak\n');
  expect(await textOf(await ask('/logs/?query=sshd&query=syslog'))).toBe('--utc --no-pager --output=short-precise --unit=sshd --boot 0one\ntwo\n');
  expect(await textOf(await ask('/logs/?query=sshd&tailLines=5&sinceTime=2026-01-02T03:04:05Z&boot=-1&pattern=x'))).toBe(
    '--utc --no-pager --output=short-precise --since=2026-01-02 03:04:05 --lines=5 --unit=sshd --grep=x --case-sensitive=false --boot -1');
  expect(await textOf(await ask('/logs/?query=syslog&tailLines=5'))).toBe('\noptions present and query resolved to log files for [syslog]\ntry without specifying options\n');
  const refused = async (query: string) => {
    const response = await ask(query);
    return `${response.status} ${await textOf(response)}`;
  };
  expect(await refused('/logs/?query=%20')).toBe('400 query: Invalid value: [" "]: query cannot be empty\n');
  expect(await refused('/logs/?query=a&tailLines=x')).toBe('400 tailLines: Invalid value: "x": strconv.Atoi: parsing "x": invalid syntax\n');
  expect(await refused('/logs/pods?query=a')).toBe('406 path not allowed in query mode\n');
  expect(await refused('/logs/?boot=1')).toBe('406 [query: Required value: cannot be empty with options, boot: Invalid value: 1: must be less than 1]\n');
  expect(await refused('/logs/?query=a;b')).toBe('406 query: Invalid value: "a;b": input contains unsupported characters\n');
  expect(await refused('/logs/?query=/leak')).toMatch(/^406 query: Invalid value: \["\/leak"\]: stat .*: no such file or directory\n$/);
  expect(await refused('/logs/?query=a&pattern=(')).toBe('406 pattern: Invalid value: "(": error parsing regexp: missing closing ): `(`\n');
  expect(await refused('/logs/?query=a&query=/syslog')).toBe('406 query: Invalid value: "[/syslog], [a]": cannot specify a file and service\n');
});

test('pages about the program, in plain text or in the version that is asked for', async () => {
  const { ask } = setUp();
  const warning = 'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.';
  expect(await textOf(await ask('/statusz'))).toBe(
    `\nkubelet statusz\n${warning}\n\nStarted: Wed Dec 31 22:57:57 UTC 2025\nUp: 1 hr 02 min 03 sec\nGo version: none\nBinary version: 1.36.0\nEmulation version: 1.36\nPaths: /configz /flagz /healthz /metrics\n`);
  expect(await textOf(await ask('/flagz'))).toBe(`\nkubelet flags\n${warning}\n\nnode-ip=192.0.2.1\nroot-dir=/r\n`);
  const accept = (as: string) => ({ headers: { accept: `application/json;v=v1beta1;g=config.k8s.io;as=${as}` } });
  expect(JSON.parse(await textOf(await ask('/statusz', accept('Statusz'))))).toMatchObject({ kind: 'Statusz', apiVersion: 'config.k8s.io/v1beta1', metadata: { name: 'kubelet' }, uptimeSeconds: 3723, binaryVersion: '1.36.0' });
  expect(JSON.parse(await textOf(await ask('/flagz', accept('Flagz'))))).toEqual({ kind: 'Flagz', apiVersion: 'config.k8s.io/v1beta1', metadata: { name: 'kubelet' }, flags: { 'node-ip': '192.0.2.1', 'root-dir': '/r' } });
  expect((await ask('/statusz', { headers: { accept: 'application/json' } })).status).toBe(406);
  expect((await ask('/flagz', { isSecure: false })).status).toBe(404);
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
