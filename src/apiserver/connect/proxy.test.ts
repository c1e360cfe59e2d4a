import { expect, test } from 'vitest';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import { type StartApi, startApi, type TestApi } from '../testing/start-api.ts';
import type { DialTarget } from '../config.ts';
import { checkProxyable, parseNamed } from './proxy-target.ts';

const PODS = '/api/v1/namespaces/default/pods';
const SERVICES = '/api/v1/namespaces/default/services';
const MERGE = { headers: { 'content-type': 'application/merge-patch+json' } };
const saying = (text: string, headers: Readonly<Record<string, string>> = {}): ApiResponse => ({ status: 200, headers, body: { type: 'bytes', chunks: [new TextEncoder().encode(text)] } });

interface Dialed {
  readonly target: DialTarget;
  readonly request: ApiRequest;
}

/** A server with a pod behind a service, both of which answer as given. */
async function withPod(answer: () => Promise<ApiResponse> = async () => saying('hello'), config: StartApi['config'] = {}): Promise<TestApi & { readonly dialed: Dialed[] }> {
  const dialed: Dialed[] = [];
  const dial = async (target: DialTarget, request: ApiRequest) => (dialed.push({ target, request }), answer());
  const kubelet = async (_node: unknown, request: ApiRequest) => dial({ scheme: 'https', host: 'kubelet', port: 10250 }, request);
  const api = await startApi({ config: { dial, kubelet, ...config } });
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  await api.request('POST', PODS, { metadata: { name: 'p' }, spec: { nodeName: 'n', containers: [{ name: 'a', image: 'i' }, { name: 'c', image: 'i', ports: [{ containerPort: 8080 }, { containerPort: 9 }] }] } });
  await setIp(api, '10.244.0.5');
  await api.request('POST', SERVICES, { metadata: { name: 's' }, spec: { selector: { a: 'b' }, ports: [{ name: 'web', port: 80, targetPort: 8080 }, { name: 'tls', port: 443 }] } });
  await api.request('POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    metadata: { name: 's', labels: { 'kubernetes.io/service-name': 's' } }, addressType: 'IPv4', ports: [{ name: 'web', port: 8080, protocol: 'TCP' }],
    endpoints: [
      { addresses: ['10.244.0.5'], conditions: { ready: true }, targetRef: { kind: 'Pod', name: 'p', namespace: 'default' } },
      { addresses: ['192.0.2.66'], conditions: { ready: true } },
      { addresses: ['192.0.2.67'], conditions: { ready: true }, targetRef: { kind: 'Pod', name: 'p', namespace: 'default' } },
    ],
  });
  await api.request('POST', '/api/v1/nodes', { metadata: { name: 'n' } });
  await api.request('PATCH', '/api/v1/nodes/n/status', { status: { addresses: [{ type: 'InternalIP', address: '192.0.2.7' }] } }, MERGE);
  return Object.assign(api, { dialed });
}

const setIp = (api: TestApi, ip: string) => api.request('PATCH', `${PODS}/p/status`, { status: { podIP: ip, podIPs: [{ ip }] } }, MERGE);

test.each([
  [`${PODS}/p/proxy/x`, 'http://10.244.0.5:8080'], [`${PODS}/p:9/proxy/x`, 'http://10.244.0.5:9'], [`${PODS}/https:p:9/proxy/x`, 'https://10.244.0.5:9'],
  [`${SERVICES}/s:web/proxy/x`, 'http://10.244.0.5:8080'], [`${SERVICES}/s:80/proxy/x`, 'http://10.244.0.5:8080'], [`${SERVICES}/https:s:web/proxy/x`, 'https://10.244.0.5:8080'],
  ['/api/v1/nodes/n/proxy/x', 'https://kubelet:10250'], ['/api/v1/nodes/n:10250/proxy/x', 'https://kubelet:10250'], ['/api/v1/nodes/n:9100/proxy/x', 'http://192.0.2.7:9100'],
])('%s leads to %s', async (path, where) => {
  await using api = await withPod();
  expect((await api.request('GET', path)).text).toBe('hello');
  const { target: { scheme, host, port } } = api.dialed[0]!;
  expect(`${scheme}://${host}:${port}`).toBe(where);
});

test.each([
  [`${PODS}/ftp:p:9/proxy/x`, 400, 'invalid pod request "ftp:p:9"'], [`${SERVICES}/a:b:c:d/proxy/x`, 400, 'invalid service request "a:b:c:d"'], ['/api/v1/nodes/:9/proxy/x', 400, 'invalid node request ":9"'],
  [`${SERVICES}/s:81/proxy/x`, 503, 'no service port 81 found for service "s"'], [`${SERVICES}/s:tls/proxy/x`, 503, 'no endpoints available for service "s:tls"'],
  [`${SERVICES}/s/proxy/x`, 503, 'no endpoints available for service "s"'], [`${PODS}/q/proxy/x`, 404, 'pods "q" not found'],
])('%s is answered with %i %s', async (path, status, message) => {
  await using api = await withPod();
  const answer = await api.request('GET', path);
  expect([answer.status, answer.body.message]).toEqual([status, message]);
  expect(api.dialed).toEqual([]);
});

test.each(['127.0.0.1', '127.9.9.9', '169.254.169.254', '0.0.0.0', '224.0.0.1', '::1', '::', 'fe80::1', 'febf::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:169.254.169.254', 'localhost', 'LOCALHOST', ''])('"%s" is not reached through the proxy', (address) => {
  expect(() => checkProxyable(address)).toThrow('address not allowed');
});

test('other addresses are', () => {
  for (const address of ['10.244.0.5', '192.0.2.1', 'fd00::1', '2001:db8::1', '::ffff:10.0.0.1', 'node-1.example']) checkProxyable(address);
});

test('a pod that says it has the server\'s own address is refused', async () => {
  await using api = await withPod();
  await setIp(api, '127.0.0.1');
  const answer = await api.request('GET', `${PODS}/p/proxy/`);
  expect([answer.status, answer.body.message]).toEqual([400, 'address not allowed']);
  expect(api.dialed).toEqual([]);
});

test('every method, path and query go on as they were sent, credentials and the connection\'s own headers do not', async () => {
  await using api = await withPod();
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) await api.request(method, `${PODS}/p/proxy/a%2Fb/c%20d/?q=%2F&q=1`, method === 'POST' ? { a: 1 } : undefined);
  expect(api.dialed.map(({ request }) => request.method)).toEqual(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
  expect(new Set(api.dialed.map(({ request }) => request.url))).toEqual(new Set(['/a%2Fb/c%20d/?q=%2F&q=1']));

  await api.request('GET', `${PODS}/p/proxy/x`, undefined, {
    headers: {
      authorization: 'Bearer t', 'x-remote-user': 'x', host: 'api.example', cookie: 'a=b', accept: 'a/b',
      connection: 'close, X-Hop', 'x-hop': '1', te: 'trailers', 'keep-alive': '1', 'proxy-authorization': 'x', 'x-forwarded-for': '198.51.100.1',
    },
  });
  expect(api.dialed.at(-1)!.request.headers).toEqual({
    host: 'api.example', cookie: 'a=b', accept: 'a/b', 'x-forwarded-for': '198.51.100.1, 127.0.0.1', 'x-forwarded-uri': `${PODS}/p/proxy/x`,
  });
});

test('an answer comes back as it is, but for the headers of the connection', async () => {
  const headers = { connection: 'keep-alive, x-mine', 'x-mine': '1', 'keep-alive': 'timeout=5', 'transfer-encoding': 'chunked', 'x-kept': '2', 'set-cookie': 'a=b' };
  await using api = await withPod(async () => ({ ...saying('teapot', headers), status: 418 }));
  const answer = await api.request('GET', `${PODS}/p/proxy/x`);
  expect([answer.status, answer.text, answer.headers]).toEqual([418, 'teapot', expect.not.objectContaining({ 'x-mine': '1' })]);
  expect(answer.headers).toMatchObject({ 'x-kept': '2', 'set-cookie': 'a=b' });
  for (const name of ['connection', 'keep-alive', 'transfer-encoding']) expect(answer.headers[name]).toBeUndefined();
});

test('links of a page lead back through the proxy, and its root is a directory', async () => {
  await using api = await withPod(async () => saying('<a href="/x">y</a> <img src=\'z\'> <p title="/x">', { 'content-type': 'text/html; charset=utf-8', 'content-length': '99' }));
  const page = await api.request('GET', `${SERVICES}/s:web/proxy/a%20b?c=d`);
  expect(page.text).toBe(`<a href="${SERVICES}/s:web/proxy/x">y</a> <img src='z'> <p title="/x">`);
  const moved = await api.request('GET', `${SERVICES}/s:web/proxy?c=d`);
  expect([moved.status, moved.headers['location']]).toEqual([301, `${SERVICES}/s:web/proxy/?c=d`]);
  expect((await api.request('POST', `${SERVICES}/s:web/proxy?c=d`)).status).toBe(200);
  expect(api.dialed.map(({ request }) => request.url)).toEqual(['/a%20b?c=d', '/?c=d']);
});

test('redirects are not followed, and lead back through the proxy where they stay on the far side', async () => {
  let location = '';
  await using api = await withPod(async () => ({ status: 302, headers: { location } }));
  const PREFIX = `${PODS}/p/proxy`;
  const led = async (to: string) => {
    location = to;
    return (await api.request('GET', `${PREFIX}/x`, undefined, { headers: { host: 'api.example' } })).headers['location'];
  };
  expect(await led('/y?a#b')).toBe(`${PREFIX}/y?a#b`);
  expect(await led('y')).toBe('y');
  expect(await led('https://elsewhere.example/y')).toBe('https://elsewhere.example/y');
  expect(await led('//elsewhere.example/y')).toBe('//elsewhere.example/y');
  expect(await led('http://10.244.0.5:8080/y/')).toBe(`${PREFIX}/y/`);
  expect(await led('http://api.example/y')).toBe(`http://api.example${PREFIX}/y`);
  expect(await led(`${PREFIX}/y`)).toBe(`${PREFIX}/y`);
  expect(api.dialed).toHaveLength(7);
});

test.each([
  [{ code: 'ECONNREFUSED', address: '10.244.0.5', port: 8080 }, 'dial tcp 10.244.0.5:8080: connect: connection refused'],
  [{ code: 'EHOSTUNREACH', address: 'fd00::5', port: 8080 }, 'dial tcp [fd00::5]:8080: connect: no route to host'], [{}, 'x'],
])('that nobody answers is told in upstream\'s words: %j', async (more, words) => {
  await using api = await withPod(async () => { throw Object.assign(new Error('x'), more); });
  for (const path of [`${PODS}/p/proxy/`, `${SERVICES}/s:web/proxy/`, '/api/v1/nodes/n/proxy/']) {
    const { body } = await api.request('GET', path);
    expect(body).toMatchObject({ code: 503, reason: 'ServiceUnavailable', message: `error trying to reach service: ${words}` });
  }
  const log = await api.request('GET', `${PODS}/p/log?container=a`);
  expect([log.status, log.body.reason, log.body.message]).toEqual([500, undefined, `Get "https://192.0.2.7:10250/containerLogs/default/p/a": ${words}`]);
});

test('a page that never ends is passed on when it is too long to wait for', async () => {
  const line = new TextEncoder().encode(`<a href="/x">${'y'.repeat(1 << 20)}</a>`);
  const endless = async function* () { for (;;) yield [line]; };
  await using api = await withPod(async () => ({ status: 200, headers: { 'content-type': 'text/html', 'content-length': '9' }, body: { type: 'stream', chunks: endless() } }));
  const { body, headers } = await api.raw('GET', `${PODS}/p/proxy/`);
  if (body?.type !== 'stream') throw new Error('no stream');
  const batches = body.chunks[Symbol.asyncIterator]();
  // Not by toContain and toEqual, which would look at megabytes one by one.
  expect(new TextDecoder().decode((await batches.next()).value[0]).includes(`<a href="${PODS}/p/proxy/x">`)).toBe(true);
  expect((await batches.next()).value[0]).toBe(line);
  expect(headers['content-length']).toBeUndefined();
});

test('names in three parts', () => {
  expect(parseNamed('https:a:', 'pod')).toEqual({ scheme: 'https', name: 'a', port: '' });
  expect(parseNamed(':a:1', 'pod')).toEqual({ scheme: 'http', name: 'a', port: '1' });
});

test('a page full of tags that never close takes no longer to read than another', async () => {
  const page = new TextEncoder().encode('<'.repeat(4 << 20));
  await using api = await withPod(async () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: { type: 'bytes', chunks: [page] } }));
  const { body } = await api.raw('GET', `${PODS}/p/proxy/`);
  let length = 0;
  if (body?.type === 'stream') for await (const batch of body.chunks) for (const chunk of batch) length += chunk.byteLength;
  expect(length).toBe(page.byteLength);
});

test('a webhook may lead a caller to another path', async () => {
  const asked: object[] = [];
  const askBackend = async (_target: unknown, { body }: ApiRequest): Promise<ApiResponse> => {
    const { apiVersion, kind, request } = JSON.parse(body?.type === 'bytes' ? new TextDecoder().decode(body.bytes) : '') as { apiVersion: string; kind: string; request: { uid: string; object: object } };
    asked.push(request.object);
    const patch = btoa(JSON.stringify([{ op: 'replace', path: '/path', value: '/safe place?' }]));
    return saying(JSON.stringify({ apiVersion, kind, response: { uid: request.uid, allowed: true, patchType: 'JSONPatch', patch } }));
  };
  await using api = await withPod(undefined, { askBackend });
  const rules = [{ operations: ['CONNECT'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods/proxy'] }];
  const hook = { name: 'a.example.com', clientConfig: { url: 'https://hook.example/' }, sideEffects: 'None', admissionReviewVersions: ['v1'], rules };
  await api.request('POST', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', { metadata: { name: 'hooks' }, webhooks: [hook] });

  await api.request('GET', `${PODS}/p/proxy/a%20b/c?x=y`);

  expect(asked).toEqual([{ apiVersion: 'v1', kind: 'PodProxyOptions', path: '/a b/c' }]);
  expect(api.dialed[0]!.request.url).toBe('/safe%20place%3F?x=y');
});
