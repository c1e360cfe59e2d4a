import { CustomResourceDefinition } from '../../../src/kinds/apiextensions/custom-resource-definition.ts';
import type { JSONSchemaProps } from '../../../src/kinds/apiextensions/json-schema-props.ts';
import type { AnyObject } from '../../../src/meta/object.ts';
import type { Resource } from '../../../src/meta/resource.ts';
import type { Context } from '../framework/context.ts';
import { type Custom, define, redefine } from '../framework/custom.ts';
import { startServer } from '../framework/server-pod.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const CONVERSION = '[sig-api-machinery] CustomResourceConversionWebhook [Privileged:ClusterAdmin]';
const text: JSONSchemaProps = { type: 'string' };

/** `hostPort` in v1, `host` and `port` in v2, and a webhook between them. */
async function defineConverted(t: Context): Promise<Custom & { readonly v2: Resource<AnyObject> }> {
  const { service, caBundle } = await startServer(t, { mode: 'webhook', name: 'e2e-test-crd-conversion-webhook' });
  const custom = await define(t, {
    kind: 'E2e-test-crd', versions: [
      { name: 'v1', schema: { type: 'object', properties: { hostPort: text } } }, { name: 'v2', schema: { type: 'object', properties: { host: text, port: text } } },
    ],
    spec: { conversion: { strategy: 'Webhook', webhook: { clientConfig: { service: { ...service, path: '/convert' }, caBundle }, conversionReviewVersions: ['v1', 'v1beta1'] } } },
  });
  return { ...custom, v2: { ...custom.resource, version: 'v2' } };
}

const isConverted = ({ host, port, hostPort }: AnyObject, from: string): boolean => `${String(host)}:${String(port)}` === from && hostPort === undefined;

const SINGLE = ['a v1 object is read as v2'];
const single = test(`${CONVERSION} should be able to convert from CR v1 to CR v2 [Conformance]`, { musts: SINGLE, timeoutSeconds: 300 }, async (t) => {
  const { resource, v2 } = await defineConverted(t);
  const at = { namespace: t.namespace };
  await t.client.create(resource, { metadata: { name: 'name-v1' }, hostPort: 'localhost:8080' } as never, at);
  const object = await t.eventually('it is converted', () => t.client.get(v2, 'name-v1', at));
  t.must(SINGLE[0]!, isConverted(object, 'localhost:8080'), JSON.stringify(object));
});

const MIXED = ['the list has both as v2'];
const mixed = test(`${CONVERSION} should be able to convert a non homogeneous list of CRs [Conformance]`, { musts: MIXED, timeoutSeconds: 300 }, async (t) => {
  const { definition, resource, v2 } = await defineConverted(t);
  const at = { namespace: t.namespace };
  await t.client.create(resource, { metadata: { name: 'name-v1' }, hostPort: 'localhost:8080' } as never, at);
  const { name } = definition.metadata;
  await redefine(t, name, (one) => ({ ...one, spec: { ...one.spec, versions: one.spec.versions.map((version) => ({ ...version, storage: version.name === 'v2' })) } }));
  await t.eventually('v2 is stored', async () => (await t.client.get(CustomResourceDefinition, name)).status.storedVersions?.includes('v2'));
  await t.client.create(v2, { metadata: { name: 'name-v2' }, host: 'otherhost', port: '9090' } as never, at);
  const { items } = await t.client.list(v2, at);
  t.must(MIXED[0]!, items.length === 2 && isConverted(items[0]!, 'localhost:8080') && isConverted(items[1]!, 'otherhost:9090'), JSON.stringify(items));
});

export const conversionWebhooks: readonly TestCase[] = [single, mixed];
