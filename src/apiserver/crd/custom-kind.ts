import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../../kinds/apiextensions/custom-resource-definition.ts';
import { ruleTreeOf } from '../../kinds/apiextensions/cel-rules.ts';
import type { JSONSchemaProps } from '../../kinds/apiextensions/json-schema-props.ts';
import { findAll, parseJsonPath } from '../../meta/json-path.ts';
import type { AnyObject, KubeObject } from '../../meta/object.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import { applyDefaults, decodeBare, decodeObject } from '../../schema/decode.ts';
import { compileStructural } from '../../schema/json/compile.ts';
import type { JsonSchema } from '../../schema/json/json-schema.ts';
import { type CustomKind, type Kind, METADATA } from '../../schema/kind.ts';
import type { ObjectNode, SchemaNode } from '../../schema/node.ts';
import { finalizerWarnings } from '../registry/metadata.ts';
import { columnsOf } from './columns.ts';
import { type Around, WebhookConverter } from './converter.ts';
import { fingerprintOf } from './fingerprint.ts';
import { expressionErrors } from '../../kinds/apiextensions/rule-evaluation.ts';
import { customErrors, type Rules } from './validate.ts';

/** A schema that says nothing: only what every object has. */
const NOTHING: JSONSchemaProps = { type: 'object' };

/** The kinds that a definition declares, one for each version; the stored one first, as the others are stored by it. */
/** @param around how a conversion webhook is reached */
export function customKinds(definition: CustomResourceDefinition, around: Around): readonly Kind[] {
  const { versions } = definition.spec;
  const byVersion = new Map<string, Kind>();
  const converter = definition.spec.conversion?.strategy === 'Webhook' ? new WebhookConverter(around, definition) : undefined;
  const family: Family = { definition, converter, of: (version) => byVersion.get(version) };
  const ordered = versions.toSorted((a, b) => Number(b.storage) - Number(a.storage));
  for (const version of ordered) byVersion.set(version.name, customKind(family, version));
  return [...byVersion.values()];
}

/** The versions of one definition, which know each other. */
interface Family {
  readonly definition: CustomResourceDefinition;
  readonly converter: WebhookConverter | undefined;
  of(version: string): Kind | undefined;
}

function customKind(family: Family, version: CustomResourceDefinitionVersion): Kind {
  const { definition: { spec, status } } = family;
  const names = status.acceptedNames ?? spec.names;
  const schema: JSONSchemaProps = version.schema?.openAPIV3Schema ?? NOTHING;
  const scale = version.subresources?.scale;
  const { status: statusSubresource } = version.subresources ?? {};
  const kind: Kind = {
    group: spec.group, version: version.name, kind: names.kind, plural: names.plural,
    singular: names.singular || names.kind.toLowerCase(),
    ...(names.listKind ? { listKind: names.listKind } : {}),
    ...(names.shortNames?.length ? { short: names.shortNames } : {}),
    ...(names.categories?.length ? { categories: names.categories } : {}),
    scope: spec.scope === 'Cluster' ? 'Cluster' : 'Namespaced',
    package: reversed(spec.group, version.name),
    ...(schema.description ? { description: schema.description } : {}),
    ...(scale ? { scale: { spec: scale.specReplicasPath, status: scale.statusReplicasPath, ...(scale.labelSelectorPath ? { selector: scale.labelSelectorPath } : {}) } } : {}),
    hasStatus: statusSubresource !== undefined,
    columns: columnsOf(version.additionalPrinterColumns),
    fieldSelectors: Object.fromEntries((version.selectableFields ?? []).map(({ jsonPath }) => [jsonPath.slice(1), selectable(jsonPath)])),
    schema: rootNode(schema),
    warnings: finalizerWarnings,
    custom: undefined as unknown as CustomKind,
  };
  return Object.assign(kind, { custom: customOf(family, kind, { version, schema }) });
}

/** `com.example.v1`. */
const reversed = (group: string, version: string): string => [...group.split('.').reverse(), version].join('.');

function selectable(jsonPath: string): (object: KubeObject) => string {
  const path = parseJsonPath(jsonPath);
  return (object) => {
    const [value] = findAll(path, object);
    return value === undefined || value === null ? '' : String(value);
  };
}

/** Whatever a schema says of apiVersion, kind and metadata, they are what they are everywhere. */
function rootNode(schema: JsonSchema): ObjectNode {
  const node: SchemaNode = compileStructural(schema);
  const own = node.type === 'object' ? node.fields : {};
  const keeps = schema['x-kubernetes-preserve-unknown-fields'] === true;
  return {
    type: 'object', json: schema, fields: { apiVersion: { type: 'string' }, kind: { type: 'string' }, ...own, metadata: METADATA },
    ...(keeps ? { preserveUnknown: true } : {}),
  };
}

function customOf({ definition, converter, of }: Family, kind: Kind, { version, schema }: { readonly version: CustomResourceDefinitionVersion; readonly schema: JSONSchemaProps }): CustomKind {
  const storage = definition.spec.versions.find((one) => one.storage)?.name;
  const stored = version.storage || storage === undefined ? undefined : of(storage);
  const apiVersion = apiVersionOf(kind);
  let fingerprint: string | undefined;
  return {
    get fingerprint() {
      return (fingerprint ??= fingerprintOf([apiVersion, kind.kind, schema]));
    },
    schema,
    definition: `${reversed(kind.group, kind.version)}.${kind.kind}`,
    ...(version.deprecated ? { warning: version.deprecationWarning ?? `${apiVersion} ${kind.kind} is deprecated` } : {}),
    isTerminating: definition.metadata.deletionTimestamp !== undefined,
    ...(converter ? { convert: (objects, to) => converter.convert(objects as readonly AnyObject[], to) } : {}),
    validate: (object, old) => customErrors({ schema, scale: kind.scale, ...expressionsOf(schema) }, object, old),
    upgrade: (object) => {
      const writtenAs = of(object.apiVersion.split('/').at(-1)!) ?? kind;
      const read = applyDefaults(writtenAs, decodeBare<AnyObject>(writtenAs, object).value);
      return writtenAs === kind ? read : renamed(kind, read);
    },
    ...(stored ? { stored: { kind: stored, toStored: (object) => decodeObject(stored, { ...object, apiVersion: apiVersionOf(stored) }).value, fromStored: (object) => renamed(kind, object) } } : {}),
  };
}

/** The rules are compiled when the first object is checked. */
function expressionsOf(schema: JSONSchemaProps): Pick<Rules, 'expressions'> {
  const tree = ruleTreeOf(schema);
  return tree ? { expressions: (object, old) => expressionErrors(tree, object, old) } : {};
}

/** Conversion None: the same object, without what the version does not know. */
const renamed = (kind: Kind, object: KubeObject): KubeObject => decodeBare<AnyObject>(kind, { ...object, apiVersion: apiVersionOf(kind) }).value;
