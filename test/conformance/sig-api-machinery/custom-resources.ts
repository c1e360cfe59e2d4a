import { CustomResourceDefinition } from '../../../src/kinds/apiextensions/custom-resource-definition.ts';
import type { JSONSchemaProps } from '../../../src/kinds/apiextensions/json-schema-props.ts';
import type { AnyObject } from '../../../src/meta/object.ts';
import { customDefinition, define, established, fetchJson, redefine } from '../framework/custom.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { watchEvents } from '../framework/watching.ts';

const RESOURCES = '[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin]';

const MADE = ['creation is successful', 'deletion is successful'];
const creation = test(`${RESOURCES} Simple CustomResourceDefinition creating/deleting custom resource definition objects works  [Conformance]`, { musts: MADE }, async (t) => {
  const { definition: { metadata: { name } } } = await define(t);
  t.must(MADE[0]!, (await t.client.get(CustomResourceDefinition, name)).metadata.name === name);
  await t.client.delete(CustomResourceDefinition, name);
  await t.gone(name, () => t.client.get(CustomResourceDefinition, name));
  t.must(MADE[1]!, true);
});

const LISTED = ['the list has the labeled ones alone', 'the labeled ones are deleted', 'the others are left'];
const collection = test(`${RESOURCES} Simple CustomResourceDefinition listing custom resource definition objects works  [Conformance]`, { musts: LISTED }, async (t) => {
  const label = t.name('set');
  const labelSelector = `e2e-list-test-uuid=${label}`;
  const { definition: other } = await define(t);
  const names = await Promise.all(Array.from({ length: 10 }, async () => {
    const made = customDefinition(t, { labels: { 'e2e-list-test-uuid': label } });
    await t.client.create(CustomResourceDefinition, made as never);
    t.defer(() => t.client.delete(CustomResourceDefinition, made.metadata.name));
    return (await established(t, made.metadata.name)).metadata.name;
  }));
  const listed = (await t.client.list(CustomResourceDefinition, { labelSelector })).items.map(({ metadata: { name } }) => name);
  t.must(LISTED[0]!, JSON.stringify(listed.toSorted()) === JSON.stringify(names.toSorted()), listed.join(', '));
  await t.client.deleteCollection(CustomResourceDefinition, { labelSelector });
  await t.eventually('the labeled ones are gone', async () => (await t.client.list(CustomResourceDefinition, { labelSelector })).items.length === 0);
  t.must(LISTED[1]!, true);
  t.must(LISTED[2]!, (await t.client.get(CustomResourceDefinition, other.metadata.name)).metadata.deletionTimestamp === undefined);
});

const STATUS = ['the status is read', 'an update is seen by later reads', 'a patch is seen by later reads'];
const status = test(`${RESOURCES} Simple CustomResourceDefinition getting/updating/patching custom resource definition status sub-resource works  [Conformance]`, { musts: STATUS }, async (t) => {
  const { definition: { metadata: { name } } } = await define(t);
  const url = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}/status`;
  t.must(STATUS[0]!, (await fetchJson<CustomResourceDefinition>(t, url)).status.acceptedNames !== undefined);
  const condition = (message: string) => ({ type: 'StatusUpdate', status: 'True', reason: 'Test', message, lastTransitionTime: '2026-01-01T00:00:00Z' });
  const messages = async () => (await fetchJson<CustomResourceDefinition>(t, url)).status.conditions?.map(({ message }) => message);
  await t.eventually('the status is updated', async () => {
    const now = await t.client.get(CustomResourceDefinition, name);
    return t.client.updateStatus(CustomResourceDefinition, { ...now, status: { ...now.status, conditions: [...(now.status.conditions ?? []), condition('updated')] } });
  });
  t.must(STATUS[1]!, (await messages())?.includes('updated') === true);
  const { status: { conditions = [] } } = await t.client.get(CustomResourceDefinition, name);
  await t.client.patch(CustomResourceDefinition, name, { type: 'merge', body: { status: { conditions: [...conditions.filter(({ type }) => type !== 'StatusUpdate'), condition('patched')] } } }, { subresource: 'status' });
  t.must(STATUS[2]!, (await messages())?.includes('patched') === true);
});

const field = (more: object): JSONSchemaProps => ({ type: 'string', ...more });
const schemaOf = (a: object, b: object): JSONSchemaProps => ({ type: 'object', properties: { a: field(a), b: field(b) } });
const withSchema = (definition: CustomResourceDefinition, openAPIV3Schema: JSONSchemaProps): CustomResourceDefinition =>
  ({ ...definition, spec: { ...definition.spec, versions: definition.spec.versions.map((version) => ({ ...version, schema: { openAPIV3Schema } })) } });

const DEFAULTED = ['what was stored before is read with the default', 'what is created has the default', 'a default that was removed stays where it was stored'];
const defaulting = test(`${RESOURCES} custom resource defaulting for requests and from storage works  [Conformance]`, { musts: DEFAULTED }, async (t) => {
  const at = { namespace: t.namespace };
  const { definition: { metadata: { name } }, resource } = await define(t, { versions: [{ name: 'v1', schema: schemaOf({}, {}) }] });
  await t.client.create(resource, { metadata: { name: 'first' } }, at);
  await redefine(t, name, (definition) => withSchema(definition, schemaOf({ default: 'A' }, {})));
  const first = await t.eventually('the default is read', async () => {
    const object = await t.client.get(resource, 'first', at);
    return object['a'] !== undefined && object;
  });
  t.must(DEFAULTED[0]!, first['a'] === 'A');
  const second = await t.client.create(resource, { metadata: { name: 'second' } }, at);
  t.must(DEFAULTED[1]!, second['a'] === 'A');
  await redefine(t, name, (definition) => withSchema(definition, schemaOf({}, { default: 'B' })));
  const later = await t.eventually('the other default is read', async () => {
    const object = await t.client.get(resource, 'second', at);
    return object['b'] !== undefined && object;
  });
  t.must(DEFAULTED[2]!, later['a'] === 'A' && later['b'] === 'B', JSON.stringify(later));
});

const DISCOVERED = ['/apis names the group and version', '/apis/apiextensions.k8s.io names the version', '/apis/apiextensions.k8s.io/v1 names the resource'];
const discovery = test(`${RESOURCES} should include custom resource definition resources in discovery documents [Conformance]`, { musts: DISCOVERED }, async (t) => {
  interface Group { readonly name: string; readonly versions: readonly { readonly groupVersion: string }[] }
  const hasVersion = (group: Group | undefined) => group?.versions.some(({ groupVersion }) => groupVersion === 'apiextensions.k8s.io/v1') === true;
  const { groups } = await fetchJson<{ groups: readonly Group[] }>(t, '/apis');
  t.must(DISCOVERED[0]!, hasVersion(groups.find(({ name }) => name === 'apiextensions.k8s.io')));
  t.must(DISCOVERED[1]!, hasVersion(await fetchJson<Group>(t, '/apis/apiextensions.k8s.io')));
  const { resources } = await fetchJson<{ resources: readonly { name: string }[] }>(t, '/apis/apiextensions.k8s.io/v1');
  t.must(DISCOVERED[2]!, resources.some(({ name }) => name === 'customresourcedefinitions'));
});

const WATCHED = ['creation is seen', 'modification is seen', 'deletion is seen'];
const watching = test('[sig-api-machinery] CustomResourceDefinition Watch [Privileged:ClusterAdmin] CustomResourceDefinition Watch watch on custom resource definition objects [Conformance]', { musts: WATCHED }, async (t) => {
  const { resource } = await define(t);
  const at = { namespace: t.namespace };
  const names = ['name1', 'name2'];
  const isOf = (name: string) => ({ metadata }: AnyObject) => metadata.name === name;
  await using watch = watchEvents(t, resource);
  await t.eventually('the watch runs', async () => {
    const probe = t.name('probe');
    await t.client.create(resource, { metadata: { name: probe } }, at);
    return watch.until('ADDED', isOf(probe), 2).then(() => true, () => false);
  });
  for (const name of names) {
    await t.client.create(resource, { metadata: { name }, content: { key: 'value' } } as never, at);
    t.must(WATCHED[0]!, (await watch.until('ADDED', isOf(name))).metadata.name === name);
  }
  for (const name of names) {
    await t.client.patch(resource, name, { type: 'merge', body: { dummy: 'test' } }, at);
    t.must(WATCHED[1]!, (await watch.until('MODIFIED', isOf(name)))['dummy'] === 'test');
  }
  for (const name of names) {
    await t.client.delete(resource, name, at);
    t.must(WATCHED[2]!, (await watch.until('DELETED', isOf(name))).metadata.name === name);
  }
});

export const customResources: readonly TestCase[] = [creation, collection, status, defaulting, discovery, watching];
