import { expect, test } from 'vitest';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import { type Json, startApi, type TestApi } from '../testing/start-api.ts';
import { define, definition, PATH } from './testing/widgets.ts';

const V2 = PATH.replace('/v1/', '/v2/');
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** `hostPort` in v1, `host` and `port` in v2. */
function converted({ hostPort, host, port, apiVersion: _apiVersion, ...object }: Json, to: string): Json {
  if (to.endsWith('/v2')) return { ...object, apiVersion: to, host: hostPort.split(':')[0], port: hostPort.split(':')[1] };
  return { ...object, apiVersion: to, hostPort: `${host}:${port}` };
}

type Answer = (review: Json) => Json | Promise<Json>;
const honest: Answer = ({ apiVersion, request }) => ({
  apiVersion, kind: 'ConversionReview',
  response: { uid: request.uid, result: { status: 'Success' }, convertedObjects: request.objects.map((one: Json) => converted(one, request.desiredAPIVersion)) },
});

/** A webhook that says `answer` to each review, and what it was asked. */
function webhook(answer: { now: Answer }): { askBackend: (target: unknown, request: ApiRequest) => Promise<ApiResponse>; asked: Json[] } {
  const asked: Json[] = [];
  return {
    asked,
    async askBackend(_target, { body }) {
      const review = JSON.parse(decoder.decode((body as { bytes: Uint8Array }).bytes));
      asked.push(review);
      const bytes = encoder.encode(JSON.stringify(await answer.now(review)));
      return { status: 200, headers: { 'content-type': 'application/json' }, body: { type: 'bytes', chunks: [bytes] } };
    },
  };
}

function twoVersions(): Json {
  const wanted = definition();
  const field = { type: 'string' };
  const version = (name: string, properties: object, storage: boolean) => ({ name, served: true, storage, schema: { openAPIV3Schema: { type: 'object', properties } } });
  wanted.spec.versions = [version('v1', { hostPort: field }, true), version('v2', { host: field, port: field }, false)];
  wanted.spec.conversion = { strategy: 'Webhook', webhook: { clientConfig: { url: 'https://converter.example.com/convert' }, conversionReviewVersions: ['v1'] } };
  return wanted;
}

const v1 = (name: string, hostPort: string) => ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name }, hostPort });
const v2 = (name: string, host: string, port: string) => ({ apiVersion: 'example.com/v2', kind: 'Widget', metadata: { name }, host, port });

async function startWith(answer: { now: Answer }): Promise<TestApi & { asked: Json[] }> {
  const { askBackend, asked } = webhook(answer);
  const api = await startApi({ config: { askBackend } });
  await define(api, twoVersions());
  return Object.assign(api, { asked });
}

test('objects of one version are read, written, listed and watched as another has them', async () => {
  await using api = await startWith({ now: honest });
  await api.request('POST', PATH, v1('a', 'localhost:8080'));
  expect(api.asked).toEqual([]);
  expect((await api.request('GET', `${V2}/a`)).body).toMatchObject({ apiVersion: 'example.com/v2', host: 'localhost', port: '8080' });
  expect(api.asked[0]).toMatchObject({ kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1', request: { desiredAPIVersion: 'example.com/v2', objects: [{ metadata: { name: 'a' } }] } });
  const made = await api.request('POST', V2, v2('b', 'there', '1'));
  expect([made.status, made.body.host]).toEqual([201, 'there']);
  expect((await api.request('GET', `${PATH}/b`)).body.hostPort).toBe('there:1');
  const seen = await api.request('PATCH', `${V2}/a`, { port: '9' }, { headers: { 'content-type': 'application/merge-patch+json' } });
  expect(seen.body).toMatchObject({ host: 'localhost', port: '9', metadata: { generation: 2 } });
  expect((await api.request('GET', PATH)).body.items.map((one: Json) => one.hostPort)).toEqual(['localhost:9', 'there:1']);
  const listed = await api.request('GET', V2);
  expect(listed.body.items.map((one: Json) => [one.apiVersion, one.host, one.port])).toEqual([['example.com/v2', 'localhost', '9'], ['example.com/v2', 'there', '1']]);
  const watch = await api.watch(`${V2}?watch=true&resourceVersion=${listed.body.metadata.resourceVersion}`);
  await api.request('POST', PATH, v1('c', 'here:2'));
  await api.request('DELETE', `${PATH}/b`);
  expect((await watch.take(2)).map(({ type, object }) => [type, object.metadata.name, object.host])).toEqual([['ADDED', 'c', 'here'], ['DELETED', 'b', 'there']]);
  watch.stop();
});

test('what was stored before the stored version changed is converted when it is read', async () => {
  await using api = await startWith({ now: honest });
  await api.request('POST', PATH, v1('a', 'localhost:8080'));
  const url = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com';
  const { body: present } = await api.request('GET', url);
  present.spec.versions[0].storage = false;
  present.spec.versions[1].storage = true;
  const watch = await api.watch(`${url.replace('/widgets.example.com', '')}?watch=true&resourceVersion=${present.metadata.resourceVersion}`);
  await api.request('PUT', url, present);
  await watch.take(1);
  expect((await api.request('POST', V2, v2('b', 'there', '1'))).status).toBe(201);
  expect((await api.request('GET', V2)).body.items.map((one: Json) => [one.host, one.port])).toEqual([['localhost', '8080'], ['there', '1']]);
  expect((await api.request('GET', PATH)).body.items.map((one: Json) => one.hostPort)).toEqual(['localhost:8080', 'there:1']);
});

test('objects of many bytes are converted a few at a time', async () => {
  await using api = await startWith({ now: honest });
  const long = 'x'.repeat(900_000);
  for (const name of 'abcdefghij') await api.request('POST', PATH, v1(name, `${long}:1`));
  const { status, body } = await api.request('GET', V2);
  expect([status, body.items.map((one: Json) => [one.metadata.name, one.port]).join(' ')]).toEqual([200, 'a,1 b,1 c,1 d,1 e,1 f,1 g,1 h,1 i,1 j,1']);
  expect(api.asked.length).toBe(10);
});

const about = 'Internal error occurred: conversion webhook for example.com/v1, Kind=Widget';
const answers = (change: (review: Json, answer: Json) => void): Answer => async (review) => {
  const answer = await honest(review);
  change(review, answer);
  return answer;
};

test.each<[string, Answer, string]>([
  ['another uid', answers((_, { response }) => (response.uid = 'other')), `${about} failed: expected response.uid="UID", got "other"`],
  ['failure', answers((_, { response }) => (response.result = { status: 'Failure', message: 'not today' })), `${about} failed: not today`],
  ['no status', answers((_, { response }) => (response.result = {})), `${about} failed: response.result.status was '', not 'Success'`],
  ['nothing', () => ({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview' }), `${about} failed: no response provided`],
  ['another kind of answer', () => ({ apiVersion: 'v1', kind: 'Pod' }), `${about} failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got v1, Kind=Pod`],
  ['garbage', () => ({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response: { convertedObjects: 'none' } }), `${about} failed: json: cannot unmarshal string into Go struct field ConversionResponse.response.convertedObjects of type []runtime.RawExtension`],
  ['too many objects', answers((_, { response }) => response.convertedObjects.push({})), `${about} returned 2 objects, expected 1`],
  ['another version', answers((_, { response }) => (response.convertedObjects[0].apiVersion = 'example.com/v9')), `${about} returned invalid converted object at index 0: invalid groupVersion (expected example.com/v2, received example.com/v9)`],
  ['another name', answers((_, { response }) => (response.convertedObjects[0].metadata.name = 'other')), `${about} returned invalid object: must have the same name: a != other`],
])('a converter that answers with %s is told of, the rest goes on', async (_, bad, message) => {
  const answer = { now: honest };
  await using api = await startWith(answer);
  await api.request('POST', PATH, v1('a', 'localhost:8080'));
  answer.now = bad;
  const refused = await api.request('GET', `${V2}/a`);
  expect(refused.status).toBe(500);
  expect(refused.body.message.replace(/uid="[^"]*"/, 'uid="UID"')).toBe(message);
  expect((await api.request('GET', V2)).status).toBe(500);
  expect((await api.request('GET', `${PATH}/a`)).body.hostPort).toBe('localhost:8080');
  answer.now = honest;
  expect((await api.request('GET', `${V2}/a`)).body.host).toBe('localhost');
});

test('metadata is the server\'s, but for labels and annotations', async () => {
  const change = answers((_, { response }) => (response.convertedObjects[0].metadata = { ...response.convertedObjects[0].metadata, finalizers: ['x/y'], labels: { by: 'converter' } }));
  await using api = await startWith({ now: change });
  await api.request('POST', PATH, v1('a', 'localhost:8080'));
  const { body: { metadata } } = await api.request('GET', `${V2}/a`);
  expect([metadata.labels, metadata.finalizers]).toEqual([{ by: 'converter' }, undefined]);
});

test('a converter that never answers holds up its own request alone', async () => {
  const answer: { now: Answer } = { now: honest };
  await using api = await startWith(answer);
  await api.request('POST', PATH, v1('a', 'localhost:8080'));
  answer.now = () => new Promise(() => {});
  const waiting = api.request('GET', `${V2}/a`);
  expect((await api.request('GET', PATH)).status).toBe(200);
  await expect.poll(() => api.asked.length, { timeout: 60_000 }).toBe(1);
  api.clock.advance(30_000);
  expect((await waiting).body.message).toBe(`${about} failed: Post "https://converter.example.com/convert?timeout=30s": context deadline exceeded`);
});

test('managers of another version keep and lose their fields by its names', async () => {
  await using api = await startWith({ now: honest });
  const apply = (url: string, body: Json, manager: string) => api.request('PATCH', `${url}/a?fieldManager=${manager}`, body, { headers: { 'content-type': 'application/apply-patch+yaml' } });
  await apply(PATH, v1('a', 'localhost:8080'), 'one');
  // The same host and port, said in the other version: nothing changes hands.
  expect((await apply(V2, v2('a', 'localhost', '8080'), 'two')).status).toBe(200);
  const fieldsOf = ({ body }: Json) => Object.fromEntries(body.metadata.managedFields.map((entry: Json) => [`${entry.manager} ${entry.apiVersion}`, Object.keys(entry.fieldsV1)]));
  expect(fieldsOf(await api.request('GET', `${PATH}/a`))).toEqual({ 'one example.com/v1': ['f:hostPort'], 'two example.com/v2': ['f:host', 'f:port'] });
  // Who changes the port in v2 changes hostPort, which is another's in v1.
  const conflict = await apply(V2, v2('a', 'localhost', '9090'), 'two');
  expect([conflict.status, conflict.body.message]).toEqual([409, 'Apply failed with 1 conflict: conflict with "one": .hostPort']);
  const patched = await api.request('PATCH', `${V2}/a?fieldManager=three`, { port: '9090' }, { headers: { 'content-type': 'application/merge-patch+json' } });
  expect(fieldsOf(patched)).toEqual({ 'two example.com/v2': ['f:host'], 'three example.com/v2': ['f:port'] });
});
