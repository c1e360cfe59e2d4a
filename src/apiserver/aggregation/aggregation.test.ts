import { expect, test } from 'vitest';
import { nextTurn } from '../../base/clock.ts';
import { duplexPair } from '../../wire/duplex.ts';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import type { BackendTarget } from '../config.ts';
import { type Json, startApi, type StartApi, type TestApi } from '../testing/start-api.ts';

const SERVICES = '/apis/apiregistration.k8s.io/v1/apiservices';
const encoder = new TextEncoder();
const json = (body: unknown, status = 200): ApiResponse => ({ status, headers: { 'content-type': 'application/json' }, body: { type: 'stream', chunks: (async function* () { yield [encoder.encode(JSON.stringify(body))]; })() } });

type Backend = (request: ApiRequest, target: BackendTarget) => Promise<ApiResponse>;

const RESOURCES = { kind: 'APIResourceList', groupVersion: 'wardle.example.com/v1alpha1', resources: [{ name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs: ['get', 'list'] }, { name: 'flunders/status', singularName: '', namespaced: true, kind: 'Flunder', verbs: ['get'] }] };

/** Discovery, OpenAPI, and an echo for all else. */
const wardle: Backend = async ({ url, headers, method }) => {
  const path = url.replace(/\?.*/, '');
  if (path === '/apis/wardle.example.com/v1alpha1') return json(RESOURCES);
  if (path === '/openapi/v2') return json({ paths: { '/apis/wardle.example.com/v1alpha1/': { get: {} }, '/healthz': {} }, definitions: { 'com.example.wardle.Flunder': { type: 'object' } } });
  if (path === '/openapi/v3') return json({ paths: { 'apis/wardle.example.com/v1alpha1': { serverRelativeURL: '/openapi/v3/apis/wardle.example.com/v1alpha1?hash=ABC' } } });
  if (path === '/apis') return json({}, 406);
  return json({ kind: 'Flunder', url, method, headers });
};

async function start(backend: Backend, options: StartApi = {}): Promise<TestApi> {
  return startApi({ ...options, config: { askBackend: (target, request) => backend(request, target), ...options.config } });
}

const register = (api: TestApi, more: Json = {}) => api.request('POST', SERVICES, {
  metadata: { name: 'v1alpha1.wardle.example.com' },
  spec: { group: 'wardle.example.com', version: 'v1alpha1', groupPriorityMinimum: 2000, versionPriority: 200, insecureSkipTLSVerify: true, service: { namespace: 'default', name: 'sample', port: 7443 }, ...more },
});

async function serve(api: TestApi, name = 'sample'): Promise<void> {
  await api.request('POST', '/api/v1/namespaces/default/services', { metadata: { name }, spec: { ports: [{ name: 'api', port: 7443, targetPort: 443 }] } });
  await api.request('POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    metadata: { name, labels: { 'kubernetes.io/service-name': name } }, addressType: 'IPv4', ports: [{ name: 'api', port: 443 }], endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: true } }],
  });
}

/** Lets the keeper look until the condition says this. */
async function available(api: TestApi, reason: string, name = 'v1alpha1.wardle.example.com'): Promise<Json> {
  for (let turn = 0; turn < 2000; turn++) {
    const { body } = await api.request('GET', `${SERVICES}/${name}`);
    const found = body.status?.conditions?.find(({ type }: Json) => type === 'Available');
    if (found?.reason === reason) return found;
    api.clock.advance(200);
    await nextTurn();
  }
  throw new Error(`never ${reason}`);
}

test('every group version served here has an APIService that says so, and gets it back', async () => {
  await using api = await startApi();
  await available(api, 'Local', 'v1.apps');
  await available(api, 'Local', 'v1.storage.k8s.io');

  const { body } = await api.request('GET', SERVICES);
  const apps = body.items.find(({ metadata }: Json) => metadata.name === 'v1.apps');

  expect(apps).toMatchObject({
    metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } }, spec: { group: 'apps', version: 'v1', groupPriorityMinimum: 17800, versionPriority: 15 },
    status: { conditions: [{ type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' }] },
  });
  await api.request('DELETE', `${SERVICES}/v1.apps`);
  expect((await api.request('GET', '/apis/apps/v1')).status).toBe(200);
});

test('requests go to the service on behalf of who asks, without his credentials', async () => {
  const targets: BackendTarget[] = [];
  await using api = await start((request, target) => (targets.push(target), wardle(request, target)));
  await serve(api);
  await register(api);
  await available(api, 'Passed');

  const user = { username: 'jane', uid: '7', groups: ['dev', 'system:masters'], extra: { 'example.com/Team': ['a', 'b'] } };
  const { status, body } = await api.request('GET', '/apis/wardle.example.com/v1alpha1/namespaces/default/flunders/f?x=y', undefined, { user, headers: { authorization: 'Bearer secret', 'x-remote-user': 'liar' } });

  expect([status, body.url]).toEqual([200, '/apis/wardle.example.com/v1alpha1/namespaces/default/flunders/f?x=y']);
  expect(body.headers).toMatchObject({
    host: 'sample.default.svc:7443', 'x-remote-user': 'jane', 'x-remote-uid': '7', 'x-remote-group': 'dev\nsystem:masters\nsystem:authenticated', 'x-remote-extra-example.com%2fteam': 'a\nb', 'x-forwarded-for': '127.0.0.1',
  });
  expect(body.headers.authorization).toBeUndefined();
  expect(targets.at(-1)).toEqual({ host: '10.1.2.3', port: 443, serverName: 'sample.default.svc', asProxy: true, insecure: true });
});

test('who may not is refused here: nobody else is asked', async () => {
  await using api = await start(wardle);
  await serve(api);
  await register(api);
  await available(api, 'Passed');

  const { status, body } = await api.request('GET', '/apis/wardle.example.com/v1alpha1/namespaces/default/flunders', undefined, { user: { username: 'nobody', groups: [] } });

  expect([status, body.message]).toEqual([403, 'flunders.wardle.example.com is forbidden: User "nobody" cannot list resource "flunders" in API group "wardle.example.com" in the namespace "default"']);
});

test('callers in this process get objects, and events of a watch', async () => {
  await using api = await start(async (request, target) => (request.url.includes('watch') ? {
    status: 200, headers: {}, body: { type: 'stream', chunks: (async function* () { yield [encoder.encode('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n{"type":"DEL')]; yield [encoder.encode('ETED","object":{}}\n')]; })() },
  } : wardle(request, target)));
  await serve(api);
  await register(api);
  await available(api, 'Passed');

  expect((await api.request('GET', '/apis/wardle.example.com/v1alpha1/flunders', undefined, { wantsObjects: true })).body).toMatchObject({ kind: 'Flunder' });
  const watch = await api.raw('GET', '/apis/wardle.example.com/v1alpha1/flunders?watch=true', undefined, { wantsObjects: true });
  const events: Json[] = [];
  if (watch.body?.type === 'events') for await (const batch of watch.body.events) events.push(...batch);
  expect(events.map(({ type }) => type)).toEqual(['ADDED', 'DELETED']);
});

test('a condition says why a service cannot be asked, and callers are told 503 at once', async () => {
  let answer: Backend = () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED', address: '10.1.2.3', port: 443 }));
  await using api = await start((request, target) => answer(request, target));
  await register(api);
  expect(await available(api, 'ServiceNotFound')).toMatchObject({ status: 'False', message: 'service/sample in "default" is not present' });
  await api.request('POST', '/api/v1/namespaces/default/services', { metadata: { name: 'sample' }, spec: { ports: [{ port: 443 }] } });
  expect((await available(api, 'ServicePortError')).message).toBe('service/sample in "default" is not listening on port 7443');
  await api.request('DELETE', '/api/v1/namespaces/default/services/sample');
  await api.request('POST', '/api/v1/namespaces/default/services', { metadata: { name: 'sample' }, spec: { ports: [{ name: 'api', port: 7443 }] } });
  expect((await available(api, 'MissingEndpoints')).message).toBe('endpoints for service/sample in "default" have no addresses with port name "api"');
  await serve(api);
  const url = 'https://10.1.2.3:443/apis/wardle.example.com/v1alpha1';
  expect((await available(api, 'FailedDiscoveryCheck')).message).toBe(`failing or missing response from ${url}: Get "${url}": dial tcp 10.1.2.3:443: connect: connection refused`);

  const down = await api.request('GET', '/apis/wardle.example.com/v1alpha1');
  expect([down.status, down.body]).toEqual([503, 'service unavailable\n']);

  answer = wardle;
  await available(api, 'Passed');
  expect((await api.request('GET', '/apis/wardle.example.com/v1alpha1')).body.resources).toHaveLength(2);
});

test('discovery and OpenAPI tell of what others serve, and do not wait for one that hangs', async () => {
  let hangs = false;
  await using api = await start((request, target) => (hangs ? new Promise(() => undefined) : wardle(request, target)));
  await serve(api);
  await register(api);
  await available(api, 'Passed');
  const accept = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' };
  const version = async () => (await api.request('GET', '/apis', undefined, { headers: accept })).text;
  const fresh = async (word: string) => {
    for (let turn = 0; turn < 2000; turn++) {
      const [found] = JSON.parse(await version()).items.find(({ metadata }: Json) => metadata.name === 'wardle.example.com').versions;
      if (found.freshness === word) return found;
      api.clock.advance(200);
      await nextTurn();
    }
    throw new Error(`never ${word}`);
  };

  expect(await fresh('Current')).toMatchObject({ version: 'v1alpha1', resources: [{ resource: 'flunders', scope: 'Namespaced', responseKind: { kind: 'Flunder' }, subresources: [{ subresource: 'status' }] }] });
  const groups = (await api.request('GET', '/apis')).body.groups.map(({ name }: Json) => name);
  expect([groups[0], groups.at(-1)]).toEqual(['apiregistration.k8s.io', 'wardle.example.com']);
  expect((await api.request('GET', '/apis/wardle.example.com')).body.preferredVersion.version).toBe('v1alpha1');
  const { paths, definitions } = (await api.request('GET', '/openapi/v2')).body;
  expect([paths['/apis/wardle.example.com/v1alpha1/'], paths['/healthz'], definitions['com.example.wardle.Flunder']]).toEqual([{ get: {} }, undefined, { type: 'object' }]);
  expect((await api.request('GET', '/openapi/v3')).body.paths['apis/wardle.example.com/v1alpha1'].serverRelativeURL).toContain('hash=ABC');

  hangs = true;
  expect(await fresh('Stale')).toMatchObject({ resources: [{ resource: 'flunders' }] });
  expect((await api.request('GET', '/apis/apps/v1')).status).toBe(200);
});

test.each([
  ['stops in the middle', async function* () { yield [encoder.encode('{"kind":')]; await new Promise(() => undefined); }],
  ['never ends', async function* () { for (;;) yield [new Uint8Array(1 << 20).fill(0x20)]; }],
])('a server whose answer %s keeps no other waiting', async (_what, endless) => {
  await using api = await start(async (request, target) => (target.serverName === 'sample.default.svc' ? { status: 200, headers: {}, body: { type: 'stream', chunks: endless() } } : wardle(request, target)));
  await serve(api);
  await register(api);
  await available(api, 'Passed');

  await serve(api, 'other');
  const spec = { group: 'wardle.example.com', version: 'v1beta1', groupPriorityMinimum: 2000, versionPriority: 200, insecureSkipTLSVerify: true, service: { namespace: 'default', name: 'other', port: 7443 } };
  await api.request('POST', SERVICES, { metadata: { name: 'v1beta1.wardle.example.com' }, spec });
  await available(api, 'Passed', 'v1beta1.wardle.example.com');
});

test('a server whose discovery is none serves nothing that is shown', async () => {
  let resources: unknown = [{ name: 5, kind: 'Flunder' }];
  await using api = await start(async (request, target) => (request.url === '/apis/wardle.example.com/v1alpha1' ? json({ ...RESOURCES, resources }) : wardle(request, target)));
  await serve(api);
  await register(api);
  await available(api, 'Passed');
  const version = async () => JSON.parse((await api.request('GET', '/apis', undefined, { headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' } })).text).items.at(-1).versions[0];

  expect(await version()).toEqual({ version: 'v1alpha1', resources: [], freshness: 'Stale' });
  ({ resources } = RESOURCES);
  for (let turn = 0; turn < 2000 && (await version()).freshness !== 'Current'; turn++) {
    api.clock.advance(200);
    await nextTurn();
  }
  expect((await version()).resources).toHaveLength(1);
});

test('of a server that speaks of itself in OpenAPI v2 alone, v3 is made here', async () => {
  const flunder = { type: 'object', properties: { metadata: { $ref: '#/definitions/Meta' } } };
  const query = { name: 'pretty', in: 'query', type: 'string', uniqueItems: true };
  const body = { name: 'body', in: 'body', required: true, schema: { $ref: '#/definitions/Flunder' } };
  const post = { consumes: ['application/json'], produces: ['application/json'], parameters: [query, body], responses: { 200: { description: 'OK', schema: { $ref: '#/definitions/Flunder' } } }, 'x-kubernetes-action': 'post' };
  const root = '/apis/wardle.example.com/v1alpha1';
  await using api = await start(async (request, target) => {
    if (request.url === '/openapi/v2') return json({ paths: { [`${root}/flunders`]: { post }, '/apis/wardle.example.com/v2/x': {} }, definitions: { Flunder: flunder } });
    return request.url.startsWith('/openapi/v3') ? json({}, 404) : wardle(request, target);
  });
  await serve(api);
  await register(api);
  await available(api, 'Passed');
  const index = async (): Promise<Json> => (await api.request('GET', '/openapi/v3')).body.paths[root.slice(1)];
  for (let turn = 0; turn < 2000 && !(await index()); turn++) await nextTurn();

  const { status, body: document } = await api.request('GET', (await index()).serverRelativeURL);

  expect(status).toBe(200);
  const schema = { $ref: '#/components/schemas/Flunder' };
  expect(document).toMatchObject({ openapi: '3.0.0', components: { schemas: { Flunder: { type: 'object', properties: { metadata: { $ref: '#/components/schemas/Meta' } } } } } });
  expect(document.paths).toEqual({ [`${root}/flunders`]: { post: {
    'x-kubernetes-action': 'post', parameters: [{ name: 'pretty', in: 'query', schema: { type: 'string', uniqueItems: true } }],
    requestBody: { required: true, content: { 'application/json': { schema } } }, responses: { 200: { description: 'OK', content: { 'application/json': { schema } } } },
  } } });
});

test('an upgrade goes through to the far side, which has the connection from then on', async () => {
  const [far, near] = duplexPair();
  await using api = await start(async (request, target) => (request.upgrade ? { status: 101, headers: { upgrade: 'SPDY/3.1', connection: 'Upgrade' }, body: { type: 'upgrade', connection: far } } : wardle(request, target)));
  await serve(api);
  await register(api);
  await available(api, 'Passed');

  const { status, headers, body } = await api.raw('POST', '/apis/wardle.example.com/v1alpha1/namespaces/default/flunders/f/exec', undefined, { upgrade: near, headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1' } });

  expect([status, headers['upgrade'], body?.type === 'upgrade' && body.connection === far]).toEqual([101, 'SPDY/3.1', true]);
});

test('what this process answers itself needs no service', async () => {
  await using api = await startApi({ config: { ownServices: { 'default/sample': async ({ peer, url }) => json({ url, user: peer.user?.username }) } } });
  await register(api);
  await available(api, 'Passed');

  expect((await api.request('GET', '/apis/wardle.example.com/v1alpha1/x')).body).toEqual({ url: '/apis/wardle.example.com/v1alpha1/x', user: 'admin' });
});
