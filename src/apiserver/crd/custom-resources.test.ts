import { expect, test } from 'vitest';
import { memoryDriver } from '../../store/index.ts';
import { startApi } from '../testing/start-api.ts';
import { define, definition, PATH } from './testing/widgets.ts';

const widget = (name: string, spec: object = {}) => ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name }, spec });

test('what a definition declares is served as soon as it is established, and says so', async () => {
  await using api = await startApi();
  const made = await define(api, definition());
  expect(made.status.conditions.map(({ type, status, reason, message }: Record<string, string>) => [type, status, reason, message])).toEqual([
    ['NamesAccepted', 'True', 'NoConflicts', 'no conflicts found'],
    ['Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted'],
  ]);
  expect(made.status.acceptedNames).toEqual({ plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList', shortNames: ['wg'], categories: ['all'] });
  expect(made.status.storedVersions).toEqual(['v1']);
  const created = await api.request('POST', PATH, widget('a', { size: 3, unknown: true }));
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({ kind: 'Widget', metadata: { name: 'a', namespace: 'default', generation: 1 }, spec: { size: 3, color: 'red' } });
  expect(created.body.spec.unknown).toBeUndefined();
  expect((await api.request('GET', PATH)).body).toMatchObject({ kind: 'WidgetList', apiVersion: 'example.com/v1', items: [{ metadata: { name: 'a' } }] });
});

test('what the schema does not allow is refused in its words', async () => {
  await using api = await startApi();
  await define(api, definition());
  const refused = await api.request('POST', PATH, widget('a', { size: 11, color: 'mauve', tags: [1], owner: {} }));
  expect(refused.status).toBe(422);
  expect(refused.body.details.causes.map(({ field, message }: Record<string, string>) => `${field}: ${message}`).toSorted()).toEqual([
    'spec.color: Unsupported value: "mauve": supported values: "red", "green"',
    'spec.owner.name: Required value',
    'spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10',
    'spec.tags[0]: Invalid value: "integer": spec.tags[0] in body must be of type string: "integer"',
  ]);
});

test('unknown fields are warned of, or refused where that is asked for', async () => {
  await using api = await startApi();
  await define(api, definition());
  const warned = await api.request('POST', `${PATH}?fieldValidation=Warn`, widget('a', { foo: 1 }));
  expect(warned.headers['warning']).toBe('299 - "unknown field \\"spec.foo\\""');
  const strict = await api.request('POST', `${PATH}?fieldValidation=Strict`, { ...widget('b', { foo: 1 }), metadata: { name: 'b', unknownMeta: 1 } });
  expect(strict.status).toBe(400);
  expect(strict.body.message).toBe('Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "metadata.unknownMeta", unknown field "spec.foo"');
});

test('updates need a version, count generations, and let status be', async () => {
  await using api = await startApi();
  await define(api, definition());
  const { body: first } = await api.request('POST', PATH, { ...widget('a'), status: { ready: 1 } });
  expect(first.status).toBeUndefined();
  expect((await api.request('PUT', `${PATH}/a`, widget('a', { size: 1 }))).body.message).toBe('widgets.example.com "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update');
  const { body: second } = await api.request('PUT', `${PATH}/a`, { ...first, spec: { size: 1 }, status: { ready: 1 } });
  expect([second.metadata.generation, second.spec, second.status]).toEqual([2, { size: 1, color: 'red' }, undefined]);
  const { body: third } = await api.request('PUT', `${PATH}/a/status`, { ...second, spec: { size: 9 }, status: { ready: 2 } });
  expect([third.metadata.generation, third.spec.size, third.status]).toEqual([2, 1, { ready: 2 }]);
});

test('patches of every kind but the strategic one', async () => {
  await using api = await startApi();
  await define(api, definition());
  await api.request('POST', PATH, widget('a', { tags: ['x'] }));
  const patch = (type: string, body: unknown, query = '') => api.request('PATCH', `${PATH}/a${query}`, body, { headers: { 'content-type': type } });
  expect((await patch('application/merge-patch+json', { spec: { size: 2 } })).body.spec.size).toBe(2);
  expect((await patch('application/json-patch+json', [{ op: 'add', path: '/spec/tags/-', value: 'y' }])).body.spec.tags).toEqual(['x', 'y']);
  const strategic = await patch('application/strategic-merge-patch+json', { spec: { size: 3 } });
  expect([strategic.status, strategic.body.message]).toEqual([415,
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml']);
  const applied = await patch('application/apply-patch+yaml', widget('a', { ports: [{ port: 80, name: 'http' }] }), '?fieldManager=me');
  expect(applied.body.spec.ports).toEqual([{ port: 80, name: 'http' }]);
  const other = await patch('application/apply-patch+yaml', widget('a', { ports: [{ port: 81, name: 'admin' }] }), '?fieldManager=you');
  expect(other.body.spec.ports).toEqual([{ port: 80, name: 'http' }, { port: 81, name: 'admin' }]);
  expect(other.body.metadata.managedFields.find((one: Record<string, string>) => one['manager'] === 'you').fieldsV1).toEqual({ 'f:spec': { 'f:ports': { 'k:{"port":81}': { '.': {}, 'f:name': {}, 'f:port': {} } } } });
});

test('scale, tables and field selectors follow the definition', async () => {
  await using api = await startApi();
  await define(api, definition());
  await api.request('POST', PATH, widget('a', { size: 3 }));
  await api.request('POST', PATH, widget('b', { color: 'green' }));
  const scale = await api.request('GET', `${PATH}/a/scale`);
  expect(scale.body).toMatchObject({ kind: 'Scale', spec: { replicas: 3 }, status: { replicas: 0 } });
  await api.request('PATCH', `${PATH}/a/scale`, { spec: { replicas: 5 } }, { headers: { 'content-type': 'application/merge-patch+json' } });
  expect((await api.request('GET', `${PATH}/a`)).body.spec.size).toBe(5);
  const table = await api.request('GET', PATH, undefined, { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } });
  expect(table.body.columnDefinitions.map((one: Record<string, unknown>) => [one['name'], one['type'], one['priority']])).toEqual([['Name', 'string', 0], ['Size', 'integer', 0], ['Color', 'string', 1]]);
  expect(table.body.rows.map((one: { cells: unknown }) => one.cells)).toEqual([['a', 5, 'red'], ['b', null, 'green']]);
  expect((await api.request('GET', `${PATH}?fieldSelector=spec.color%3Dgreen`)).body.items.map((one: { metadata: { name: string } }) => one.metadata.name)).toEqual(['b']);
  expect((await api.request('GET', `${PATH}?fieldSelector=spec.size%3D1`)).body.message).toBe('field label not supported: spec.size');
});

test('discovery tells of it, and of nothing once it is gone with all its instances', async () => {
  await using api = await startApi();
  const before = (await api.request('GET', '/apis', undefined, { headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' } })).headers['etag'];
  await define(api, definition());
  const list = await api.request('GET', '/apis/example.com/v1');
  expect(list.body.resources.map(({ name, kind, shortNames, categories }: Record<string, unknown>) => [name, kind, shortNames, categories])).toEqual([
    ['widgets', 'Widget', ['wg'], ['all']], ['widgets/scale', 'Scale', undefined, undefined], ['widgets/status', 'Widget', undefined, undefined],
  ]);
  const after = await api.request('GET', '/apis', undefined, { headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' } });
  expect(after.headers['etag']).not.toBe(before);
  await api.request('POST', PATH, widget('a'));
  await api.request('POST', PATH, { ...widget('held'), metadata: { name: 'held', finalizers: ['example.com/hold'] } });
  const watch = await api.watch(`${PATH}?watch=true`);
  const gone = await api.request('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com');
  expect(gone.body.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io']);
  expect(gone.body.status.conditions.at(-1)).toMatchObject({ type: 'Terminating', status: 'True', reason: 'InstanceDeletionPending' });
  await watch.take(2);
  expect((await watch.take(2)).map(({ type, object }) => [type, object.metadata.name])).toEqual([['DELETED', 'a'], ['MODIFIED', 'held']]);
  const refused = await api.request('POST', PATH, widget('late'));
  expect([refused.status, refused.body.message]).toEqual([405, 'create not allowed while custom resource definition is terminating']);
  await api.request('PATCH', `${PATH}/held`, { metadata: { finalizers: null } }, { headers: { 'content-type': 'application/merge-patch+json' } });
  await watch.take(1);
  api.clock.advance(1000);
  expect(await watch.rest()).toEqual([]);
  expect((await api.request('GET', PATH)).status).toBe(404);
  expect((await api.request('GET', '/apis/example.com')).status).toBe(404);
});

test('names that another definition has are not accepted until they are free', async () => {
  await using api = await startApi();
  await define(api, definition());
  const clash = { ...definition('gadgets', 'Gadget'), metadata: { name: 'gadgets.example.com' } };
  clash.spec.names = { plural: 'gadgets', kind: 'Widget', shortNames: ['wg'] };
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const watch = await api.watch(`${path}?watch=true&fieldSelector=metadata.name%3Dgadgets.example.com`);
  await api.request('POST', path, clash);
  const [, { object: refused }] = await watch.take(2) as [unknown, { object: Awaited<ReturnType<typeof define>> }];
  expect(refused.status.conditions.map(({ type, status, reason, message }: Record<string, string>) => [type, status, reason, message])).toEqual([
    ['NamesAccepted', 'False', 'ListKindConflict', '"WidgetList" is already in use'], ['Established', 'False', 'NotAccepted', 'not all names are accepted'],
  ]);
  expect((await api.request('GET', '/apis/example.com/v1/gadgets')).status).toBe(404);
  await api.request('DELETE', `${path}/widgets.example.com`);
  const [{ object: accepted }] = await watch.take(1);
  expect(accepted.status.conditions.map(({ status }: Record<string, string>) => status)).toEqual(['True', 'True']);
});

test('both OpenAPI documents tell of it, and only its own group is told anew', async () => {
  await using api = await startApi();
  const index = async () => (await api.request('GET', '/openapi/v3')).body.paths;
  const before = await index();
  await define(api, definition());
  const after = await index();
  expect(after['apis/apps/v1']).toEqual(before['apis/apps/v1']);
  const v3 = (await api.request('GET', after['apis/example.com/v1'].serverRelativeURL)).body;
  const schema = v3.components.schemas['com.example.v1.Widget'];
  expect(schema['x-kubernetes-group-version-kind']).toEqual([{ group: 'example.com', version: 'v1', kind: 'Widget' }]);
  expect(schema.properties.spec.properties.ports).toMatchObject({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['port'] });
  expect(schema.properties.metadata.allOf).toEqual([{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }]);
  expect(v3.components.schemas['com.example.v1.WidgetList'].properties.items.items).toEqual({ $ref: '#/components/schemas/com.example.v1.Widget' });
  const v2 = (await api.request('GET', '/openapi/v2')).body;
  expect(v2.definitions['com.example.v1.Widget'].properties.spec.properties.color).toEqual({ type: 'string', enum: ['red', 'green'] });
  expect(Object.keys(v2.paths['/apis/example.com/v1/namespaces/{namespace}/widgets/{name}/status'])).toEqual(expect.arrayContaining(['get', 'put', 'patch']));
});

test('a schema changes while its objects are watched: the watch goes on, and defaults come to what was there', async () => {
  await using api = await startApi();
  const made = await define(api, definition());
  await api.request('POST', PATH, widget('old'));
  const watch = await api.watch(`${PATH}?watch=true`);
  await watch.take(1);
  made.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.size.default = 7;
  made.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.fresh = { type: 'string' };
  expect((await api.request('PUT', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com', made)).status).toBe(200);
  await expect.poll(async () => (await api.request('POST', `${PATH}?dryRun=All`, widget('new', { fresh: 'yes' }))).body.spec.fresh, { timeout: 60_000 }).toBe('yes');
  await api.request('POST', PATH, widget('new', { fresh: 'yes' }));
  const [{ object }] = await watch.take(1);
  expect(object.spec).toEqual({ fresh: 'yes', size: 7, color: 'red' });
  expect((await api.request('GET', `${PATH}/old`)).body.spec).toEqual({ size: 7, color: 'red' });
});

test('objects outlive the server, and are read by what the definition says now', async () => {
  const driver = memoryDriver();
  {
    const api = await startApi({ driver });
    await define(api, definition());
    await api.request('POST', PATH, widget('a'));
    await api.server[Symbol.asyncDispose]();
  }
  await using again = await startApi({ driver });
  expect((await again.request('GET', `${PATH}/a`)).body).toMatchObject({ kind: 'Widget', spec: { color: 'red' } });
});

test('versions without conversion are each other\'s, pruned by their own schemas', async () => {
  await using api = await startApi();
  const two = definition();
  const next = structuredClone(two.spec.versions[0]);
  next.name = 'v2';
  next.storage = false;
  delete next.schema.openAPIV3Schema.properties.spec.properties.tags;
  next.deprecated = true;
  delete next.selectableFields;
  two.spec.versions.push(next);
  await define(api, two);
  const V2 = PATH.replace('/v1/', '/v2/');
  await api.request('POST', PATH, widget('a', { tags: ['x'], size: 2 }));
  const seen = await api.request('GET', `${V2}/a`);
  expect(seen.body).toMatchObject({ apiVersion: 'example.com/v2', spec: { size: 2, color: 'red' } });
  expect(seen.body.spec.tags).toBeUndefined();
  expect(seen.headers['warning']).toBe('299 - "example.com/v2 Widget is deprecated"');
  await api.request('POST', V2, { ...widget('b', { size: 1 }), apiVersion: 'example.com/v2' });
  expect((await api.request('GET', `${PATH}/b`)).body).toMatchObject({ apiVersion: 'example.com/v1', spec: { size: 1 } });
  const { body: present } = await api.request('GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com');
  present.spec.versions[0].storage = false;
  present.spec.versions[1].storage = true;
  const { body: moved } = await api.request('PUT', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com', present);
  expect(moved.status.storedVersions).toEqual(['v1', 'v2']);
  await api.request('POST', PATH, widget('c', { size: 3 }));
  const all = await api.request('GET', PATH);
  expect(all.body.items.map((one: { metadata: { name: string }; spec: { size: number } }) => [one.metadata.name, one.spec.size])).toEqual([['a', 2], ['b', 1], ['c', 3]]);
});

test('bodies are JSON or YAML; a scale is there where replicas are asked for; selectable fields are published', async () => {
  await using api = await startApi();
  await define(api, definition());
  const refused = await api.request('POST', PATH, new Uint8Array([0x6b, 0x38, 0x73, 0]), { headers: { 'content-type': 'application/vnd.kubernetes.protobuf' } });
  expect([refused.status, refused.body.message]).toEqual([415, 'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml']);
  await api.request('POST', PATH, widget('a'));
  expect((await api.request('GET', `${PATH}/a/scale`)).body.message).toBe('Internal error occurred: the spec replicas field ".spec.size" does not exist');
  const { paths } = (await api.request('GET', '/openapi/v3')).body;
  const document = (await api.request('GET', paths['apis/example.com/v1'].serverRelativeURL)).body;
  expect(document.components.schemas['com.example.v1.Widget']['x-kubernetes-selectable-fields']).toEqual([{ fieldPath: 'spec.color' }]);
});

test('a definition of the whole cluster\'s has its objects in no namespace', async () => {
  await using api = await startApi();
  const wanted = definition('gauges', 'Gauge');
  wanted.spec.scope = 'Cluster';
  await define(api, wanted);
  const url = '/apis/example.com/v1/gauges';
  const made = await api.request('POST', url, { apiVersion: 'example.com/v1', kind: 'Gauge', metadata: { generateName: 'g-' }, spec: {} });
  expect([made.status, made.body.metadata.namespace]).toEqual([201, undefined]);
  expect((await api.request('GET', '/apis/example.com/v1/namespaces/default/gauges')).status).toBe(404);
  expect((await api.request('POST', `${url}?dryRun=All`, { apiVersion: 'example.com/v1', kind: 'Gauge', metadata: { name: 'dry' } })).status).toBe(201);
  expect((await api.request('DELETE', url)).body.items).toHaveLength(1);
  expect((await api.request('GET', url)).body.items).toEqual([]);
});

test('a definition goes with objects that no version serves any more', async () => {
  await using api = await startApi();
  const made = await define(api, definition());
  await api.request('POST', PATH, widget('a'));
  const url = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  made.spec.versions[0].served = false;
  expect((await api.request('PUT', `${url}/widgets.example.com`, made)).status).toBe(200);
  await expect.poll(async () => (await api.request('GET', PATH)).status, { timeout: 60_000 }).toBe(404);
  const watch = await api.watch(`${url}?watch=true&fieldSelector=metadata.name%3Dwidgets.example.com`);
  await api.request('DELETE', `${url}/widgets.example.com`);
  for (;;) {
    const [{ type }] = await watch.take(1) as [{ type: string }];
    if (type === 'DELETED') break;
  }
  await define(api, definition());
  expect((await api.request('GET', PATH)).body.items).toEqual([]);
});

test('finalizers may have any name, of which some are warned of', async () => {
  await using api = await startApi();
  await define(api, definition());
  const made = await api.request('POST', PATH, { ...widget('a'), metadata: { name: 'a', finalizers: ['example.com/fine', 'resources-finalizer.argocd.argoproj.io'] } });
  expect([made.status, made.headers['warning']]).toEqual([201,
    '299 - "metadata.finalizers: \\"resources-finalizer.argocd.argoproj.io\\": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers"']);
  const again = await api.request('PATCH', `${PATH}/a`, { spec: { size: 1 } }, { headers: { 'content-type': 'application/merge-patch+json' } });
  expect([again.status, again.headers['warning']]).toEqual([200, undefined]);
});
