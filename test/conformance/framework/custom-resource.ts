import { CustomResourceDefinition } from '../../../src/kinds/apiextensions/custom-resource-definition.ts';
import type { DeepPartial } from '../../../src/meta/object.ts';
import type { Context } from './context.ts';

/** A custom resource that is there for one test: where its objects are, and their type. */
export interface CustomResource {
  readonly definition: string;
  readonly plural: string;
  readonly group: string;
  readonly kind: string;
  /** The collection in the test's namespace. */
  path(version?: string): string;
}

export interface CustomOptions {
  readonly versions?: readonly string[];
  /** The schema's properties; anything goes unless given. */
  readonly properties?: object;
  readonly labels?: Readonly<Record<string, string>>;
}

export function definitionOf(t: Context, { versions = ['v1'], properties, labels }: CustomOptions = {}): DeepPartial<CustomResourceDefinition> & { metadata: { name: string } } {
  const plural = t.name('hooked').replaceAll('-', '');
  const group = 'webhook.example.com';
  const kind = `Kind${plural}`;
  const schema = { openAPIV3Schema: { type: 'object', ...(properties ? { properties } : { 'x-kubernetes-preserve-unknown-fields': true }) } };
  return {
    metadata: { name: `${plural}.${group}`, ...(labels ? { labels } : {}) },
    spec: {
      group, scope: 'Namespaced', names: { plural, singular: plural.slice(0, -1), kind, listKind: `${kind}List` },
      versions: versions.map((name, at) => ({ name, served: true, storage: at === 0, schema })),
    },
  } as DeepPartial<CustomResourceDefinition> & { metadata: { name: string } };
}

/** Made, and established. */
export async function customResource(t: Context, options: CustomOptions = {}): Promise<CustomResource> {
  const definition = definitionOf(t, options);
  const { name } = definition.metadata;
  await t.client.create(CustomResourceDefinition, definition);
  t.defer(() => t.client.delete(CustomResourceDefinition, name));
  await t.eventually(`${name} is established`, async () => {
    const { status } = await t.client.get(CustomResourceDefinition, name);
    return status.conditions?.some((one) => one.type === 'Established' && one.status === 'True');
  });
  const { group = '', names } = definition.spec as { readonly group?: string; readonly names: { readonly plural: string; readonly kind: string } };
  const [version = 'v1'] = options.versions ?? [];
  return { definition: name, plural: names.plural, group, kind: names.kind, path: (at = version) => `/apis/${group}/${at}/namespaces/${t.namespace}/${names.plural}` };
}
