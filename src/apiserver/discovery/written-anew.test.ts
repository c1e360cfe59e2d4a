import { expect, test } from 'vitest';
import { define, definition } from '../crd/testing/widgets.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';
import { testKinds } from '../testing/test-kinds.ts';

const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
/** Documents of all kinds take long to write. */
const GROUPS = ['', 'apiextensions.k8s.io', 'authentication.k8s.io', 'autoscaling', 'policy'];
const kinds = testKinds.filter(({ group }) => GROUPS.includes(group));
const PATIENCE = { timeout: 120_000 };
const DEFINITION = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com';

async function documentOf(api: TestApi, accept: string): Promise<Buffer> {
  const { body } = await api.raw('GET', '/openapi/v2', undefined, { headers: { accept } });
  if (body?.type !== 'bytes') throw new Error('no bytes');
  return Buffer.concat(body.chunks);
}

test('a document of which only what is new is written anew is the one that a fresh server writes', PATIENCE, async () => {
  await using api = await startApi({ kinds });
  for (const type of ['application/json', V2_PROTOBUF]) await documentOf(api, type);
  await define(api, definition());
  for (const type of ['application/json', V2_PROTOBUF]) await documentOf(api, type);
  const gadgets = definition('gadgets', 'Gadget');
  await define(api, { ...gadgets, spec: { ...gadgets.spec, names: { plural: 'gadgets', kind: 'Gadget' } } });
  const { body: widgets } = await api.request('GET', DEFINITION);
  widgets.spec.versions[0].schema.openAPIV3Schema.description = 'Told otherwise.';
  expect((await api.request('PUT', DEFINITION, widgets)).status).toBe(200);
  await expect.poll(async () => (await documentOf(api, 'application/json')).includes('Told otherwise.'), { timeout: 60_000 }).toBe(true);

  await using fresh = await startApi({ kinds, driver: api.driver });
  for (const type of ['application/json', V2_PROTOBUF]) {
    const [kept, anew] = [await documentOf(api, type), await documentOf(fresh, type)];
    expect(kept.includes('com.example.v1.Gadget')).toBe(true);
    expect(Buffer.compare(kept, anew)).toBe(0);
  }
});

test('of v3, the document of a group that did not change is kept', PATIENCE, async () => {
  await using api = await startApi();
  const chunks = async () => {
    const { body } = await api.raw('GET', '/openapi/v3/apis/apps/v1');
    return body?.type === 'bytes' ? body.chunks : undefined;
  };
  const before = await chunks();
  await define(api, definition());
  expect(await chunks()).toBe(before);
});
