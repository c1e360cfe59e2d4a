import { describe, expect, test } from 'vitest';
import { ALL_VIEWS, asksPretty, METADATA_VIEWS, negotiate, type Offer } from './negotiate.ts';
import { startApi } from './testing/start-api.ts';

const OFFER: Offer = { protobuf: true, views: ALL_VIEWS };
const written = (accept: string | undefined, offer = OFFER): string => {
  try {
    const { type, as, asVersion, pretty } = negotiate(accept, offer);
    return [type, as, asVersion, pretty && 'pretty'].filter(Boolean).join(' ');
  } catch (error) {
    return String((error as Error).message);
  }
};
const NOTHING = 'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf';
const table = (version: string) => `application/json;as=Table;v=${version};g=meta.k8s.io`;

describe('Accept, as it is sent by', () => {
  test.each([
    ['kubectl get', `${table('v1')},${table('v1beta1')},application/json`, 'json Table v1'],
    ['kubectl get before v1.16', `${table('v1beta1')}, application/json`, 'json Table v1beta1'],
    ['kubectl get -o yaml', 'application/json', 'json'],
    ['client-go', 'application/vnd.kubernetes.protobuf,application/json', 'protobuf'],
    ['client-go with CBOR on', 'application/cbor, application/vnd.kubernetes.protobuf;q=0.9, application/json;q=0.8', 'protobuf'],
    ['the metadata client', 'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json', 'protobuf PartialObjectMetadataList v1'],
    ['k9s', 'application/json;as=Table;v=v1;g=meta.k8s.io, application/json;as=Table;v=v1beta1;g=meta.k8s.io, application/json', 'json Table v1'],
    ['a reflector', 'application/json, */*', 'json'],
    ['old kubectl logs', 'application/json, */*', 'json'],
    ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8', 'json'],
    ['curl', '*/*', 'json'],
    ['nobody', undefined, 'json'],
    ['who wants YAML', 'application/yaml', 'yaml'],
    ['who wants YAML most', 'application/json;q=0.5, application/yaml', 'yaml'],
    ['who takes all, and one thing rather', '*/*, application/yaml', 'yaml'],
    ['who takes anything of ours', 'application/*', 'json'],
    ['who writes with care', 'Application/JSON; as=Table; v=v1; g=meta.k8s.io', 'json Table v1'],
    ['who reads for himself', 'application/json;pretty=1', 'json pretty'],
    ['who gives a charset', 'application/json;charset=utf-8', 'json'],
    ['who wants a Table in protobuf', 'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io', NOTHING],
    ['who wants a view of another group', 'application/json;as=Table;v=v1;g=x', NOTHING],
    ['who wants a view nobody knows', 'application/json;as=Chair;v=v1;g=meta.k8s.io', NOTHING],
    ['who names half a view', 'application/json;as=Table', NOTHING],
    ['who wants another server version', 'application/json;sv=v2', NOTHING],
    ['who wants CBOR', 'application/cbor', NOTHING],
    ['who wants a page', 'text/html', NOTHING],
  ])('%s', (_, accept, expected) => expect(written(accept)).toBe(expected));

  test('a watch: frames, or nothing', () => {
    const offer: Offer = { ...OFFER, stream: true };
    expect(written('application/vnd.kubernetes.protobuf;stream=watch,application/json;stream=watch', offer)).toBe('protobuf');
    expect(written('application/json;stream=watch', offer)).toBe('json');
    expect(written('application/json;stream=news', offer)).toBe('only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch');
  });

  test('who asks a Table of what has no rows', () => expect(written(table('v1'), { ...OFFER, views: METADATA_VIEWS })).toBe(NOTHING));
});

test.each([
  ['/x', 'curl/8.0', true], ['/x', 'Mozilla/5.0 (X11)', true], ['/x', 'Wget/1', true], ['/x', 'kubectl/v1.32', false],
  ['/x?pretty=1', '', true], ['/x?pretty=true', '', true], ['/x?pretty=yes', '', false], ['/x?limit=1&pretty=false', 'curl/8.0', false], ['/x?pretty=', 'curl/8.0', true],
])('%s asked by %j is indented: %s', (url, agent, expected) => {
  expect(asksPretty({ url, headers: { 'user-agent': agent } })).toBe(expected);
});

const MAPS = '/api/v1/namespaces/default/configmaps';
const accept = (value: string) => ({ headers: { accept: value } });

test('who cannot read the answer writes nothing', async () => {
  await using api = await startApi();
  await api.request('POST', MAPS, { metadata: { name: 'there' }, data: { n: '1' } });
  const codes = [];
  for (const wanted of ['text/html', 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1']) {
    codes.push((await api.request('POST', MAPS, { metadata: { name: 'new' } }, accept(wanted))).status);
    codes.push((await api.request('PUT', `${MAPS}/there`, { metadata: { name: 'there' }, data: { n: '2' } }, accept(wanted))).status);
    codes.push((await api.request('PATCH', `${MAPS}/there`, { data: { n: '2' } }, { headers: { accept: wanted, 'content-type': 'application/merge-patch+json' } })).status);
    codes.push((await api.request('DELETE', `${MAPS}/there`, undefined, accept(wanted))).status);
  }
  expect(codes).toEqual(codes.map(() => 406));
  expect((await api.request('GET', MAPS)).body.items).toMatchObject([{ metadata: { name: 'there' }, data: { n: '1' } }]);
});

test('a review has no rows', async () => {
  await using api = await startApi();
  const { status, body } = await api.request('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } }, accept(table('v1')));
  expect([status, body.reason]).toEqual([406, 'NotAcceptable']);
});

test('one object is no list of metadata, nor a list one object', async () => {
  await using api = await startApi();
  await api.request('POST', MAPS, { metadata: { name: 'a' } });
  const one = await api.request('GET', `${MAPS}/a`, undefined, accept('application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'));
  const many = await api.request('GET', MAPS, undefined, accept('application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'));
  expect([one.status, one.body.message]).toEqual([406, 'you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)']);
  expect([many.status, many.body.message]).toEqual([406, 'you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)']);
});

test('rows of an old Table carry old metadata, and a Scale has a row too', async () => {
  await using api = await startApi();
  await api.request('POST', MAPS, { metadata: { name: 'a' } });
  const old = await api.request('GET', MAPS, undefined, accept(table('v1beta1')));
  expect([old.body.apiVersion, old.body.rows[0].object.apiVersion]).toEqual(['meta.k8s.io/v1beta1', 'meta.k8s.io/v1beta1']);

  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  await api.request('POST', '/apis/apps/v1/namespaces/default/deployments', { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } });
  const scale = await api.request('GET', '/apis/apps/v1/namespaces/default/deployments/d/scale', undefined, accept(table('v1')));
  expect(scale.body).toMatchObject({ kind: 'Table', columnDefinitions: [{ name: 'Name' }, { name: 'Created At' }], rows: [{ cells: ['d', expect.any(String)] }] });
});

test('curl reads indented lines, failures and discovery too; a failure comes in the form asked for', async () => {
  await using api = await startApi();
  const curl = { headers: { 'user-agent': 'curl/8.0' } };
  await api.request('POST', MAPS, { metadata: { name: 'a' } });
  for (const path of [`${MAPS}/a`, MAPS, `${MAPS}/b`, '/apis', '/api/v1']) expect((await api.request('GET', path, undefined, curl)).text).toMatch(/^\{\n  "[^]*\n\}$/);
  expect((await api.request('GET', '/version')).text).toMatch(/^\{\n  "major": "1",\n/);
  expect((await api.request('GET', `${MAPS}/b`, undefined, accept('application/yaml'))).text).toMatch(/^kind: Status\n/);
});

test('a body in a form nobody reads is 415, whatever its parameters one that is known is taken', async () => {
  await using api = await startApi();
  const send = (type: string, body: string) => api.request('POST', MAPS, body, { headers: { 'content-type': type } });
  const refused = await send('text/plain', '{}');
  expect([refused.status, refused.body.message]).toEqual([415,
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf']);
  expect((await send('application/cbor', 'x')).status).toBe(415);
  expect((await send('application/json; charset=UTF-8', '{"metadata":{"name":"a"}}')).status).toBe(201);
  expect((await send('Application/YAML;charset=utf-8', 'metadata: {name: b}')).status).toBe(201);
});
