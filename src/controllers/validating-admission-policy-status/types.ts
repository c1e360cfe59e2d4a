/** The types of what a policy's rules and parameters name: those of built-in kinds and of established CustomResourceDefinitions. */
import { typeOfSchema } from '../../cel/schema-type.ts';
import { type CelType, objectOf, type ObjectType, STRING } from '../../cel/types.ts';
import type { CustomResourceDefinition } from '../../kinds/apiextensions/custom-resource-definition.ts';
import { builtinKinds } from '../../kinds/index.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import { compileStructural } from '../../schema/json/compile.ts';
import { schemaIn } from '../../schema/json/json-schema.ts';
import { objectMeta } from '../../schema/object-meta.ts';

export interface TypedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly type: CelType;
}

/** Everything the definitions declare with a schema. */
function customKinds(definitions: readonly CustomResourceDefinition[]): readonly TypedKind[] {
  return definitions.flatMap(({ spec: { group, names, versions } }) => versions.flatMap(({ name: version, schema, served }): readonly TypedKind[] => {
    const root = schemaIn(schema?.openAPIV3Schema);
    return served && root ? [{ group, version, kind: names.kind, plural: names.plural, type: customType(names.kind, typeOfSchema(compileStructural(root), names.kind)) }] : [];
  }));
}

/** With what every object has, which schemas leave out. */
function customType(name: string, declared: CelType): ObjectType {
  const common = objectOf(name, {
    apiVersion: { property: 'apiVersion', type: STRING }, kind: { property: 'kind', type: STRING }, metadata: { property: 'metadata', type: typeOfSchema(objectMeta().node) },
  });
  return { ...common, field: (field) => common.field(field) ?? (declared.kind === 'object' ? declared.field(field) : undefined) };
}

let builtin: readonly TypedKind[] | undefined;

export function typedKinds(definitions: readonly CustomResourceDefinition[]): readonly TypedKind[] {
  builtin ??= builtinKinds.map(({ group, version, kind, plural, schema }) => ({
    group, version, kind, plural,
    // Most are never asked for.
    get type() {
      return typeOfSchema(schema);
    },
  }));
  return [...builtin, ...customKinds(definitions)];
}

export const isOf = (one: TypedKind, apiVersion: string | undefined, kind: string | undefined): boolean => apiVersionOf(one) === apiVersion && one.kind === kind;
