import { expect, test } from 'vitest';
import { builtinKinds } from '../kinds/index.ts';
import { ConfigMap } from '../kinds/core/config-map.ts';
import { deleteOptions } from '../kinds/meta/delete-options.ts';
import type { ObjectNode } from '../schema/node.ts';
import { encodeMessage } from '../schema/protobuf/encode.ts';
import { wrap } from '../schema/protobuf/envelope.ts';
import { startApi } from './testing/start-api.ts';

const PATH = '/api/v1/namespaces/default/configmaps';
const headers = { 'content-type': 'application/vnd.kubernetes.protobuf', accept: 'application/json' };

test('a protobuf body creates and deletes as JSON does', async () => {
  await using api = await startApi({ kinds: builtinKinds });
  const body = wrap({ apiVersion: 'v1', kind: 'ConfigMap', raw: encodeMessage(ConfigMap.schema, { metadata: { name: 'a' }, data: { n: '1' } }) });

  const created = await api.request('POST', PATH, body, { headers });

  expect(created.status).toBe(201);
  expect(created.body.data).toEqual({ n: '1' });
  const options = wrap({ apiVersion: 'v1', kind: 'DeleteOptions', raw: encodeMessage(deleteOptions().node as ObjectNode, { preconditions: { uid: 'other' } }) });
  expect((await api.request('DELETE', `${PATH}/a`, options, { headers })).status).toBe(409);
});

test('bytes that are no protobuf, or of a kind nobody knows, are a 400', async () => {
  await using api = await startApi({ kinds: builtinKinds });
  expect((await api.request('POST', PATH, '{}', { headers })).status).toBe(400);
  const stranger = wrap({ apiVersion: 'v9', kind: 'Nothing', raw: new Uint8Array() });
  expect((await api.request('POST', PATH, stranger, { headers })).body.message).toBe('no kind "Nothing" is registered for version "v9" in scheme');
  const torn = wrap({ apiVersion: 'v1', kind: 'ConfigMap', raw: Uint8Array.of(10, 200) });
  expect((await api.request('POST', PATH, torn, { headers })).status).toBe(400);
});
