import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { readFields } from '../base/protobuf-reader.ts';
import { Scale } from '../kinds/autoscaling/scale.ts';
import { SelfSubjectAccessReview } from '../kinds/authorization/self-subject-access-review.ts';
import { ConfigMap } from '../kinds/core/config-map.ts';
import { listMeta, status } from '../kinds/meta/status.ts';
import { object } from '../schema/field.ts';
import type { ObjectNode } from '../schema/node.ts';
import { objectMeta } from '../schema/object-meta.ts';
import { decodeMessage } from '../schema/protobuf/decode.ts';
import { unwrap } from '../schema/protobuf/envelope.ts';
import type { ApiResponse } from '../wire/api.ts';
import { SHAPES } from './discovery/shapes.ts';
import { type Json, startApi } from './testing/start-api.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const PROTOBUF = { headers: { accept: 'application/vnd.kubernetes.protobuf' } };
const partial = object('x', { metadata: objectMeta().tag(1) }).node as ObjectNode;

function bytesOf({ body }: ApiResponse): Uint8Array {
  if (body?.type !== 'bytes') throw new Error('no bytes');
  return Buffer.concat(body.chunks);
}

/** The fields numbered `number` of a message. */
const fieldsOf = (bytes: Uint8Array, number: number): readonly Uint8Array[] =>
  [...readFields(bytes)].flatMap((field) => (field.number === number && field.type === 'bytes' ? [new Uint8Array(field.value)] : []));

function read(bytes: Uint8Array, node: ObjectNode): Json {
  const { apiVersion, kind, raw } = unwrap(bytes);
  return { apiVersion, kind, ...decodeMessage(node, raw) };
}

/** A watch's frames, parsed. */
async function eventsOf(response: ApiResponse, node: ObjectNode, count: number): Promise<readonly Json[]> {
  if (response.body?.type !== 'stream') throw new Error(`no watch but ${response.status}`);
  const events: Json[] = [];
  for await (const batch of response.body.chunks) {
    for (const frame of batch) {
      expect(new DataView(frame.buffer, frame.byteOffset).getUint32(0)).toBe(frame.length - 4);
      const event = frame.subarray(4);
      const [type] = fieldsOf(event, 1).map((text) => new TextDecoder().decode(text));
      events.push({ type, object: read(fieldsOf(fieldsOf(event, 2)[0]!, 1)[0]!, type === 'ERROR' ? (status().node as ObjectNode) : node) });
    }
    if (events.length >= count) break;
  }
  return events;
}

test('an object in protobuf says what it says in JSON', async () => {
  await using api = await startApi();
  const created = await api.raw('POST', PATH, { metadata: { name: 'a', labels: { x: 'y' } }, data: { n: '1' } }, PROTOBUF);
  const got = await api.raw('GET', `${PATH}/a`, undefined, { headers: { accept: 'application/vnd.kubernetes.protobuf, application/json' } });
  const json = await api.request('GET', `${PATH}/a`);

  expect([created.status, created.headers['content-type']]).toEqual([201, 'application/vnd.kubernetes.protobuf']);
  expect(read(bytesOf(got), ConfigMap.schema)).toMatchObject(json.body);
  expect(Buffer.compare(bytesOf(created), bytesOf(got))).toBe(0);
});

test('a list in protobuf has its metadata and its items', async () => {
  await using api = await startApi();
  for (const name of ['a', 'b', 'c']) await api.request('POST', PATH, { metadata: { name } });

  const { apiVersion, kind, raw } = unwrap(bytesOf(await api.raw('GET', `${PATH}?limit=2`, undefined, PROTOBUF)));

  expect([apiVersion, kind]).toEqual(['v1', 'ConfigMapList']);
  expect(decodeMessage(listMeta().node as ObjectNode, fieldsOf(raw, 1)[0]!)).toMatchObject({ resourceVersion: expect.stringMatching(/^\d+$/), continue: expect.stringMatching(/./), remainingItemCount: 1 });
  expect(fieldsOf(raw, 2).map((item) => (decodeMessage(ConfigMap.schema, item) as Json).metadata.name)).toEqual(['a', 'b']);
});

test('failures, and what is answered to a deletion, are Statuses in protobuf', async () => {
  await using api = await startApi();
  await api.request('POST', PATH, { metadata: { name: 'a' } });
  const missing = await api.raw('GET', `${PATH}/b`, undefined, PROTOBUF);
  const deleted = await api.raw('DELETE', `${PATH}/a`, undefined, PROTOBUF);

  const node = status().node as ObjectNode;
  expect([missing.status, read(bytesOf(missing), node)]).toMatchObject([404, { apiVersion: 'v1', kind: 'Status', reason: 'NotFound', message: 'configmaps "b" not found', details: { name: 'b', kind: 'configmaps' } }]);
  expect(read(bytesOf(deleted), node)).toMatchObject({ kind: 'Status', status: 'Success' });
});

test('a watch in protobuf sends frames with their lengths before them', async () => {
  await using api = await startApi();
  await api.request('POST', PATH, { metadata: { name: 'a' }, data: { n: '1' } });
  const stop = new AbortController();
  const watch = (query: string) => api.raw('GET', `${PATH}?watch=1&${query}`, undefined, { ...PROTOBUF, signal: stop.signal });
  const initial = await watch('sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true');

  expect(initial.headers['content-type']).toBe('application/vnd.kubernetes.protobuf;stream=watch');
  expect(await eventsOf(initial, ConfigMap.schema, 2)).toMatchObject([
    { type: 'ADDED', object: { kind: 'ConfigMap', metadata: { name: 'a' }, data: { n: '1' } } },
    { type: 'BOOKMARK', object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } },
  ]);
  stop.abort();
});

test('metadata alone comes in protobuf too, a Table does not', async () => {
  await using api = await startApi();
  await api.request('POST', PATH, { metadata: { name: 'a' }, data: { n: '1' } });
  const as = (kind: string) => ({ headers: { accept: `application/vnd.kubernetes.protobuf;as=${kind};g=meta.k8s.io;v=v1` } });

  const one = await api.raw('GET', `${PATH}/a`, undefined, as('PartialObjectMetadata'));
  const many = await api.raw('GET', PATH, undefined, as('PartialObjectMetadataList'));
  const table = await api.request('GET', PATH, undefined, as('Table'));

  expect(read(bytesOf(one), partial)).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'a' } });
  const { kind, raw } = unwrap(bytesOf(many));
  expect([kind, (decodeMessage(partial, fieldsOf(raw, 2)[0]!) as Json).metadata.name]).toEqual(['PartialObjectMetadataList', 'a']);
  expect([table.status, table.body.reason]).toEqual([406, 'NotAcceptable']);
});

test('a watch in YAML is refused: there are no frames for it', async () => {
  await using api = await startApi();
  const { status: code, text } = await api.request('GET', `${PATH}?watch=1`, undefined, { headers: { accept: 'application/yaml' } });
  expect([code, parseYaml(text).message]).toEqual([406, 'only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch']);
});

test('reviews, scales, tokens and discovery answer in protobuf too', async () => {
  await using api = await startApi();
  const deployments = '/apis/apps/v1/namespaces/default/deployments';
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  await api.request('POST', deployments, { metadata: { name: 'd' }, spec: { replicas: 3, selector: { matchLabels: { a: 'b' } }, template } });
  await api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 's' } });
  const kindOf = async (method: string, path: string, body?: unknown) => {
    const answered = await api.raw(method, path, body, PROTOBUF);
    expect([path, answered.headers['content-type']]).toEqual([path, 'application/vnd.kubernetes.protobuf']);
    return unwrap(bytesOf(answered));
  };

  const scale = await kindOf('GET', `${deployments}/d/scale`);
  expect(decodeMessage(Scale.schema, scale.raw)).toMatchObject({ metadata: { name: 'd' }, spec: { replicas: 3 } });
  const access = await kindOf('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } });
  expect(decodeMessage(SelfSubjectAccessReview.schema, access.raw)).toMatchObject({ status: { allowed: true } });
  expect(await kindOf('POST', '/api/v1/namespaces/default/serviceaccounts/s/token', { spec: {} })).toMatchObject({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' });

  const list = await kindOf('GET', '/api/v1');
  const { resources } = decodeMessage(SHAPES.APIResourceList as ObjectNode, list.raw) as Json;
  expect([list.apiVersion, list.kind]).toEqual(['v1', 'APIResourceList']);
  expect(resources.find(({ name }: Json) => name === 'pods')).toMatchObject({ kind: 'Pod', namespaced: true, shortNames: ['po'], verbs: expect.arrayContaining(['watch']) });
  const groups = await kindOf('GET', '/apis');
  expect((decodeMessage(SHAPES.APIGroupList as ObjectNode, groups.raw) as Json).groups.find(({ name }: Json) => name === 'apps')).toMatchObject({ preferredVersion: { groupVersion: 'apps/v1' } });
  expect(await kindOf('GET', '/api')).toMatchObject({ kind: 'APIVersions' });
  expect(await kindOf('GET', '/apis/apps')).toMatchObject({ kind: 'APIGroup' });
});
