import { stringify } from 'yaml';
import type { DeepPartial } from '../../meta/object.ts';
import type { Kind } from '../../schema/kind.ts';
import { CustomResourceDefinition } from '../../kinds/apiextensions/custom-resource-definition.ts';
import { INLINE_SCALARS } from '../../schema/openapi/definitions.ts';
import { resolved, type ObjectNode, type ScalarNode, type SchemaNode } from '../../schema/node.ts';

/** A printer column, as a CustomResourceDefinition writes it. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  /** `.spec.size` */
  readonly jsonPath: string;
  readonly description?: string;
  /** 0 always shows; more only with `-o wide`. */
  readonly priority?: number;
}

/** A rule in CEL over the whole object. */
export interface Rule {
  readonly rule: string;
  readonly message?: string;
}

export interface DefinitionOptions {
  /** Behind the name; Age comes last without being said. */
  readonly columns?: readonly PrinterColumn[];
  readonly rules?: readonly Rule[];
  /** The kind in further versions: served too, and stored as this one. `converting` says how the one becomes the other. */
  readonly alsoServed?: readonly Kind[];
}

/** The CustomResourceDefinition of a kind declared with `defineKind`: one declaration serves the compiler, the operator and the server. */
export function definitionOf(kind: Kind, options: DefinitionOptions = {}): DeepPartial<CustomResourceDefinition> {
  const { group, plural, singular, short = [], categories = [] } = kind;
  const versions = [versionOf(kind, true, options), ...(options.alsoServed ?? []).map((other) => versionOf(other, false, options))];
  const names = { plural, singular, kind: kind.kind, listKind: `${kind.kind}List`, ...(short.length > 0 ? { shortNames: short } : {}), ...(categories.length > 0 ? { categories } : {}) };
  // Written as YAML by people who read it: the type goes first.
  return {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.${group}` },
    spec: { group, scope: kind.scope === 'Cluster' ? 'Cluster' : 'Namespaced', names, versions },
  } as DeepPartial<CustomResourceDefinition>;
}

function versionOf(kind: Kind, storage: boolean, { columns = [], rules = [] }: DefinitionOptions): object {
  const { fields } = kind.schema;
  const own = Object.fromEntries(Object.entries(fields).filter(([name]) => !['apiVersion', 'kind', 'metadata'].includes(name)));
  const schema = {
    ...objectSchema({ ...kind.schema, fields: own }), ...described(kind.description),
    ...(rules.length > 0 ? { 'x-kubernetes-validations': rules } : {}),
  };
  const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
  return {
    name: kind.version, served: true, storage, schema: { openAPIV3Schema: schema },
    subresources: { ...(kind.hasStatus ? { status: {} } : {}), ...(kind.scale ? { scale: scalePaths(kind.scale) } : {}) },
    additionalPrinterColumns: [...columns, age],
  };
}

/** The same as a manifest for `kubectl apply -f`. */
export const definitionYaml = (kind: Kind, options: DefinitionOptions = {}): string => stringify(definitionOf(kind, options), { lineWidth: 0 });

const scalePaths = ({ spec, status, selector }: NonNullable<Kind['scale']>) =>
  ({ specReplicasPath: spec, statusReplicasPath: status, ...(selector === undefined ? {} : { labelSelectorPath: selector }) });

type Schema = Readonly<Record<string, unknown>>;

function schemaOf(node: SchemaNode): Schema {
  // A schema that contains itself has no end, and a structural one must have: what is below is kept as it is.
  if (node.type === 'lazy') return { type: resolved(node).type === 'list' ? 'array' : 'object', ...KEPT, ...said(node) };
  switch (node.type) {
    case 'object':
      return { ...objectSchema(node), ...said(node) };
    case 'map':
      return { type: 'object', additionalProperties: schemaOf(node.values), ...(node.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}), ...said(node) };
    case 'list':
      return {
        type: 'array', items: schemaOf(node.items), 'x-kubernetes-list-type': node.listType,
        ...(node.listType === 'map' ? { 'x-kubernetes-list-map-keys': node.keys } : {}),
        ...bounds({ minItems: node.minItems, maxItems: node.maxItems }), ...said(node),
      };
    default:
      return { ...SCALARS[node.type], ...bounds({ minimum: node.min, maximum: node.max, enum: node.enum }), ...said(node) };
  }
}

function objectSchema(node: ObjectNode): Schema {
  const entries = Object.entries(node.fields);
  const required = entries.filter(([, field]) => field.required && field.default === undefined).map(([name]) => name);
  return {
    type: 'object',
    ...(entries.length > 0 ? { properties: Object.fromEntries(entries.map(([name, field]) => [name, schemaOf(field)])) } : {}),
    ...(required.length > 0 ? { required } : {}),
    ...(node.preserveUnknown ? KEPT : {}),
    ...(node.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  };
}

const KEPT = { 'x-kubernetes-preserve-unknown-fields': true };
const INT_OR_STRING = { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true };
/** A structural schema refers to nothing: what has a name in the API's own documents is written out. */
const SCALARS: Readonly<Partial<Record<ScalarNode['type'], Schema>>> = {
  ...INLINE_SCALARS,
  quantity: INT_OR_STRING,
  intOrString: INT_OR_STRING,
  time: { type: 'string', format: 'date-time' },
  microTime: { type: 'string', format: 'date-time' },
  any: KEPT,
};

/** `status` and `spec` are `{}` where nobody said anything: that is the decoder's affair, not a default to publish. */
const isPlain = (value: unknown): boolean => value !== undefined && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0);
const said = (node: SchemaNode): Schema =>
  ({ ...described(node.description), ...(isPlain(node.default) ? { default: node.default } : {}), ...(node.nullable ? { nullable: true } : {}) });
const described = (description: string | undefined): Schema => (description === undefined ? {} : { description });
const bounds = (all: Schema): Schema => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
