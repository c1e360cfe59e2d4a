import { expect, test } from 'vitest';
import { type Json, startApi } from './testing/start-api.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const accept = (value: string) => ({ headers: { accept: value } });
const TABLE = accept('application/json;as=Table;v=v1;g=meta.k8s.io,application/json');

test('a Table has columns, rows, and of each object its metadata', async () => {
  await using api = await startApi();
  await api.request('POST', MAPS, { metadata: { name: 'a' }, data: { x: '1', y: '2' } });

  const { body } = await api.request('GET', MAPS, undefined, TABLE);
  const whole = await api.request('GET', `${MAPS}/a?includeObject=Object`, undefined, TABLE);

  expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: { resourceVersion: expect.any(String) } });
  expect(body.columnDefinitions.map((column: Json) => column.name)).toEqual(['Name', 'Data', 'Age']);
  expect(body.rows).toMatchObject([{ cells: ['a', 2, '0s'], object: { kind: 'PartialObjectMetadata', metadata: { name: 'a' } } }]);
  expect(whole.body.rows[0].object.data).toEqual({ x: '1', y: '2' });
});

test('a watch of Tables names the columns once', async () => {
  await using api = await startApi();
  const watch = await api.watch(`${MAPS}?watch=1`, TABLE);
  for (const name of ['a', 'b']) await api.request('POST', MAPS, { metadata: { name } });

  const [first, second] = await watch.take(2);

  expect(first.object.columnDefinitions).toHaveLength(3);
  expect(second.object.columnDefinitions).toEqual([]);
  expect(second.object.rows[0].cells[0]).toBe('b');
  watch.stop();
});

test('metadata alone can be had of one, of many, and by watching', async () => {
  await using api = await startApi();
  await api.request('POST', MAPS, { metadata: { name: 'a' }, data: { x: '1' } });
  const one = accept('application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io');

  const single = await api.request('GET', `${MAPS}/a`, undefined, one);
  const list = await api.request('GET', MAPS, undefined, accept('application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'));
  const watch = await api.watch(`${MAPS}?watch=1`, one);
  const [event] = await watch.take(1);

  expect(single.body).toEqual({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: expect.objectContaining({ name: 'a' }) });
  expect(list.body).toMatchObject({ kind: 'PartialObjectMetadataList', items: [{ metadata: { name: 'a' } }] });
  expect(event.object).toEqual(single.body);
  watch.stop();
});

test('a media type that nobody here writes answers 406', async () => {
  await using api = await startApi();

  const { status, body } = await api.request('GET', MAPS, undefined, accept('text/html'));

  expect(status).toBe(406);
  expect(body.message).toBe('only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf');
});

test('an object of a kind that is made by PUT comes into being', async () => {
  await using api = await startApi();
  const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';

  const made = await api.request('PUT', `${leases}/l`, { metadata: { name: 'l' }, spec: { holderIdentity: 'a' } });
  const blind = await api.request('PUT', `${leases}/l`, { metadata: { name: 'l' }, spec: { holderIdentity: 'b' } });
  const other = await api.request('PUT', `${MAPS}/a`, { metadata: { name: 'a' } });

  expect([made.status, blind.status, other.status]).toEqual([201, 422, 404]);
  expect(blind.body.message).toBe('leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update');
});
