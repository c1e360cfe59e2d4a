import { readObject } from '../../../src/client/index.ts';
import { CustomResourceDefinition } from '../../../src/kinds/apiextensions/custom-resource-definition.ts';
import type { JSONSchemaProps } from '../../../src/kinds/apiextensions/json-schema-props.ts';
import type { AnyObject } from '../../../src/meta/object.ts';
import type { Resource } from '../../../src/meta/resource.ts';
import type { Context } from './context.ts';

/** Fields in the root that no schema names are kept. */
export const ANYTHING: JSONSchemaProps = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

export interface CustomVersion {
  readonly name: string;
  readonly served?: boolean;
  readonly schema?: JSONSchemaProps;
  readonly [part: string]: unknown;
}

export interface Custom {
  readonly definition: CustomResourceDefinition;
  /** Its instances, in the stored version. */
  readonly resource: Resource<AnyObject>;
}

export interface Wanted {
  readonly group?: string;
  readonly kind?: string;
  /** The first is stored. */
  readonly versions?: readonly CustomVersion[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: object;
}

/** A definition that nobody else has; not yet created. */
export function customDefinition(t: Context, { group = `${t.name('conformance')}.example.com`, kind = 'Foo', versions = [{ name: 'v1' }], labels = {}, spec = {} }: Wanted = {}) {
  const plural = `${kind.toLowerCase()}s`;
  return {
    metadata: { name: `${plural}.${group}`, labels },
    spec: {
      group, scope: 'Namespaced', names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: versions.map(({ schema = ANYTHING, served = true, ...version }, position) => ({ served, storage: position === 0, schema: { openAPIV3Schema: schema }, ...version })),
      ...spec,
    },
  };
}

export async function define(t: Context, wanted: Wanted = {}): Promise<Custom> {
  const made = customDefinition(t, wanted);
  await t.client.create(CustomResourceDefinition, made as never);
  t.defer(() => t.client.delete(CustomResourceDefinition, made.metadata.name));
  const definition = await established(t, made.metadata.name);
  const { group, names: { plural, kind } } = made.spec;
  return { definition, resource: { group, version: made.spec.versions[0]!.name, kind, plural, scope: 'Namespaced' } };
}

export const established = (t: Context, name: string): Promise<CustomResourceDefinition> => t.eventually(`${name} is established`, async () => {
  const definition = await t.client.get(CustomResourceDefinition, name);
  return definition.status.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') && definition;
});

/** Changes a definition, however often others do meanwhile. */
export async function redefine(t: Context, name: string, change: (definition: CustomResourceDefinition) => CustomResourceDefinition): Promise<CustomResourceDefinition> {
  return t.eventually(`${name} is changed`, async () => t.client.update(CustomResourceDefinition, change(await t.client.get(CustomResourceDefinition, name))));
}

export const fetchJson = async <T>(t: Context, url: string): Promise<T> => readObject<T>(await t.client.request({ method: 'GET', url, signal: t.signal }));
