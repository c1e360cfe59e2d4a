import type { AnyObject } from '../../../src/meta/object.ts';
import { apiVersionOf, type Resource } from '../../../src/meta/resource.ts';
import { readObject } from '../../../src/client/index.ts';
import { check } from './assert.ts';
import type { Context } from './context.ts';
import { test, type TestCase } from './test-case.ts';
import { watchEvents } from './watching.ts';

interface Group {
  readonly groups: readonly { readonly name: string; readonly versions: readonly { readonly groupVersion: string }[] }[];
}
interface Versions {
  readonly versions: readonly { readonly groupVersion: string }[];
}
interface Resources {
  readonly resources: readonly { readonly name: string; readonly verbs: readonly string[] }[];
}

export interface Operations {
  readonly object: (name: string, labels: Readonly<Record<string, string>>) => object;
  /** Subresources that discovery must name besides the resource itself. */
  readonly subresources?: readonly string[];
  /** Further operations on one object that exists. */
  readonly more?: (t: Context, name: string) => Promise<void>;
  /** Labels where the description states more MUSTs than the three of discovery. */
  readonly musts?: readonly string[];
}

const DISCOVERED = ['the group is discovered', 'the version is discovered', 'the resource is discovered'];
const VERBS = ['create', 'get', 'list', 'watch', 'update', 'patch', 'delete', 'deletecollection'];

const getJson = async <T>(t: Context, url: string): Promise<T> => readObject<T>(await t.client.request({ method: 'GET', url, signal: t.signal }));

/** What upstream asks of several API groups alike: discovery, then every verb. */
export function apiOperations(codename: string, resource: Resource, { object, subresources = [], more, musts = DISCOVERED }: Operations): TestCase {
  return test(codename, { musts }, async (t) => {
    await discovered(t, resource, { subresources, musts });
    const label = t.name('special');
    const labels = { 'special-label': label };
    const at = resource.scope === 'Namespaced' ? { namespace: t.namespace } : {};
    const labelSelector = `special-label=${label}`;
    t.defer(() => t.client.deleteCollection(resource, { ...at, labelSelector }));

    const [first, second, third] = [t.name('one'), t.name('two'), t.name('three')];
    await Promise.all([first, second, third].map((name) => t.client.create(resource, object(name, labels), at)));
    const got = (await t.client.get(resource, first, at)) as AnyObject;
    check(got.metadata.name === first, 'get gives the object made');
    const { items, metadata } = await t.client.list(resource, { ...at, labelSelector });
    check(items.length === 3, `list gives all three, gave ${items.length}`);

    await using events = watchEvents(t, resource, labelSelector, { ...at, resourceVersion: metadata.resourceVersion });
    await t.client.patch(resource, first, { type: 'merge', body: { metadata: { annotations: { patched: 'true' } } } }, at);
    const patched = (await t.client.get(resource, first, at)) as AnyObject;
    check(patched.metadata.annotations?.patched === 'true', 'patch changes the object');
    await t.client.update(resource, { ...patched, metadata: { ...patched.metadata, annotations: { updated: 'true' } } }, at);
    await events.until('MODIFIED', (one) => (one as AnyObject).metadata.annotations?.updated === 'true');
    await more?.(t, first);

    await t.client.delete(resource, first, at);
    await events.until('DELETED', (one) => one.metadata.name === first);
    await t.client.deleteCollection(resource, { ...at, labelSelector });
    await t.eventually('deletecollection empties the list', async () => (await t.client.list(resource, { ...at, labelSelector })).items.length === 0);
  });
}

async function discovered(t: Context, resource: Resource, { subresources, musts }: { subresources: readonly string[]; musts: readonly string[] }): Promise<void> {
  const { groups } = await getJson<Group>(t, '/apis');
  t.must(musts[0]!, groups.some(({ name }) => name === resource.group));
  const { versions } = await getJson<Versions>(t, `/apis/${resource.group}`);
  t.must(musts[1]!, versions.some(({ groupVersion }) => groupVersion === apiVersionOf(resource)));
  const { resources } = await getJson<Resources>(t, `/apis/${apiVersionOf(resource)}`);
  const found = resources.find(({ name }) => name === resource.plural);
  const names = resources.map(({ name }) => name);
  t.must(musts[2]!, VERBS.every((verb) => found?.verbs.includes(verb)) && subresources.every((one) => names.includes(`${resource.plural}/${one}`)), JSON.stringify(names));
}
